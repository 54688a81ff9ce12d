import { child, isSyntax, staticName, type Syntax } from './syntax.js';

/** Where a function's text may become a value, as far as one function's code shows. */
export interface Exposure {
  /** Outer names whose values it converts to text. */
  readonly coerced: readonly string[];
  /** Outer names whose values it passes on other than by calling them. */
  readonly exposed: readonly string[];
  /** It converts something to text that may be any function. */
  readonly coercesAny: boolean;
  /** It passes on functions that are written in it. */
  readonly exposesOwn: boolean;
  /** Members that it reads other than by calling them; `*` for computed names. */
  readonly valueNames: readonly string[];
  /** Local variables that hold functions or classes, which are called by these names. */
  readonly functionNames: readonly string[];
}

/** What an identifier refers to. */
export interface Meaning {
  /** The name of an outer variable; null for a local one. */
  readonly free: string | null;
  /** The constant value of a local variable; null: it is not constant. */
  readonly init: Syntax | null;
  /** Its initial value, whatever it holds later. */
  readonly first: Syntax | null;
}

/** Resolves an identifier; null: not a variable. */
type Resolve = (identifier: Syntax) => Meaning | null;

/** Built-in methods that only call their arguments. */
const CALLING: ReadonlySet<string> = new Set([
  'map',
  'filter',
  'forEach',
  'reduce',
  'reduceRight',
  'some',
  'every',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'flatMap',
  'sort',
  'toSorted',
]);

/** Methods and functions that convert their receiver or arguments to text. */
const TEXT_OF_THIS: ReadonlySet<string> = new Set(['toString', 'toLocaleString', 'join', 'concat']);
const TEXT_OF_ARGUMENTS: ReadonlySet<string> = new Set(['concat', 'format', 'raw']);
const TEXT_OF_NAMED_ARGUMENTS =
  /^(?:includes|indexOf|lastIndexOf|startsWith|endsWith|split|replace|replaceAll|pad(?:Start|End)|localeCompare|match|matchAll|search|test|exec|append|encode|write|update)$/;
const TEXT_FUNCTIONS: ReadonlySet<string> = new Set([
  'String',
  'Symbol',
  'RegExp',
  'Error',
  'TypeError',
  'RangeError',
  'EvalError',
  'SyntaxError',
  'format',
  'encodeURIComponent',
  'encodeURI',
  'escape',
  'btoa',
]);

/** Calls that return a number, a text or a flag. */
const PLAIN_METHODS =
  /^(?:to(?:Fixed|Precision|Exponential|ISOString|JSON|String|LocaleString|UpperCase|LowerCase)|trim\w*|slice|substring|pad(?:Start|End)|join|stringify|charAt|repeat|replace|replaceAll|get(?:Time|UTC\w+)|round|floor|ceil|trunc|abs|min|max|sqrt|cbrt|log\w*|exp|pow|sign|hypot|now|includes|indexOf|startsWith|endsWith|test|is\w+|has)$/;
const PLAIN_FUNCTIONS: ReadonlySet<string> = new Set([
  'Number',
  'String',
  'Boolean',
  'BigInt',
  'parseInt',
  'parseFloat',
  'isNaN',
  'isFinite',
]);

/** Properties that hold no function in any readable code. */
const PLAIN_NAMES: ReadonlySet<string> = new Set([
  'length',
  'size',
  'asOf',
  'ts',
  'time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'value',
  'name',
  'message',
  'code',
  'interval',
]);

const FUNCTIONS = /^(?:Arrow)?Function(?:Expression|Declaration)$|^Class(?:Expression|Declaration)$/;

/** Collects what a function's code does with functions other than calling them. */
class ExposureFinder {
  readonly #resolve: Resolve;
  readonly #skips: (member: Syntax) => boolean;
  readonly #coerced = new Set<string>();
  readonly #exposed = new Set<string>();
  readonly #valueNames = new Set<string>();
  readonly #functionNames: string[] = [];
  #coercesAny = false;
  #exposesOwn = false;

  constructor(resolve: Resolve, skips: (member: Syntax) => boolean) {
    this.#resolve = resolve;
    this.#skips = skips;
  }

  find(root: Syntax): Exposure {
    for (const value of Object.values(root)) this.#children(value, root);
    return {
      coerced: [...this.#coerced],
      exposed: [...this.#exposed],
      coercesAny: this.#coercesAny,
      exposesOwn: this.#exposesOwn,
      valueNames: [...this.#valueNames],
      functionNames: this.#functionNames,
    };
  }

  #children(value: unknown, parent: Syntax): void {
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isSyntax(each) && !this.#skips(each)) this.#visit(each, parent);
    }
  }

  #visit(node: Syntax, parent: Syntax): void {
    this.#coercions(node);
    if (node.type === 'Identifier' || FUNCTIONS.test(node.type)) this.#handedOn(node, parent);
    if (node.type === 'MemberExpression') this.#memberRead(node, parent);
    if (node.type === 'ObjectPattern') this.#patternRead(node);
    for (const [field, value] of Object.entries(node)) {
      // A property's name is no variable.
      const name = (field === 'property' || field === 'key') && node['computed'] !== true;
      // Expressions that only choose or hold pass on their operands: look at the parent instead.
      if (!name) this.#children(value, passesOn(node, field) ? seenThrough(node, parent) : node);
    }
  }

  /** A function or variable that is not called, compared or accessed here. */
  #handedOn(node: Syntax, parent: Syntax): void {
    const own = FUNCTIONS.test(node.type);
    const meaning = own ? null : this.#resolve(node);
    if (own) this.#nameOf(node, parent);
    if (!own && !meaning) return;
    if (isSafePlace(parent, node)) return;
    if (meaning?.free != null) this.#exposed.add(meaning.free);
    else if (own || (meaning?.init && FUNCTIONS.test(meaning.init.type))) this.#exposesOwn = true;
  }

  #nameOf(node: Syntax, parent: Syntax): void {
    const id = child(node, 'id') ?? (parent.type === 'VariableDeclarator' ? child(parent, 'id') : null);
    const assigned = parent.type === 'AssignmentExpression' ? child(parent, 'left') : null;
    const name = (id ?? assigned)?.['name'];
    this.#functionNames.push(typeof name === 'string' ? name : '');
  }

  #memberRead(node: Syntax, parent: Syntax): void {
    if (isCallee(node, parent)) return;
    const name = staticName(node);
    const key = child(node, 'property');
    if (name !== null) this.#valueNames.add(name);
    else if (key?.type !== 'PrivateIdentifier') this.#valueNames.add('*');
  }

  #patternRead(node: Syntax): void {
    for (const property of node['properties'] as readonly Syntax[])
      this.#valueNames.add((property.type === 'Property' ? staticName(property) : null) ?? '*');
  }

  #coercions(node: Syntax): void {
    switch (node.type) {
      case 'TemplateLiteral':
        return (node['expressions'] as readonly Syntax[]).forEach((each) => this.#coerce(each, true));
      case 'BinaryExpression':
        return this.#binary(node);
      case 'AssignmentExpression':
        if (node['operator'] !== '+=') return;
        return this.#coerce(child(node, 'right'), this.#isText(child(node, 'left')));
      case 'MemberExpression':
        if (node['computed'] === true) this.#coerce(child(node, 'property'), false);
        return;
      case 'CallExpression':
      case 'NewExpression':
        return this.#call(node);
    }
  }

  #binary(node: Syntax): void {
    const operator = node['operator'] as string;
    const [left, right] = [child(node, 'left'), child(node, 'right')];
    if (operator === '===' || operator === '!==' || operator === 'instanceof') return;
    const text = operator === '+' && (this.#isText(left) || this.#isText(right));
    this.#coerce(left, text);
    if (operator !== 'in') this.#coerce(right, text);
  }

  #call(node: Syntax): void {
    const callee = child(node, 'callee') as Syntax;
    const args = node['arguments'] as readonly Syntax[];
    if (callee.type === 'MemberExpression') {
      const name = staticName(callee) ?? '';
      if (TEXT_OF_THIS.has(name)) this.#coerce(child(callee, 'object'), true);
      const any = TEXT_OF_ARGUMENTS.has(name);
      if (any || TEXT_OF_NAMED_ARGUMENTS.test(name)) args.forEach((each) => this.#coerce(each, any));
      return;
    }
    const name = callee.type === 'Identifier' ? this.#resolve(callee)?.free : null;
    if (name != null && TEXT_FUNCTIONS.has(name)) args.forEach((each) => this.#coerce(each, true));
  }

  /** @param any also for unknown values: a parameter, or the result of a call */
  #coerce(node: Syntax | null, any: boolean): void {
    if (!node) return;
    const meaning = node.type === 'Identifier' ? this.#resolve(node) : null;
    if (meaning?.free != null) this.#coerced.add(meaning.free);
    else if (any && this.#mayBeFunction(node, 0)) {
      this.#coercesAny = true;
      if (FUNCTIONS.test(node.type) || (meaning?.init && FUNCTIONS.test(meaning.init.type)))
        this.#exposesOwn = true;
    }
  }

  #isText(node: Syntax | null, depth = 0): boolean {
    if (!node || depth > 4) return false;
    if (node.type === 'TemplateLiteral') return true;
    if (node.type === 'Literal') return typeof node['value'] === 'string';
    if (node.type === 'Identifier') return this.#isText(this.#resolve(node)?.first ?? null, depth + 1);
    if (node.type !== 'BinaryExpression' || node['operator'] !== '+') return false;
    return this.#isText(child(node, 'left'), depth) || this.#isText(child(node, 'right'), depth);
  }

  #mayBeFunction(node: Syntax, depth: number): boolean {
    switch (node.type) {
      case 'Literal':
      case 'TemplateLiteral':
      case 'BinaryExpression':
      case 'UnaryExpression':
      case 'UpdateExpression':
      case 'ObjectExpression':
      case 'ThisExpression':
        return false;
      case 'ArrayExpression':
        return (node['elements'] as readonly (Syntax | null)[]).some(
          (each) => each !== null && this.#mayBeFunction(each, depth),
        );
      case 'MemberExpression':
        return !PLAIN_NAMES.has(staticName(node) ?? '');
      case 'ChainExpression':
        return this.#mayBeFunction(child(node, 'expression') as Syntax, depth);
      case 'ConditionalExpression':
        return ['consequent', 'alternate'].some((each) =>
          this.#mayBeFunction(child(node, each) as Syntax, depth),
        );
      case 'LogicalExpression':
        return ['left', 'right'].some((each) => this.#mayBeFunction(child(node, each) as Syntax, depth));
      case 'CallExpression':
        return !this.#isPlainCall(child(node, 'callee') as Syntax);
      case 'Identifier': {
        const init = this.#resolve(node)?.init;
        return !init || depth > 4 || this.#mayBeFunction(init, depth + 1);
      }
      default:
        return true;
    }
  }

  #isPlainCall(callee: Syntax): boolean {
    if (callee.type === 'MemberExpression') return PLAIN_METHODS.test(staticName(callee) ?? '');
    const name = callee.type === 'Identifier' ? this.#resolve(callee)?.free : null;
    return name != null && PLAIN_FUNCTIONS.has(name);
  }
}

/** Marks a parent that is reached through a node which only passes on its value. */
const PASSED = 'passedOn';

function passesOn(node: Syntax, field: string): boolean {
  if (node.type === 'ConditionalExpression') return field !== 'test';
  return node.type === 'LogicalExpression' || node.type === 'ChainExpression';
}

function seenThrough(node: Syntax, parent: Syntax): Syntax {
  return { ...parent, [PASSED]: standsFor(parent, node) };
}

/** The node in `parent` that represents `node`. */
function standsFor(parent: Syntax, node: Syntax): Syntax {
  const passed = parent[PASSED];
  return isSyntax(passed) ? passed : node;
}

function isCallee(node: Syntax, parent: Syntax): boolean {
  return (
    (parent.type === 'CallExpression' || parent.type === 'NewExpression') &&
    parent['callee'] === standsFor(parent, node)
  );
}

/** Whether this use of a function reveals nothing about it. */
function isSafePlace(parent: Syntax, node: Syntax): boolean {
  const here = standsFor(parent, node);
  switch (parent.type) {
    case 'CallExpression':
    case 'NewExpression':
      return parent['callee'] === here || isCalledBack(parent, here);
    case 'TaggedTemplateExpression':
      return parent['tag'] === here;
    case 'MemberExpression':
      return parent['object'] === here && (parent['computed'] !== true || staticName(parent) !== null);
    case 'BinaryExpression':
      return ['===', '!==', 'instanceof'].includes(parent['operator'] as string);
    case 'UnaryExpression':
    case 'ExpressionStatement':
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'IfStatement':
    case 'WhileStatement':
    case 'ConditionalExpression':
    case 'UpdateExpression':
      return true;
    case 'VariableDeclarator':
      // A local variable's value is checked where the variable is used.
      return parent['id'] === here || FUNCTIONS.test(node.type);
    case 'AssignmentExpression':
      return parent['left'] === here;
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      // Their names, parameters and base class; not what an arrow function returns.
      return parent['body'] !== here;
    case 'MethodDefinition':
    case 'RestElement':
    case 'ArrayPattern':
    case 'ObjectPattern':
      return true;
    case 'AssignmentPattern':
      return parent['left'] === here;
    default:
      return false;
  }
}

/** An argument that a built-in method only calls. */
function isCalledBack(call: Syntax, argument: Syntax): boolean {
  const callee = child(call, 'callee');
  if (callee?.type !== 'MemberExpression' || !(call['arguments'] as readonly unknown[]).includes(argument))
    return false;
  return CALLING.has(staticName(callee) ?? '');
}

/**
 * Where functions become visible as values in one function's code.
 * @param skips true for a method that is left out
 */
export function exposureOf(root: Syntax, resolve: Resolve, skips: (member: Syntax) => boolean): Exposure {
  return new ExposureFinder(resolve, skips).find(root);
}
