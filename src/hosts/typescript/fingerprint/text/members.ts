import type { ScopeManager } from 'eslint-scope';
import type { Node as EstreeNode } from 'estree';
import { child, isSyntax, staticName, type ParsedFunction, type Syntax } from './syntax.js';

/** A method or accessor that is fully described by its text: nothing from outer scopes counts. */
export interface WrittenMember {
  /** `static`, kind and name. */
  readonly key: string;
  readonly text: string;
}

export function memberKey(isStatic: boolean, kind: 'method' | 'get' | 'set', name: string): string {
  return `${isStatic ? 'static ' : ''}${kind} ${name}`;
}

/**
 * The methods of a class by which a method found on it is recognized as the one in its text. Methods that use outer variables are
 * excluded: another class may have the same text with other variables.
 * @param free the name of an outer variable that an identifier refers to; null for any other
 */
export function bareMembers(
  { root, offset, text }: ParsedFunction,
  manager: ScopeManager,
  free: (identifier: Syntax) => string | null,
): WrittenMember[] {
  const members = child(root, 'body')?.['body'] as readonly Syntax[];
  return members.flatMap((member): WrittenMember[] => {
    const name = member.type === 'MethodDefinition' ? staticName(member) : null;
    const kind = member['kind'] as 'method' | 'get' | 'set';
    const value = child(member, 'value');
    if (name === null || member['computed'] === true || !value || !isBare(value, manager, free)) return [];
    const key = memberKey(member['static'] === true, kind, name);
    return [{ key, text: text.slice(member.start - offset, member.end - offset) }];
  });
}

/** Whether a method found on a class is the one written there. A static one's own text starts after that word. */
export function isWritten(members: readonly WrittenMember[], key: string, text: string): boolean {
  return members.some(
    (member) =>
      member.key === key &&
      member.text.endsWith(text) &&
      /^(?:static\s+)?$/.test(member.text.slice(0, member.text.length - text.length)),
  );
}

/** Names with the same meaning in any scope, unless code declares a variable with one of these names. */
const LANGUAGE: ReadonlySet<string> = new Set(
  'Array Boolean Date Error Infinity JSON Map Math NaN Number Object RangeError Set String Symbol TypeError Float64Array undefined'.split(
    ' ',
  ),
);

function isBare(method: Syntax, manager: ScopeManager, free: (identifier: Syntax) => string | null): boolean {
  const through = manager.acquire(method as unknown as EstreeNode)?.through ?? [];
  const around = through.map(({ identifier }) => free(identifier as unknown as Syntax));
  if (around.some((name) => name !== null && !LANGUAGE.has(name))) return false;
  return !mentions(method, (node) => node.type === 'Super' || node.type === 'PrivateIdentifier');
}

function mentions(node: Syntax, what: (node: Syntax) => boolean): boolean {
  if (what(node)) return true;
  return Object.values(node).some((value) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).some(
      (each) => isSyntax(each) && mentions(each, what),
    ),
  );
}

/** Members of a class, so that methods may be in any order; code that runs when the class or an instance is created may not. */
export function inAnyOrder(members: readonly Syntax[]): readonly Syntax[] {
  const running = members.filter((member) => methodName(member) === null);
  const methods = members.flatMap((member) => {
    const name = methodName(member);
    return name === null ? [] : [{ member, name }];
  });
  methods.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return [...running, ...methods.map(({ member }) => member)];
}

/** What identifies a method within its class; null for other members, or a computed name. */
export function methodName(member: Syntax): string | null {
  if (member.type !== 'MethodDefinition') return null;
  const key = child(member, 'key') as Syntax;
  const name = key.type === 'PrivateIdentifier' ? `#${String(key['name'])}` : staticName(member);
  return name === null ? null : `${String(member['static'])} ${name}`;
}
