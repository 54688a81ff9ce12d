import { parse, type Options } from 'acorn';

/** A generic acorn node. */
export interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** The form of a function, which decides whose `this` it sees. */
export type Form = 'arrow' | 'function' | 'method' | 'class';

/** A function's own text as a tree. */
export interface ParsedFunction {
  readonly program: Syntax;
  /** The function or class, or the member that contains it. */
  readonly root: Syntax;
  readonly form: Form;
  /** The function's own text. */
  readonly text: string;
  /** Its offset in the parsed text. */
  readonly offset: number;
}

const OPTIONS: Options = {
  ecmaVersion: 'latest',
  // A bundle is a module, so its code is strict.
  sourceType: 'module',
  ranges: true,
  allowSuperOutsideMethod: true,
  // A method with `this.#x` is parsed without the class that declares it.
  checkPrivateFields: false,
};

const NATIVE = /\{\s*\[native code\]\s*\}$/;

export function textOf(fn: object): string {
  return Function.prototype.toString.call(fn);
}

/** Whether a function is native, by its text. Checks only the end: texts are long and many. */
export function isNativeText(text: string): boolean {
  return NATIVE.test(text.slice(-40));
}

/** Parses a result of `Function.prototype.toString`; null when it is no JavaScript by itself. */
export function parseFunction(text: string): ParsedFunction | null {
  return (
    asExpression(text) ??
    asMember(text, '({', '})') ??
    asMember(text, '(class{', '})') ??
    asInner(text, '(function(){return(')
  );
}

function asExpression(text: string): ParsedFunction | null {
  const program = tryParse(`(${text}\n)`);
  const root = program && onlyExpression(program);
  if (!program || !root) return null;
  const form = expressionForm(root.type);
  return form && { program, root, form, text, offset: 1 };
}

function expressionForm(type: string): Form | null {
  if (type === 'ArrowFunctionExpression') return 'arrow';
  if (type === 'FunctionExpression') return 'function';
  return type === 'ClassExpression' ? 'class' : null;
}

/** Methods and accessors are printed without their object or class; private names need a class. */
function asMember(text: string, before: string, after: string): ParsedFunction | null {
  const program = tryParse(`${before}${text}\n${after}`);
  const holder = program && onlyExpression(program);
  if (!program || !holder) return null;
  const members = (holder['properties'] ?? child(holder, 'body')?.['body']) as readonly Syntax[] | undefined;
  const root = members?.length === 1 ? members[0] : undefined;
  if (!root || child(root, 'value')?.type !== 'FunctionExpression') return null;
  return { program, root, form: 'method', text, offset: before.length };
}

/** An arrow function may use the outer function's `new.target`. */
function asInner(text: string, before: string): ParsedFunction | null {
  const program = tryParse(`${before}${text}\n)})`);
  const body = program && child(onlyExpression(program) ?? program, 'body');
  const statements = body?.['body'] as readonly Syntax[] | undefined;
  const root = statements?.length === 1 && statements[0] ? child(statements[0], 'argument') : null;
  if (!program || root?.type !== 'ArrowFunctionExpression') return null;
  return { program, root, form: 'arrow', text, offset: before.length };
}

function tryParse(text: string): Syntax | null {
  try {
    return parse(text, OPTIONS) as unknown as Syntax;
  } catch {
    return null;
  }
}

function onlyExpression(program: Syntax): Syntax | null {
  const [statement, ...rest] = program['body'] as readonly Syntax[];
  return statement && rest.length === 0 ? child(statement, 'expression') : null;
}

/** A node's field, if it is a node. */
export function child(node: Syntax, field: string): Syntax | null {
  const value = node[field];
  return isSyntax(value) ? value : null;
}

export function isSyntax(value: unknown): value is Syntax {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

/** The literal name of a member expression, property or method; null when computed. */
export function staticName(node: Syntax): string | null {
  const key = child(node, 'property') ?? child(node, 'key');
  if (!key) return null;
  if (key.type === 'Literal') {
    const value = key['value'] as string | number | bigint | boolean | object | null;
    return typeof value === 'object' ? null : String(value);
  }
  return node['computed'] === true || key.type !== 'Identifier' ? null : (key['name'] as string);
}
