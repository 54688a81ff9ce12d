import { analyseText } from './analyse.js';
import type { Closure, Inspection } from '../inspection.js';
import { isNativeText, textOf } from './syntax.js';

/**
 * Reads closures level by level: those of the given functions, then of the functions found there, and so on. What is left out is
 * read one by one when needed. No user code may run until everything is hashed.
 * @param skips true for what is never followed
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

/** A function with a text, but not a class: those have long texts, which are analysed only once. */
function isWritten(fn: object): boolean {
  if (typeof fn !== 'function') return false;
  const text = textOf(fn);
  return !/^class\b/.test(text) && !isNativeText(text);
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
