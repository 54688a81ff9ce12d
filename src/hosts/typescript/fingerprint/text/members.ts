import { child, staticName, type Syntax } from './syntax.js';

/** Members of a class so that methods may be written in any order; what runs when the class or an instance is made may not. */
export function inAnyOrder(members: readonly Syntax[]): readonly Syntax[] {
  const running = members.filter((member) => methodName(member) === null);
  const methods = members.flatMap((member) => {
    const name = methodName(member);
    return name === null ? [] : [{ member, name }];
  });
  methods.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return [...running, ...methods.map(({ member }) => member)];
}

/** What tells a method from the others of its class; null for what is no method, or has a computed name. */
export function methodName(member: Syntax): string | null {
  if (member.type !== 'MethodDefinition') return null;
  const key = child(member, 'key') as Syntax;
  const name = key.type === 'PrivateIdentifier' ? `#${String(key['name'])}` : staticName(member);
  return name === null ? null : `${String(member['static'])} ${name}`;
}
