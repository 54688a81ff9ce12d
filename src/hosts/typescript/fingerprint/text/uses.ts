import { analyseText } from './analyse.js';
import type { FunctionPlace } from '../inspection.js';
import { child, isSyntax, parseFunction, staticName, type ParsedFunction, type Syntax } from './syntax.js';

/** How likely a use of a variable caused a change. */
const READ = 1;
const CALL = 2;
const WRITE = 3;

/**
 * Where a function changes a captured variable, or a property of its `this` (`this.count`): the first assignment through it, else
 * the first call on it, else the first mention. Null when it is not mentioned.
 * @param place the function's position according to V8
 */
export function placeOfUse(fn: object, variable: string, place: FunctionPlace): FunctionPlace | null {
  const text = Function.prototype.toString.call(fn);
  const parsed = parseFunction(text);
  const use = parsed && firstUse(parsed, variable);
  if (!parsed || use === null) return null;
  const anchor = anchorOf(parsed, text);
  const lines = text.slice(anchor, use).split('\n');
  const last = lines.at(-1) ?? '';
  const before = text.slice(0, anchor).length - text.lastIndexOf('\n', anchor - 1) - 1;
  // Above the anchor's line (a decorated or long head), columns are unknown.
  if (use < anchor)
    return { ...place, line: place.line - (text.slice(use, anchor).split('\n').length - 1), column: before };
  return {
    ...place,
    line: place.line + lines.length - 1,
    column: lines.length > 1 ? last.length : place.column + last.length,
  };
}

/** V8 positions an arrow function at its start, other functions at their parameters, and a class as `analyseText` describes. */
function anchorOf({ root, form, offset }: ParsedFunction, text: string): number {
  if (form === 'arrow') return root.start - offset;
  if (form === 'class') return analyseText(text).anchor;
  const after = child(root, 'id')?.end ?? child(root, 'value')?.start ?? root.start;
  return text.indexOf('(', after - offset);
}

function firstUse({ root, offset }: ParsedFunction, variable: string): number | null {
  let best: { readonly at: number; readonly weight: number } | null = null;
  const note = (node: Syntax | null, weight: number): void => {
    if (!node || rootName(node) !== variable) return;
    if (!best || weight > best.weight) best = { at: node.start - offset, weight };
  };
  walk(root, (node) => {
    if (node.type === 'AssignmentExpression') note(child(node, 'left'), WRITE);
    else if (node.type === 'UpdateExpression' || node['operator'] === 'delete')
      note(child(node, 'argument'), WRITE);
    else if (node.type === 'CallExpression') note(child(node, 'callee'), CALL);
    else note(node, READ);
  });
  return (best as { readonly at: number } | null)?.at ?? null;
}

/** The variable at the root of `a.b[c].d`; `this.b` for a path from `this`. */
function rootName(node: Syntax): string | null {
  if (node.type === 'Identifier') return node['name'] as string;
  if (node.type !== 'MemberExpression') return null;
  const object = child(node, 'object') as Syntax;
  if (object.type !== 'ThisExpression') return rootName(object);
  const property = child(node, 'property') as Syntax;
  return property.type === 'PrivateIdentifier'
    ? `this.#${String(property['name'])}`
    : `this.${staticName(node) ?? ''}`;
}

function walk(node: Syntax, visit: (node: Syntax) => void): void {
  visit(node);
  for (const [field, value] of Object.entries(node)) {
    // A property's name is no variable.
    if ((field === 'property' || field === 'key') && node['computed'] !== true) continue;
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isSyntax(each)) walk(each, visit);
    }
  }
}
