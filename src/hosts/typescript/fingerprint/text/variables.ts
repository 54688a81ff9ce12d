import type { Variable } from 'eslint-scope';
import { child, type Syntax } from './syntax.js';

/** A variable's first declaration, which identifies it. */
export function bindingOf(variable: Variable): object {
  return variable.identifiers[0] ?? variable;
}

/** A variable's initial value, and whether it is constant; null for a parameter or a part of a pattern. */
export function firstValue({ defs, references }: Variable): { first: Syntax; only: boolean } | null {
  const [def, ...others] = defs;
  if (!def || others.length > 0) return null;
  const writes = references.filter((reference) => reference.isWrite()).length;
  const node = def.node as unknown as Syntax;
  if (def.type === 'FunctionName' || def.type === 'ClassName') return { first: node, only: writes === 0 };
  // A pattern takes the value apart.
  if (def.type !== 'Variable' || child(node, 'id')?.type !== 'Identifier') return null;
  const first = child(node, 'init');
  return first && { first, only: writes <= 1 };
}
