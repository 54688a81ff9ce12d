import { parse } from 'node:path';

import type { Class } from '@babel/types';

import { isConcrete, type FindModule } from './lineage.js';
import { propertyOf } from './expressions.js';
import type { ModuleScope, Reference, TopLevelClass } from './module-scope.js';

/** A runnable strategy class in source text. */
export interface DiscoveredStrategy {
  readonly file: string;
  /** The class's name; for an anonymous `export default class`, the file's. */
  readonly className: string;
  /** Its export name; null: not exported, so it cannot be run yet. */
  readonly exportName: string | null;
  /** The position of its name, or else of the class; both counted from 1. */
  readonly line: number;
  readonly column: number;
}

/**
 * The strategy classes at the top level of a module, in order: those that extend the `Strategy` of `seamless-dag`, also under other
 * names and through base classes in other modules, which `find` reads. Nothing is run.
 */
export async function strategiesOf(
  scope: ModuleScope,
  find: FindModule,
): Promise<readonly DiscoveredStrategy[]> {
  const found: DiscoveredStrategy[] = [];
  for (const each of scope.classes) {
    if (await isConcrete(scope, each.node, find)) found.push(discovered(scope, each));
  }
  return found.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Whether a text may contain a derived class. Parsing is expensive, this check is cheap. */
export function mayDeriveClasses(text: string): boolean {
  return /\bclass\b/.test(text) && /\bextends\b/.test(text);
}

function discovered(scope: ModuleScope, { node, name }: TopLevelClass): DiscoveredStrategy {
  const start = (node.id ?? node).loc?.start ?? { line: 1, column: 0 };
  return {
    file: scope.file,
    className: name ?? parse(scope.file).name,
    exportName: exportNameOf(scope, node, name),
    line: start.line,
    column: start.column + 1,
  };
}

function exportNameOf(scope: ModuleScope, node: Class, name: string | null): string | null {
  const names = [...scope.exports].filter(([, reference]) => means(scope, reference, node));
  const own = names.find(([exported]) => exported === name) ?? names[0];
  if (own) return own[0];
  const { whole } = scope;
  if (whole?.kind !== 'expression') return null;
  if (means(scope, whole, node)) return 'default';
  if (whole.expression.type !== 'ObjectExpression') return null;
  for (const property of whole.expression.properties) {
    if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue;
    const expression = propertyOf(whole.expression, property.key.name);
    if (expression && means(scope, { kind: 'expression', expression }, node)) return property.key.name;
  }
  return null;
}

/** Whether a reference within a module is to exactly that class, through any local names. */
function means(scope: ModuleScope, reference: Reference, node: Class, depth = 0): boolean {
  if (reference.kind !== 'expression') return false;
  const { expression } = reference;
  if (expression === node) return true;
  const next = expression.type === 'Identifier' ? scope.names.get(expression.name) : undefined;
  // `const a = b; const b = a;` would loop forever.
  return next !== undefined && depth < 10 && means(scope, next, node, depth + 1);
}
