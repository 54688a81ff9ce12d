import type { Program } from 'estree';

import { parseText } from './module-scope.js';

/** A generic ESTree node with TypeScript's additions. */
export interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: Place; readonly end: Place };
  readonly [field: string]: unknown;
}

/** Line from 1, column from 0. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** A script as an ESTree with TypeScript's additions; null when it does not parse. */
export function parseTree(file: string, text: string): (Syntax & Program) | null {
  const tree = parseText(file, text, 'estree');
  return tree ? (tree.program as unknown as Syntax & Program) : null;
}

/** The nodes around an offset, outermost first; one that ends there is included. */
export function pathTo(root: Syntax, offset: number): readonly Syntax[] {
  const path: Syntax[] = [];
  for (let node: Syntax | undefined = root; node;) {
    path.push(node);
    // If two nodes touch, take the one that begins there: `a` in `[b,a]` with the cursor before it.
    node = childrenOf(node)
      .filter(({ start, end }) => start <= offset && offset <= end)
      .sort((a, b) => b.start - a.start || a.end - b.end)[0];
  }
  return path;
}

export function childrenOf(node: Syntax): readonly Syntax[] {
  return Object.entries(node).flatMap(([field, value]) => (field === 'loc' ? [] : syntaxIn(value)));
}

function isSyntax(value: unknown): value is Syntax {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

export function child(node: Syntax, field: string): Syntax | null {
  const value = node[field];
  return isSyntax(value) ? value : null;
}

/** The literal name of a property or member; private ones with their `#`. */
export function keyOf(node: Syntax): string | null {
  const key = child(node, 'key') ?? child(node, 'property');
  if (!key) return null;
  if (key.type === 'PrivateName' || key.type === 'PrivateIdentifier') {
    return `#${String(key['name'] ?? child(key, 'id')?.['name'])}`;
  }
  if (key.type === 'Literal') return typeof key['value'] === 'string' ? key['value'] : null;
  return key.type === 'Identifier' && node['computed'] !== true ? String(key['name']) : null;
}

/** The offset of a position (line and column from 1); null: there is no such position. */
export function offsetOf(text: string, line: number, column: number): number | null {
  let start = 0;
  for (let left = line; left > 1; left--) {
    const end = nextLine(text, start);
    if (end === -1) return null;
    start = end;
  }
  const offset = start + column - 1;
  const end = nextLine(text, start);
  return offset < (end === -1 ? text.length + 1 : end) ? offset : null;
}

function nextLine(text: string, from: number): number {
  // Editors count CR and LF the same way; JavaScript's two other separators do not occur in practice.
  const found = /\r\n|\r|\n/g;
  found.lastIndex = from;
  return found.exec(text) ? found.lastIndex : -1;
}

function syntaxIn(value: unknown): readonly Syntax[] {
  if (Array.isArray(value)) return value.filter(isSyntax);
  return isSyntax(value) ? [value] : [];
}
