import type { Class, Expression, ObjectExpression } from '@babel/types';

/** Removes casts, parentheses and `await` from an expression. */
export function unwrap(expression: Expression | Class): Expression | Class {
  switch (expression.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
    case 'ParenthesizedExpression':
      return unwrap(expression.expression);
    case 'AwaitExpression':
      return unwrap(expression.argument);
    case 'AssignmentExpression':
      return unwrap(expression.right);
    default:
      return expression;
  }
}

/** The name in `object.name` or `object['name']`; null when it is computed. */
export function memberName(node: Expression | Class): string | null {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return null;
  if (node.property.type === 'Identifier' && !node.computed) return node.property.name;
  return node.property.type === 'StringLiteral' ? node.property.value : null;
}

/** The value of a key of an object literal. */
export function propertyOf(object: ObjectExpression, name: string): Expression | null {
  for (const property of object.properties) {
    if (property.type !== 'ObjectProperty' || keyOf(property) !== name) continue;
    return isExpression(property.value) ? property.value : null;
  }
  return null;
}

export function keyOf({
  key,
  computed,
}: {
  readonly key: { readonly type: string };
  readonly computed: boolean;
}): string | null {
  if (computed) return null;
  if ('name' in key && typeof key.name === 'string') return key.name;
  return 'value' in key && typeof key.value === 'string' ? key.value : null;
}

export function isExpression(node: { readonly type: string }): node is Expression | Class {
  const declaration = /Declaration$|Pattern$|^TSDeclare|^RestElement$/.test(node.type);
  return !declaration || node.type === 'ClassDeclaration';
}

/** Whether a class has its own `setup`, also as a property; an abstract one has no body and does not count. */
export function definesSetup(node: Class): boolean {
  return node.body.body.some(isSetup);
}

function isSetup(member: Class['body']['body'][number]): boolean {
  if (member.type !== 'ClassMethod' && member.type !== 'ClassProperty') return false;
  const named = member.key.type === 'Identifier' && member.key.name === 'setup' && !member.computed;
  return named && !member.static && !member.abstract && (member.type === 'ClassMethod' || !!member.value);
}

/** A placeholder for a value that neither is nor contains a class: only its name is needed, and its tree can be freed. */
const NOTHING: Expression = { type: 'NullLiteral' };

/**
 * Removes from an expression, in place, everything that does not determine the class: an index holds thousands of modules.
 * Classes keep their identity.
 */
export function trim(wrapped: Expression): Expression;
export function trim(wrapped: Expression | Class): Expression | Class;
export function trim(wrapped: Expression | Class): Expression | Class {
  const node = unwrap(wrapped);
  switch (node.type) {
    case 'Identifier':
    case 'StringLiteral':
      return node;
    case 'ClassDeclaration':
    case 'ClassExpression':
      trimClass(node);
      return node;
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      if (node.object.type !== 'Super') node.object = trim(node.object);
      return node;
    case 'ImportExpression':
      node.source = trim(node.source);
      return node;
    case 'CallExpression':
      if (node.callee.type !== 'Identifier' && node.callee.type !== 'Import') node.callee = NOTHING;
      node.arguments = node.arguments.map((each) => (isExpression(each) ? trim(each) : each));
      return node;
    case 'ObjectExpression':
      node.properties = node.properties.filter(({ type }) => type === 'ObjectProperty');
      for (const each of node.properties) {
        if (each.type === 'ObjectProperty' && isExpression(each.value)) each.value = trim(each.value);
      }
      return node;
    default:
      return NOTHING;
  }
}

function trimClass(node: Class): void {
  if (node.superClass) node.superClass = trim(node.superClass);
  node.decorators = null;
  node.body.body = node.body.body.filter(isSetup);
  for (const member of node.body.body) {
    if (member.type === 'ClassMethod') member.body.body = [];
    else if (member.type === 'ClassProperty') member.value = NOTHING;
  }
}
