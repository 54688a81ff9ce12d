import { analyze, type Scope } from 'eslint-scope';
import type { Program } from 'estree';
import { bitOfText, bitsOf, SEEN } from '../shape/shape.js';
import { readsReceiver, type ReceiverUse, type Written } from './code-text.js';
import { exposureOf, type Exposure, type Meaning } from './exposure.js';
import { bareMembers, inAnyOrder, methodName, type WrittenMember } from './members.js';
import { child, isSyntax, staticName, type ParsedFunction, type Syntax } from './syntax.js';
import { bindingOf, firstValue } from './variables.js';

/** Fields about where or how something was written, not what it does. */
const LAYOUT = new Set(['type', 'start', 'end', 'range', 'loc', 'raw', 'shorthand', 'parent']);

/** Whose `this` the current code sees. */
type Receiver = 'own' | 'instance' | 'other';

/** Writes a function in canonical form, and records what it refers to. */
export class Normalizer {
  readonly #parsed: ParsedFunction;
  readonly #without: string | null;
  readonly #out: string[] = [];
  /** What identifiers refer to: the variable's first declaration; null for free names. */
  readonly #bindings = new Map<unknown, object | null>();
  readonly #implicit = new Set<object>();
  readonly #writes = new Set<unknown>();
  readonly #locals = new Map<object, string>();
  readonly #free = new Map<string, { index: number; written: boolean }>();
  readonly #opaque = new Set<string>();
  readonly #names = new Set<string>();
  readonly #privateNames = new Set<string>();
  readonly #propertyNames = new Set<string>();
  readonly #instanceArrows = new Set<number>();
  /** Variables' initial values, and whether they are reassigned. */
  readonly #inits = new Map<object, { readonly first: Syntax; readonly only: boolean }>();
  readonly #keyNames = new Set<string>();
  #members: readonly WrittenMember[] = [];
  #selfVariable: object | null = null;
  #selfName: string | null = null;
  #whole = false;
  #parent = false;
  #newTarget = false;
  #hasPrivate = false;

  constructor(parsed: ParsedFunction, without: string | null) {
    this.#parsed = parsed;
    this.#without = without;
  }

  run(): Written {
    const { program, root, form } = this.#parsed;
    const manager = analyze(program as unknown as Program, { ecmaVersion: 2022, sourceType: 'module' });
    for (const scope of manager.scopes) this.#learn(scope);
    const name = form === 'function' ? child(root, 'id') : null;
    this.#selfVariable = name ? (this.#bindings.get(name) ?? null) : null;
    if (form === 'method') {
      this.#out.push(`method ${String(root['kind'])} `);
      this.#visit(child(root, 'value'), 'own', true);
    } else if (form === 'class') {
      this.#class(root, 'own', true);
      this.#members = bareMembers(this.#parsed, manager, (name) => this.#meaning(name)?.free ?? null);
    } else this.#visit(root, 'own', true);
    return this.#result();
  }

  /** What an identifier refers to; null: not a variable. */
  #meaning(identifier: Syntax): Meaning | null {
    const binding = this.#bindings.get(identifier);
    if (binding === undefined) return null;
    // Its own name acts like an outer variable.
    if (binding === null || binding === this.#selfVariable)
      return { free: identifier['name'] as string, init: null, first: null };
    const { first = null, only = false } = this.#inits.get(binding) ?? {};
    return { free: null, init: only ? first : null, first };
  }

  /** Whether a member of the current class is the method to leave out. */
  #isLeftOut(member: Syntax): boolean {
    if (this.#without === null || member.type !== 'MethodDefinition') return false;
    const members = child(this.#parsed.root, 'body')?.['body'] as readonly Syntax[] | undefined;
    return methodName(member) === `false ${this.#without}` && members?.includes(member) === true;
  }

  /** The text without the method that is left out. */
  #ownText(): string {
    const { root, form, text, offset } = this.#parsed;
    const members = form === 'class' ? (child(root, 'body')?.['body'] as readonly Syntax[]) : [];
    const left = members.find((member) => this.#isLeftOut(member));
    return left ? text.slice(0, left.start - offset) + text.slice(left.end - offset) : text;
  }

  #exposure(): Exposure {
    const { root, form } = this.#parsed;
    const code = form === 'method' ? child(root, 'value') : root;
    return exposureOf(
      code ?? root,
      (identifier) => this.#meaning(identifier),
      (member) => this.#isLeftOut(member),
    );
  }

  #result(): Written {
    const { form, offset } = this.#parsed;
    const receiver: ReceiverUse = {
      names: this.#names,
      privateNames: this.#privateNames,
      whole: this.#whole,
      parent: this.#parent,
    };
    const free = [...this.#free].map(([name, { written }]) => ({ name, written }));
    const opaque = [...this.#opaque];
    const exposure = this.#exposure();
    return {
      form,
      canonical: this.#out.join(''),
      own: this.#ownText(),
      free,
      selfName: this.#selfName,
      receiver,
      propertyNames: this.#propertyNames,
      reads: this.#reads(exposure),
      exposure,
      keepsCaptures:
        opaque.length === 0 &&
        !(form === 'arrow' && readsReceiver(receiver)) &&
        !free.some(({ written }) => written),
      opaque,
      newTarget: this.#newTarget,
      hasPrivate: this.#hasPrivate,
      members: this.#members,
      keyNames: [...this.#keyNames],
      instanceArrows: this.#instanceArrows,
      anchor: this.#anchor() - offset,
    };
  }

  #reads({ coercesAny, valueNames }: Exposure): number {
    const named = bitsOf(this.#propertyNames) | bitsOf(this.#free.keys());
    // A method that is not called at once may later be called on anything.
    const text = valueNames.includes('toString') ? SEEN.text : 0;
    return named | text | (coercesAny ? SEEN.coerced : 0) | (valueNames.includes('*') ? SEEN.dynamic : 0);
  }

  /** V8 positions a class at its constructor's parameters, or at its start if it has none. */
  #anchor(): number {
    const { root, form } = this.#parsed;
    if (form !== 'class') return root.start;
    const members = child(root, 'body')?.['body'] as readonly Syntax[];
    const constructor = members.find((member) => member['kind'] === 'constructor');
    return (constructor && child(constructor, 'value')?.start) ?? root.start;
  }

  #learn(scope: Scope): void {
    for (const variable of scope.variables) {
      // A class declaration makes two variables, outside and inside; they count as one.
      for (const identifier of variable.identifiers) this.#bindings.set(identifier, bindingOf(variable));
      if (variable.identifiers.length === 0) this.#implicit.add(variable);
      const init = firstValue(variable);
      if (init) this.#inits.set(bindingOf(variable), init);
    }
    for (const reference of scope.references) {
      this.#bindings.set(reference.identifier, reference.resolved && bindingOf(reference.resolved));
      if (reference.isWrite()) this.#writes.add(reference.identifier);
    }
  }

  #visit(node: Syntax | null, receiver: Receiver, top = false): void {
    if (!node) {
      this.#out.push('-');
      return;
    }
    switch (node.type) {
      case 'Identifier':
        return this.#identifier(node);
      case 'Literal':
        return this.#literal(node);
      case 'TaggedTemplateExpression':
        return this.#tagged(node, receiver);
      case 'TemplateElement':
        return this.#templateText((node['value'] as { cooked: string | null }).cooked);
      case 'ThisExpression':
        if (receiver === 'own') this.#whole = true;
        return void this.#out.push('this');
      case 'Super':
        if (receiver === 'own') this.#whole = this.#parent = true;
        return void this.#out.push('super');
      case 'ClassExpression':
      case 'ClassDeclaration':
        return this.#class(node, receiver, false);
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        return this.#fields(
          node,
          top ? receiver : 'other',
          top && node.type === 'FunctionExpression' ? ['id'] : [],
        );
      case 'ArrowFunctionExpression':
        if (receiver === 'instance') this.#instanceArrows.add(node.start - this.#parsed.offset);
        return this.#fields(node, receiver);
      case 'MemberExpression':
        return this.#member(node, receiver);
      case 'Property':
        return this.#property(node, receiver);
      case 'VariableDeclarator':
        return this.#declarator(node, receiver);
      case 'LabeledStatement':
      case 'BreakStatement':
      case 'ContinueStatement':
        this.#out.push((child(node, 'label')?.['name'] ?? '') as string, ':');
        return this.#fields(node, receiver, ['label']);
      default:
        this.#watch(node, receiver);
        return this.#fields(node, receiver);
    }
  }

  /** Records what cannot be followed. */
  #watch(node: Syntax, receiver: Receiver): void {
    if (node.type === 'ImportExpression') this.#opaque.add('calls import()');
    if (node.type === 'MetaProperty') {
      const what = child(node, 'meta')?.['name'];
      if (what === 'import') this.#opaque.add('uses import.meta');
      else if (receiver === 'own' && this.#parsed.form === 'arrow') this.#newTarget = true;
    }
    if (node.type !== 'CallExpression') return;
    const callee = child(node, 'callee');
    if (callee?.type === 'Identifier' && callee['name'] === 'eval' && !this.#bindings.get(callee)) {
      this.#opaque.add('calls eval');
    }
  }

  #fields(node: Syntax, receiver: Receiver, without: readonly string[] = []): void {
    this.#out.push(node.type, '(');
    for (const [field, value] of Object.entries(node)) {
      if (!LAYOUT.has(field) && !without.includes(field)) this.#value(value, receiver);
    }
    this.#out.push(')');
  }

  #value(value: unknown, receiver: Receiver): void {
    if (Array.isArray(value)) {
      this.#out.push('[');
      for (const each of value) this.#value(each, receiver);
      this.#out.push(']');
    } else if (isSyntax(value)) this.#visit(value, receiver);
    else this.#out.push(value === undefined ? 'undefined' : JSON.stringify(value), ',');
  }

  #identifier(node: Syntax): void {
    const name = node['name'] as string;
    if (!this.#bindings.has(node)) return void this.#out.push('name:', JSON.stringify(name));
    const variable = this.#bindings.get(node);
    if (!variable) return this.#freeName(name, this.#writes.has(node));
    if (variable === this.#selfVariable) this.#selfName = name;
    let local = this.#locals.get(variable);
    if (!local) {
      // `arguments` is a local that nobody declares: two functions may differ in it alone.
      local = this.#implicit.has(variable) ? `implicit:${name};` : `L${this.#locals.size};`;
      this.#locals.set(variable, local);
    }
    this.#out.push(local);
  }

  #freeName(name: string, written: boolean): void {
    let entry = this.#free.get(name);
    if (!entry) {
      entry = { index: this.#free.size, written };
      this.#free.set(name, entry);
    }
    entry.written ||= written;
    this.#out.push(`F${entry.index};`);
  }

  #literal(node: Syntax): void {
    const regex = node['regex'] as { pattern: string; flags: string } | undefined;
    if (regex) this.#out.push('regex:', JSON.stringify([regex.pattern, regex.flags]));
    else if (typeof node['bigint'] === 'string') this.#out.push('bigint:', String(node['value']), ';');
    else this.#out.push(typeof node['value'], ':', JSON.stringify(node['value']), ';');
    if (typeof node['value'] === 'string') this.#mention(node['value']);
  }

  #templateText(text: string | null): void {
    this.#out.push(JSON.stringify(text));
    if (text !== null) this.#mention(text);
  }

  /** A text may be used as a property name. */
  #mention(text: string): void {
    if (bitOfText(text) !== 0) this.#propertyNames.add(text);
  }

  /** A tag function sees the raw text, too. */
  #tagged(node: Syntax, receiver: Receiver): void {
    const quasi = child(node, 'quasi') as Syntax;
    const raw = (quasi['quasis'] as readonly Syntax[]).map((each) => (each['value'] as { raw: string }).raw);
    this.#out.push('raw:', JSON.stringify(raw));
    this.#fields(node, receiver);
  }

  #member(node: Syntax, receiver: Receiver): void {
    const object = child(node, 'object') as Syntax;
    const property = child(node, 'property') as Syntax;
    const name = staticName(node);
    if (name !== null) this.#propertyNames.add(name);
    this.#out.push('member ', node['optional'] === true ? '?' : '', '(');
    if (object.type === 'ThisExpression' && receiver === 'own') this.#receiverRead(property, name);
    else this.#visit(object, receiver);
    if (name !== null) this.#out.push('key:', JSON.stringify(name), ')');
    else {
      this.#out.push('computed ');
      this.#visit(property, receiver);
      this.#out.push(')');
    }
  }

  #receiverRead(property: Syntax, name: string | null): void {
    if (name !== null) this.#names.add(name);
    else if (property.type === 'PrivateIdentifier') this.#privateNames.add(property['name'] as string);
    else this.#whole = true;
    this.#out.push('this');
  }

  #property(node: Syntax, receiver: Receiver): void {
    const name = staticName(node);
    if (name !== null) this.#propertyNames.add(name);
    this.#out.push(`property ${String(node['kind'])} ${String(node['method'])} `);
    // Written exactly like this, the name sets the prototype.
    const inherits = name === '__proto__' && ['computed', 'method', 'shorthand'].every((each) => !node[each]);
    if (inherits && node['kind'] === 'init') this.#out.push('inherits ');
    if (name !== null) this.#out.push('key:', JSON.stringify(name));
    else this.#visit(child(node, 'key'), receiver);
    this.#visit(child(node, 'value'), receiver);
  }

  /** `const { a, b } = this` reads two properties, not everything. */
  #declarator(node: Syntax, receiver: Receiver): void {
    const pattern = child(node, 'id') as Syntax;
    const reads =
      receiver === 'own' && child(node, 'init')?.type === 'ThisExpression' && pattern.type === 'ObjectPattern'
        ? (pattern['properties'] as readonly Syntax[]).map((each) =>
            each.type === 'Property' ? staticName(each) : null,
          )
        : [null];
    if (reads.includes(null)) return this.#fields(node, receiver);
    for (const name of reads) this.#names.add(name as string);
    this.#out.push('declare this ');
    this.#visit(pattern, receiver);
  }

  /**
   * The base class and computed method names of the current class are part of its value: they were evaluated at its definition,
   * in variables that need not be kept.
   */
  #class(node: Syntax, receiver: Receiver, top: boolean): void {
    const id = child(node, 'id');
    this.#out.push('class ');
    if (node.type === 'ClassDeclaration') this.#visit(id, receiver);
    if (top) this.#out.push(node['superClass'] ? 'extends ' : '');
    else this.#visit(child(node, 'superClass'), receiver);
    this.#out.push('[');
    for (const member of inAnyOrder(child(node, 'body')?.['body'] as readonly Syntax[])) {
      if (!top || !this.#isLeftOut(member)) this.#classMember(member, receiver, top);
    }
    this.#out.push(']');
  }

  #classMember(member: Syntax, receiver: Receiver, top: boolean): void {
    const inner: Receiver = top && member['static'] !== true ? 'instance' : 'other';
    if (member.type === 'StaticBlock') return this.#fields(member, 'other');
    const name = staticName(member);
    const key = child(member, 'key') as Syntax;
    this.#out.push(`${member.type} ${String(member['kind'])} ${String(member['static'])} `);
    if (key.type === 'PrivateIdentifier') this.#hasPrivate = true;
    if (name !== null) this.#out.push('key:', JSON.stringify(name));
    else if (!top || member.type !== 'MethodDefinition' || key.type === 'PrivateIdentifier') {
      if (top && member['computed'] === true) this.#noteKey(key);
      this.#visit(key, receiver);
    }
    this.#visit(child(member, 'value'), inner, member.type === 'MethodDefinition');
  }

  /** A field's computed name is evaluated when the class is created. */
  #noteKey(key: Syntax): void {
    const { free } = this.#meaning(key) ?? { free: null };
    if (free !== null) this.#keyNames.add(free);
    for (const value of Object.values(key)) {
      for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
        if (isSyntax(each)) this.#noteKey(each);
    }
  }
}
