import { analyseText } from './analyse.js';
import type { Closure, Inspection } from '../inspection.js';
import { isNativeText } from './syntax.js';

/**
 * Reads what functions close over, level by level: then that of the functions so found, and so on. Whatever is left out here is
 * read one by one when it is looked at. No user code runs by it, and none may until all is looked at.
 * @param skips true for what is never looked into.
 */
export function readAhead(
  inspection: Inspection,
  fns: readonly object[],
  skips: (fn: object) => boolean,
): void {
  const seen = new Set<object>();
  const isNew = (value: object): boolean => {
    if (seen.has(value) || skips(value) || !isWritten(value)) return false;
    seen.add(value);
    return true;
  };
  let level = fns.filter(isNew);
  while (level.length > 0) {
    inspection.readAhead(level);
    level = level.flatMap((fn) => captured(textOf(fn), inspection.ahead(fn))).filter(isNew);
  }
}

/** A function with a text, and no class: the text of one is long, and it is looked at once. */
function isWritten(fn: object): boolean {
  if (typeof fn !== 'function') return false;
  const text = textOf(fn);
  return !/^class\b/.test(text) && !isNativeText(text);
}

function textOf(fn: object): string {
  return Function.prototype.toString.call(fn);
}

function captured(text: string, closure: Closure | undefined): object[] {
  const found: object[] = [];
  for (const { name } of analyseText(text).free) {
    const scope = closure?.scopes.find(
      ({ description, object }) => description !== 'Global' && Object.hasOwn(object, name),
    );
    const value = (scope?.object as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (typeof value === 'function') found.push(value);
  }
  return found;
}
