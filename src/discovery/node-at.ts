import { analyze, type Scope, type Variable } from 'eslint-scope';
import type { Program } from 'estree';

import { child, childrenOf, keyOf, offsetOf, parseTree, pathTo, type Syntax } from './syntax-path.js';

/** A range of a text: lines and columns from 1, the end exclusive. */
export interface TextRange {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A name in a text, and the expression that created its node. */
export interface NodeAtPosition {
  readonly name: string;
  /** The range of the name. */
  readonly range: TextRange;
  /** The range of the expression that contains the node's `new` or call. */
  readonly made: TextRange;
  /** The top-level class around the name. */
  readonly className: string | null;
}

/**
 * Follows a name at a position (line and column from 1) to the expression that created its node: through lexical scopes, and from
 * `this.name` to the class's assignment. Also works on the text in `name: 'fast'`. Null if there is no such name, its value is
 * not created by `new` or a call in this text, or the text does not parse.
 */
export function nodeAt(file: string, text: string, line: number, column: number): NodeAtPosition | null {
  const offset = offsetOf(text, line, column);
  const tree = offset === null ? null : parseTree(file, text);
  if (offset === null || !tree) return null;
  const path = pathTo(tree, offset);
  const hovered = path.at(-1);
  if (!hovered) return null;
  const name = nameOf(hovered);
  const made = name === null ? null : new Finder(tree).madeFor(path, name);
  if (name === null || !made) return null;
  return { name, range: rangeOf(hovered, name), made: rangeOf(made), className: classAround(path) };
}

/** How many assignments and aliases are followed before a name counts as circular. */
const MOST_STEPS = 50;

class Finder {
  readonly #tree: Syntax;
  /** What each name in the text refers to. */
  readonly #variables = new Map<Syntax, Variable>();
  #steps = 0;

  constructor(tree: Syntax & Program) {
    this.#tree = tree;
    const manager = analyze(tree, {
      ecmaVersion: 2022,
      sourceType: 'module',
      childVisitorKeys: VISITED,
      fallback: (node: { readonly type: string }) =>
        /^TS.*(?:Type|Keyword)/.test(node.type) ? [] : Object.keys(node),
    });
    for (const scope of manager.scopes) this.#learn(scope);
  }

  /** What created the node of the innermost name of a path. */
  madeFor(path: readonly Syntax[], name: string): Syntax | null {
    const hovered = path.at(-1);
    const holder = path.at(-2);
    if (!hovered || !holder) return null;
    if (hovered.type === 'Literal') return makerNamed(path);
    const variable = this.#variables.get(hovered);
    if (variable) return this.#ofVariable(variable, hovered.start);
    if (holder.type === 'PropertyDefinition' && child(holder, 'key') === hovered) {
      return this.#ofThis(path, keyOf(holder), hovered.start);
    }
    if (holder.type === 'MemberExpression' && child(holder, 'property') === hovered) {
      return this.#of(holder, path, hovered.start);
    }
    if (holder.type === 'Property' && child(holder, 'key') === hovered && keyOf(holder) === name) {
      const value = child(holder, 'value');
      return value && this.#of(value, path, hovered.start);
    }
    return null;
  }

  #learn(scope: Scope): void {
    for (const variable of scope.variables) {
      for (const identifier of variable.identifiers) this.#variables.set(asSyntax(identifier), variable);
      for (const { identifier } of variable.references) this.#variables.set(asSyntax(identifier), variable);
    }
  }

  /** What created the value of an expression at the end of `path` or around it. */
  #of(wrapped: Syntax, path: readonly Syntax[], offset: number): Syntax | null {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) return null;
    const expression = unwrap(wrapped);
    if (MAKERS.has(expression.type)) return expression;
    if (expression.type === 'Identifier') {
      const variable = this.#variables.get(expression);
      return variable ? this.#ofVariable(variable, offset) : null;
    }
    if (expression.type !== 'MemberExpression') return null;
    const name = keyOf(expression);
    const object = child(expression, 'object');
    if (name === null || !object) return null;
    if (object.type === 'ThisExpression') return this.#ofThis(path, name, offset);
    return this.#ofProperty(object, name, offset);
  }

  /** The last value assigned to a variable before `offset`, or else its first. */
  #ofVariable(variable: Variable, offset: number): Syntax | null {
    const value = chosen(this.#writesTo(variable), offset);
    return value && this.#of(value, pathTo(this.#tree, value.start), value.start);
  }

  /** The values assigned to a variable; null: from destructuring or a loop. */
  #writesTo(variable: Variable): readonly Write[] {
    return variable.references
      .filter((each) => each.isWrite())
      .map(({ identifier, writeExpr }) => {
        const { start } = asSyntax(identifier);
        const value = valueSet(pathTo(this.#tree, start).at(-2));
        return { at: start, value: value === writeExpr ? value : null };
      });
  }

  /** What a class, or its base class in this text, assigns to a property. */
  #ofThis(path: readonly Syntax[], name: string | null, offset: number): Syntax | null {
    const around = path.findLast(({ type }) => type === 'ClassDeclaration' || type === 'ClassExpression');
    if (name === null || !around) return null;
    for (let each: Syntax | null = around, left = MOST_STEPS; each && left > 0; left--) {
      const places = assignmentsIn(each, name);
      const value = chosen(places, offset);
      if (value) return this.#of(value, pathTo(this.#tree, value.start), value.start);
      each = this.#parentOf(each);
    }
    return null;
  }

  #parentOf(node: Syntax): Syntax | null {
    const parent = child(node, 'superClass');
    const variable = parent?.type === 'Identifier' ? this.#variables.get(parent) : undefined;
    const definition = variable?.defs[0];
    return definition?.type === 'ClassName' ? asSyntax(definition.node) : null;
  }

  /** `nodes.fast`, if `nodes` is an object literal. */
  #ofProperty(object: Syntax, name: string, offset: number): Syntax | null {
    const variable = this.#variables.get(unwrap(object));
    const [only, another] = variable ? this.#writesTo(variable) : [];
    const literal = only?.value && !another ? unwrap(only.value) : null;
    if (literal?.type !== 'ObjectExpression') return null;
    const property = childrenOf(literal).find((each) => each.type === 'Property' && keyOf(each) === name);
    const value = property && child(property, 'value');
    return value ? this.#of(value, pathTo(this.#tree, value.start), offset) : null;
  }
}

/** Expressions that can create a node. */
const MAKERS = new Set(['NewExpression', 'CallExpression', 'ConditionalExpression', 'LogicalExpression']);

/** The value that a declaration, an assignment or a default gives to a whole name. */
function valueSet(around: Syntax | undefined): Syntax | null {
  switch (around?.type) {
    case 'VariableDeclarator':
      return child(around, 'init');
    case 'AssignmentExpression':
      return /^(?:\|\||&&|\?\?)?=$/.test(String(around['operator'])) ? child(around, 'right') : null;
    case 'AssignmentPattern':
      return child(around, 'right');
    default:
      return null;
  }
}

/** Children of TypeScript's own nodes for scope analysis; types hold no values. */
const VISITED: Record<string, string[]> = {
  TSAsExpression: ['expression'],
  TSSatisfiesExpression: ['expression'],
  TSNonNullExpression: ['expression'],
  TSTypeAssertion: ['expression'],
  TSInstantiationExpression: ['expression'],
  TSParameterProperty: ['parameter'],
  TSTypeParameterInstantiation: [],
  TSTypeParameterDeclaration: [],
  TSInterfaceDeclaration: [],
  TSDeclareFunction: [],
  TSAbstractMethodDefinition: [],
  TSAbstractPropertyDefinition: [],
};

interface Write {
  readonly at: number;
  readonly value: Syntax | null;
}

function chosen(writes: readonly Write[], offset: number): Syntax | null {
  const ordered = [...writes].sort((a, b) => a.at - b.at);
  return (ordered.findLast(({ at }) => at <= offset) ?? ordered[0])?.value ?? null;
}

/** Where a class sets `this.name`; functions with their own `this` do not count. */
function assignmentsIn(node: Syntax, name: string): readonly Write[] {
  const writes: Write[] = [];
  const look = (each: Syntax): void => {
    if (each.type === 'PropertyDefinition' && keyOf(each) === name) {
      const value = child(each, 'value');
      if (value) writes.push({ at: each.start, value });
    }
    const left = each.type === 'AssignmentExpression' ? child(each, 'left') : null;
    if (left?.type === 'MemberExpression' && keyOf(left) === name) {
      if (child(left, 'object')?.type === 'ThisExpression') {
        writes.push({ at: left.start, value: child(each, 'right') });
      }
    }
    if (each.type !== 'ClassDeclaration' && each.type !== 'ClassExpression') childrenOf(each).forEach(look);
  };
  const body = child(node, 'body');
  if (body) childrenOf(body).forEach(look);
  return writes;
}

/** The `new` or call that names its node with the text at the end of a path: `new Node({ name: 'fast' })`. */
function makerNamed(path: readonly Syntax[]): Syntax | null {
  const [maker, object, property, literal] = path.slice(-4);
  const named =
    property?.type === 'Property' && keyOf(property) === 'name' && child(property, 'value') === literal;
  if (!named || object?.type !== 'ObjectExpression') return null;
  return maker?.type === 'NewExpression' || maker?.type === 'CallExpression' ? maker : null;
}

/** Removes casts, `await`, optional chains and assignments from an expression. */
function unwrap(expression: Syntax): Syntax {
  const inner =
    expression.type === 'AssignmentExpression'
      ? child(expression, 'right')
      : expression.type === 'AwaitExpression'
        ? child(expression, 'argument')
        : CASTS.has(expression.type)
          ? child(expression, 'expression')
          : null;
  return inner ? unwrap(inner) : expression;
}

const CASTS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'ChainExpression',
]);

function nameOf(node: Syntax): string | null {
  if (node.type === 'Identifier') return String(node['name']);
  if (node.type === 'PrivateIdentifier' || node.type === 'PrivateName') return keyOf({ ...node, key: node });
  return node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : null;
}

function classAround(path: readonly Syntax[]): string | null {
  const found = path.find(({ type }) => type === 'ClassDeclaration' || type === 'ClassExpression');
  if (!found) return null;
  const id = child(found, 'id');
  if (id) return String(id['name']);
  const declarator = path[path.indexOf(found) - 1];
  const own = declarator?.type === 'VariableDeclarator' ? child(declarator, 'id') : null;
  return own?.type === 'Identifier' ? String(own['name']) : null;
}

/** An identifier's range includes its type annotation: use the name alone. */
function rangeOf({ type, loc }: Syntax, name?: string): TextRange {
  const { start, end } = loc;
  const endColumn = type === 'Identifier' && name !== undefined ? start.column + name.length : end.column;
  const endLine = type === 'Identifier' ? start.line : end.line;
  return { startLine: start.line, startColumn: start.column + 1, endLine, endColumn: endColumn + 1 };
}

/** eslint-scope returns the node objects it was given. */
function asSyntax(node: object): Syntax {
  return node as Syntax;
}
