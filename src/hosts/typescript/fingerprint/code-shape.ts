import { types } from 'node:util';
import { lastMatchRead } from './hidden-state.js';
import type { Inspection, Closure, FunctionPlace, PrivateMember, ScopeValues } from './inspection.js';
import type { Intrinsics } from './intrinsics.js';
import { analyseText, readsReceiver, type CodeText, type ReceiverUse } from './text/code-text.js';
import {
  inheritsAsWritten,
  isAsWritten,
  isMethodLike,
  isOwnName,
  nameOf,
  nameTag,
  textOf,
} from './function-facts.js';
import { isNativeText } from './text/syntax.js';
import { fixedTag, propertyEdges } from './data-shape.js';
import {
  ABSENT,
  failure,
  isObject,
  NAME_SEEN,
  SEEN,
  SETUP,
  shape,
  type Edge,
  type NamedEdge,
  type Shape,
} from './shape.js';

export interface CodeShaperOptions {
  readonly inspection: Inspection;
  readonly intrinsics: Intrinsics;
  readonly isBuiltIn: (value: object) => boolean;
  /** What the SDK exports, by name. */
  readonly sdk: ReadonlyMap<string, unknown>;
  /** All that the lines of the loaded code depend on. */
  readonly code: () => string;
}

type Fn = (...args: never[]) => unknown;

/** Properties every function has, which say nothing of its own. */
const OF_EVERY_FUNCTION = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller']);

/** Whether a function has no text, since it was not written in JavaScript or was made by `bind`. */
export function isNative(fn: object): boolean {
  return isNativeText(Function.prototype.toString.call(fn));
}

/** Globals of Node that have an accessor though they are always there. */
const LOADED = new Set(['process', 'Buffer']);

const NOTHING: readonly string[] = [];

/** Where the names of functions count that are variables of a function's own. */
const OWN_NAMES_SEEN = SEEN.name | SEEN.text;

/** The shapes of functions and classes: their text, what they captured, and their properties. */
export class CodeShaper {
  readonly #options: CodeShaperOptions;
  readonly #places = new Map<object, FunctionPlace | null>();
  readonly #ofNode = new Map<object, boolean>();
  /** Objects that hold a function as their own property, for arrows made in a field or a constructor. */
  readonly #owners = new Map<object, object>();

  constructor(options: CodeShaperOptions) {
    this.#options = options;
  }

  /** Remembers whose properties functions are. */
  adopt(owner: object, edges: readonly Edge[]): void {
    for (const { value } of edges) {
      if (typeof value === 'function' && !this.#owners.has(value)) this.#owners.set(value, owner);
    }
  }

  functionShape(value: object, thisValue: object | null): Shape {
    const fn = value as Fn;
    const text = this.textOf(fn);
    if (isNativeText(text)) return this.#nativeShape(fn);
    const setup = this.#setupOf(fn);
    const code = analyseText(text, setup && SETUP);
    const closure = this.#options.inspection.closure(fn);
    this.#places.set(fn, closure.place);
    if (code.newTarget)
      return failure('uses new.target of the function around it, which cannot be told from outside', 'code');
    const ofNode = this.#isOfNode(closure);
    this.#ofNode.set(fn, ofNode);
    if (ofNode) {
      return isRequire(fn)
        ? failure('a require function, which loads what is in no fingerprint: import what it needs')
        : shape(`builtin of Node ${JSON.stringify(nameOf(fn))}`);
    }
    const match = matchRead(code);
    if (match)
      return failure(`reads ${match.name}, which any regular expression changes`, 'code', {
        watched: [match],
      });
    const captured = this.#captures(fn, code, closure);
    const lost = code.keyNames.find((name) => this.#lookUp(name, closure.scopes) === ABSENT);
    if (lost !== undefined)
      return failure(
        `has a field whose name is worked out from ${lost}, which a class does not keep: write the name out`,
        'code',
      );
    const opaque = code.opaque.length > 0 ? code.opaque : captured.opaque;
    if (opaque.length > 0)
      return failure(`${opaque.join(' and ')}, so that nothing tells what it depends on`, 'code');
    const around = code.form === 'arrow' ? this.#arrowThis(fn, code, thisValue) : this.#parentUse(fn, code);
    if (typeof around === 'string') return failure(around, 'code');
    const own = this.#propertyShape(fn, code);
    const texts = this.#coercedTexts(code, closure);
    return shape(
      `code ${code.hash} ${captured.tag} ${nameTag(fn)} {${own.tag}} ${around.length === 0 ? '' : around.map((edge) => edge.name).join()}`,
      joined(captured.edges, around, own.edges, texts.edges),
      {
        reads: code.reads | texts.reads,
        valueNames: code.exposure.valueNames,
        methods: own.methods.length > 0 ? { names: own.methods, text: code.own } : null,
        state: (setup ? analyseText(text) : code).keepsCaptures ? shape(own.tag, own.edges) : null,
        named: () => [
          ...this.#seenOf(fn, code),
          { via: 'member', name: '.setup', value: setup, bit: SEEN.setup },
          ...this.#exposedTexts(code, closure),
          ...own.named,
        ],
      },
    );
  }

  /** What code may see of a function beside what it does. */
  #seenOf(fn: Fn, code: CodeText): NamedEdge[] {
    const { exposesOwn, functionNames } = code.exposure;
    const names = functionNames.join();
    return [
      { via: 'member', name: '.name', value: nameOf(fn), bit: NAME_SEEN },
      { via: 'member', name: ' (names in it)', value: names, bit: OWN_NAMES_SEEN },
      {
        via: 'member',
        name: ' (its text)',
        value: code.own,
        bit: SEEN.text | (exposesOwn ? SEEN.coerced : 0),
      },
      { via: 'capture', name: 'globalThis', value: globalThis, bit: SEEN.globals },
      { via: 'member', name: ' (its place)', value: this.#options.code(), bit: SEEN.place },
    ];
  }

  /** Texts of functions that the code makes a text of by their name, as in a template. */
  #coercedTexts({ exposure }: CodeText, { scopes }: Closure): { edges: Edge[]; reads: number } {
    const edges: Edge[] = [];
    let reads = 0;
    for (const name of exposure.coerced) {
      const value = this.#lookUp(name, scopes);
      if (typeof value === 'function')
        edges.push({ via: 'capture', name: `${name} (its text)`, value: textOf(value) });
      // A list of functions, or an object with a way of its own to become a text.
      else if (isObject(value)) reads |= SEEN.coerced;
    }
    return { edges, reads };
  }

  /** Texts of functions that the code hands on to where they may become a text. */
  #exposedTexts({ exposure }: CodeText, { scopes }: Closure): NamedEdge[] {
    return exposure.exposed.flatMap((name): NamedEdge[] => {
      const value = this.#lookUp(name, scopes);
      if (typeof value !== 'function' || this.#options.isBuiltIn(value)) return [];
      return [{ via: 'capture', name: `${name} (its text)`, value: textOf(value), bit: SEEN.coerced }];
    });
  }

  /** What of a function can change while it runs: its properties, and the captures if it assigns to one. */
  stateShape(fn: object, thisValue: object | null): Shape {
    const text = this.textOf(fn);
    const code = analyseText(text);
    if (!code.keepsCaptures || matchRead(code) || this.#ofNode.get(fn) === true)
      return this.functionShape(fn, thisValue);
    const own = this.#propertyShape(fn as Fn, code);
    return shape(own.tag, own.edges);
  }

  /** What a function that is called on `receiver` reads of it. */
  receiverShape(fn: object, receiver: unknown): Shape {
    if (this.isWithoutReceiver(fn)) return shape('no receiver');
    const use = analyseText(this.textOf(fn)).receiver;
    const edges = isObject(receiver)
      ? this.#thisEdges(receiver, use)
      : [{ via: 'this', name: 'this', value: receiver } as const];
    if (isObject(receiver)) this.#owners.set(fn, receiver);
    return shape(`receiver ${edges.map((edge) => edge.name).join()}`, edges);
  }

  /** True for a function that reads nothing of what it is called on. */
  isWithoutReceiver(fn: object): boolean {
    const text = this.textOf(fn);
    if (isNativeText(text)) return true;
    const { form, receiver } = analyseText(text);
    return form === 'arrow' || form === 'class' || !readsReceiver(receiver);
  }

  /** The method `setup` of the class of a strategy; null for any other function. */
  #setupOf(fn: Fn): object | null {
    const prototype = Reflect.getOwnPropertyDescriptor(fn, 'prototype')?.value as unknown;
    const strategy = this.#options.sdk.get('Strategy') as { readonly prototype: object } | undefined;
    if (!strategy || !isObject(prototype)) return null;
    for (
      let at: object | null = prototype;
      at && !types.isProxy(at);
      at = Object.getPrototypeOf(at) as object | null
    ) {
      if (at !== strategy.prototype) continue;
      const setup = Reflect.getOwnPropertyDescriptor(prototype, SETUP)?.value as unknown;
      return typeof setup === 'function' ? setup : null;
    }
    return null;
  }

  #nativeShape(fn: Fn): Shape {
    const own = propertyEdges(fn, (key) => OF_EVERY_FUNCTION.has(key));
    const bound = this.#options.inspection.bound(fn);
    if (!bound) return failure('a native function');
    const values = bound.values.map((value, index): Edge => ({
      via: 'member',
      name: ` (bound argument ${index + 1})`,
      value,
    }));
    return shape(`bound ${values.length} {${own.tag}}`, [
      { via: 'member', name: ' (bound function)', value: bound.target },
      { via: 'member', name: ' (bound this)', value: bound.receiver },
      ...values,
      ...own.edges,
    ]);
  }

  #captures(fn: Fn, code: CodeText, closure: Closure): { tag: string; edges: Edge[]; opaque: string[] } {
    const { scopes } = closure;
    const edges: Edge[] = [];
    const opaque: string[] = [];
    for (const { name } of code.free) {
      const value = this.#lookUp(name, scopes);
      edges.push({ via: 'capture', name, value });
      if (code.opaque.length === 0 && isObject(value)) opaque.push(...this.#opaqueUse(value, code));
    }
    let tag = '';
    if (code.selfName !== null) {
      const value = this.#lookUp(code.selfName, scopes);
      // The name was given to another value since: calls by it go there.
      if (value !== fn && value !== ABSENT) {
        tag += ' renamed';
        edges.push({ via: 'capture', name: code.selfName, value });
      }
    }
    return { tag, edges, opaque };
  }

  /** What code does with a built-in that makes code out of texts or files. */
  #opaqueUse(value: object, { propertyNames }: CodeText): readonly string[] {
    if (value === Function) return ['uses the Function constructor'];
    if (value === globalThis.eval) return ['uses eval'];
    if (value === globalThis)
      return ['eval', 'Function'].flatMap((name) =>
        propertyNames.has(name) ? [`uses globalThis.${name}`] : [],
      );
    const name = this.#options.intrinsics.nameOf(value);
    const module = name === undefined ? undefined : /^node:(?:vm|module)\b/.exec(name)?.[0];
    return module === undefined ? NOTHING : [`uses ${module}, which makes code that is not in its text`];
  }

  #lookUp(name: string, scopes: readonly ScopeValues[]): unknown {
    for (const { description, object } of scopes) {
      if (description !== 'Global' && Object.hasOwn(object, name))
        return (object as Readonly<Record<string, unknown>>)[name];
    }
    const now = this.#options.intrinsics.globalNow(name);
    if (!now) return ABSENT;
    const same = now.get !== undefined && now.get === this.#options.intrinsics.globalAt(name)?.get;
    if (same && LOADED.has(name)) return Reflect.get(globalThis, name) as unknown;
    if (!now.get)
      return this.#isLateGlobal(name, now.value) ? Symbol.for(`seamless.global.${name}`) : now.value;
    return same ? Symbol.for(`seamless.global.${name}`) : now.get;
  }

  /** Node loads some globals when they are first used, and then puts the value in the place of an accessor. */
  #isLateGlobal(name: string, value: unknown): boolean {
    if (!this.#options.intrinsics.globalAt(name)?.get || typeof value !== 'function') return false;
    return this.isOfNode(value);
  }

  /** What an arrow reads of the `this` it was made with; a text when that cannot be told. */
  #arrowThis(fn: Fn, code: CodeText, thisValue: object | null): Edge[] | string {
    const use = code.receiver;
    if (!readsReceiver(use)) return [];
    const receiver = [this.#owners.get(fn), thisValue].find((each) => each && this.#isMadeIn(fn, each));
    if (receiver) return this.#thisEdges(receiver, use);
    return 'uses the "this" of a function around it, which cannot be told from outside: copy what it needs into a const first';
  }

  /** A function with `super` depends on the object it was written in, which must be among those looked at. */
  #parentUse(fn: Fn, code: CodeText): Edge[] | string {
    if (code.form === 'class' || !code.receiver.parent) return [];
    const owner = this.#owners.get(fn);
    if (owner) return [{ via: 'this', name: 'super', value: owner }];
    return 'uses "super" of an object that cannot be told from outside';
  }

  /** Whether an arrow was written in the class, or a base class, of `instance`, where `this` is the instance. */
  #isMadeIn(fn: Fn, instance: object): boolean {
    const place = this.placeOf(fn);
    if (!place) return false;
    for (const maker of this.#classesOf(instance)) {
      // As V8 has it, which its places are in.
      const text = Function.prototype.toString.call(maker);
      const code = analyseText(text);
      const at = this.placeOf(maker);
      if (code.form !== 'class' || at?.script !== place.script) continue;
      if (code.instanceArrows.has(offsetIn(text, code.anchor, at, place))) return true;
    }
    return false;
  }

  #classesOf(instance: object): object[] {
    const classes: object[] = [];
    let prototype = Object.getPrototypeOf(instance) as object | null;
    while (prototype && !this.#options.isBuiltIn(prototype)) {
      const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
      if (typeof maker === 'function') classes.push(maker);
      prototype = Object.getPrototypeOf(prototype) as object | null;
    }
    return classes;
  }

  /** Whether a function is written in one of Node's own modules. */
  isOfNode(fn: object): boolean {
    const known = this.#ofNode.get(fn);
    if (known !== undefined) return known;
    const found = !isNativeText(this.textOf(fn)) && this.#isOfNode(this.#options.inspection.closure(fn));
    this.#ofNode.set(fn, found);
    return found;
  }

  #isOfNode({ scopes, place }: Closure): boolean {
    // Node's modules have names of their own around them, where a function uses one, and are never ECMAScript modules.
    if (scopes.some(isNodesScope)) return true;
    if (!place || scopes.some(({ description }) => description === 'Module')) return false;
    return this.#options.inspection.isOfNode(place.script);
  }

  textOf(fn: object): string {
    return textOf(fn);
  }

  /** Where V8 found a function; null for one that is native. */
  placeOf(fn: object): FunctionPlace | null {
    let place = this.#places.get(fn);
    if (place === undefined) {
      place = this.#options.inspection.placeOf(fn);
      this.#places.set(fn, place);
    }
    return place;
  }

  /** The properties read of `this`, also by the methods and getters that it leads to. */
  #thisEdges(receiver: object, use: ReceiverUse): Edge[] {
    // Reading a Proxy would run user code; as a whole it is refused in words.
    let whole = use.whole || types.isProxy(receiver);
    let secrets: readonly PrivateMember[] | null = null;
    const edges: Edge[] = [];
    const wanted = new Set<string>();
    const want = (reads: ReceiverUse): void => {
      reads.names.forEach((name) => wanted.add(name));
      reads.privateNames.forEach((name) => wanted.add(`#${name}`));
      whole ||= reads.whole;
    };
    want(use);
    // A set that grows while it is walked is walked to its end.
    for (const name of whole ? [] : wanted) {
      const found = name.startsWith('#')
        ? (secrets ??= this.#options.inspection.privateMembers(receiver)).filter(
            (member) => member.name === name,
          )
        : resolveProperty(receiver, name);
      // Private methods are listed nowhere: they are in the text of the class.
      whole ||= found.length === 0;
      for (const { value } of found) {
        edges.push({ via: 'this', name: `this.${name}`, value });
        if (typeof value !== 'function' || this.#options.isBuiltIn(value)) continue;
        const code = analyseText(this.textOf(value));
        if (code.form === 'function' || code.form === 'method') want(code.receiver);
      }
    }
    this.adopt(receiver, edges);
    return whole ? [{ via: 'this', name: 'this', value: receiver }] : edges;
  }

  /** Own properties of a function, and what a class or an older constructor gives its instances. */
  #propertyShape(fn: Fn, code: CodeText): OwnProperties {
    if (code.form === 'class') return this.#classShape(fn, code);
    const found = propertyEdges(fn, () => false, OF_EVERY_FUNCTION);
    const parent = Object.getPrototypeOf(fn) as object | null;
    const own =
      parent !== null && this.#options.isBuiltIn(parent)
        ? found
        : {
            tag: `${found.tag} below`,
            edges: [...found.edges, { via: 'member', name: '.__proto__', value: parent } as const],
          };
    const prototype = Reflect.getOwnPropertyDescriptor(fn, 'prototype')?.value as unknown;
    if (!isObject(prototype) || !isUsedPrototype(prototype, this.#options.isBuiltIn))
      return { ...own, named: [], methods: [] };
    return {
      tag: `${own.tag} prototype`,
      edges: [...own.edges, { via: 'member', name: '.prototype', value: prototype }],
      named: [],
      methods: [],
    };
  }

  #classShape(fn: Fn, code: CodeText): OwnProperties {
    const written =
      (isStatic: boolean) =>
      (key: PropertyKey, descriptor: PropertyDescriptor): boolean =>
        typeof key === 'string' && isAsWritten(code, isStatic, key, descriptor);
    const prototype = (fn as unknown as { prototype: object }).prototype;
    const isStatic = written(true);
    const isMember = written(false);
    const setup = this.#setupOf(fn);
    const statics = propertyEdges(
      fn,
      (key, descriptor) =>
        (OF_EVERY_FUNCTION.has(key) && !isOwnName(key, descriptor)) || isStatic(key, descriptor),
    );
    const members = propertyEdges(
      prototype,
      (key, descriptor) =>
        (key === 'constructor' && descriptor.value === fn && isMethodLike(descriptor)) ||
        (key === SETUP && descriptor.value === setup) ||
        isMember(key, descriptor),
    );
    const parent = Object.getPrototypeOf(fn) as object | null;
    const base: Edge[] =
      parent === Function.prototype ? [] : [{ via: 'member', name: ' (its base class)', value: parent }];
    if (!inheritsAsWritten(prototype, parent))
      base.push({ via: 'member', name: '.prototype.__proto__', value: Object.getPrototypeOf(prototype) });
    const secret = code.hasPrivate ? this.#options.inspection.privateMembers(fn) : [];
    const hidden = secret.map(({ name, value }): Edge => ({ via: 'member', name: `.${name}`, value }));
    const keys = [...Reflect.ownKeys(fn), ...Reflect.ownKeys(prototype)]
      .map(String)
      .filter((key) => key !== 'name');
    this.adopt(fn, statics.edges);
    this.adopt(prototype, members.edges);
    return {
      tag: `${JSON.stringify(keys.toSorted())} ${base.map(({ name }) => name).join()} ${fixedTag(fn)}${fixedTag(prototype)} ${statics.tag} | ${members.tag} | ${hidden.map(({ name }) => name).join()}`,
      edges: [...base, ...statics.edges, ...members.edges, ...hidden],
      named: [{ via: 'member', name: ' (its members)', value: JSON.stringify(keys), bit: SEEN.listed }],
      methods: keys,
    };
  }
}

/** What code reads of the last match of any regular expression; null when it reads none of it. */
function matchRead({ free, propertyNames }: CodeText): Edge | null {
  return free.some(({ name }) => name === 'RegExp') ? lastMatchRead(propertyNames) : null;
}

/** What `createRequire` gives. */
function isRequire(fn: Fn): boolean {
  return (
    nameOf(fn) === 'require' && typeof Reflect.getOwnPropertyDescriptor(fn, 'resolve')?.value === 'function'
  );
}

function isNodesScope({ object, description }: ScopeValues): boolean {
  return (
    description !== 'Global' &&
    (Object.hasOwn(object, 'primordials') || Object.hasOwn(object, 'internalBinding'))
  );
}

/** Most functions have edges of one kind alone. */
function joined(...lists: readonly (readonly Edge[])[]): readonly Edge[] {
  const filled = lists.filter((list) => list.length > 0);
  return filled.length === 1 ? (filled[0] as readonly Edge[]) : filled.flat();
}

interface OwnProperties {
  readonly tag: string;
  readonly edges: readonly Edge[];
  readonly named: readonly NamedEdge[];
  readonly methods: readonly string[];
}

/** Older code builds classes by assigning to a function's prototype. */
function isUsedPrototype(prototype: object, isBuiltIn: (value: object) => boolean): boolean {
  const keys = Reflect.ownKeys(prototype).filter((key) => key !== 'constructor');
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return keys.length > 0 || (parent !== null && !isBuiltIn(parent));
}

/** A property as it would be read: the value, or the accessor's functions. */
function resolveProperty(receiver: object, name: string): { readonly value: unknown }[] {
  for (let at: object | null = receiver; at; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Reflect.getOwnPropertyDescriptor(at, name);
    if (!descriptor) continue;
    const accessors = [descriptor.get, descriptor.set].filter((each) => each !== undefined);
    return accessors.length > 0 ? accessors.map((value) => ({ value })) : [{ value: descriptor.value }];
  }
  return [{ value: ABSENT }];
}

/** Where in a class's text a place of the same script lies, given where the text's anchor lies; −1 outside. */
function offsetIn(text: string, anchor: number, anchorPlace: FunctionPlace, place: FunctionPlace): number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const anchorLine = starts.filter((start) => start <= anchor).length - 1;
  const line = place.line - (anchorPlace.line - anchorLine);
  const start = starts[line];
  if (start === undefined) return -1;
  // Only on the text's first line do columns count from elsewhere, and that is known if the anchor is on it.
  if (line > 0) return start + place.column;
  return anchorLine === 0 ? place.column - (anchorPlace.column - anchor) : -1;
}
