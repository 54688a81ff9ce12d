import { types } from 'node:util';
import { lastMatchRead } from './hidden-state.js';
import type { Inspection, Closure } from '../inspection.js';
import type { Intrinsics } from '../intrinsics.js';
import { Receivers } from './receivers.js';
import { analyseText } from '../text/analyse.js';
import { readsReceiver, type CodeText } from '../text/code-text.js';
import {
  inheritsAsWritten,
  isAsWritten,
  isMethodLike,
  isOwnName,
  isRequire,
  isUsedPrototype,
  nameOf,
  nameTag,
} from './function-facts.js';
import { isNativeText, textOf } from '../text/syntax.js';
import { Variables } from './variables.js';
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

interface CodeShaperOptions {
  readonly inspection: Inspection;
  readonly intrinsics: Intrinsics;
  readonly isBuiltIn: (value: object) => boolean;
  /** The SDK's exports, by name. */
  readonly sdk: ReadonlyMap<string, unknown>;
  /** Everything that the loaded code's lines depend on. */
  readonly code: () => string;
}

type Fn = (...args: never[]) => unknown;

/** Properties that every function has, which are no state of its own. */
const OF_EVERY_FUNCTION = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller']);

/** Whether a function has no text: it is native or bound. */
export function isNative(fn: object): boolean {
  return isNativeText(Function.prototype.toString.call(fn));
}

const NOTHING: readonly string[] = [];

/** Where the names of functions in local variables count. */
const OWN_NAMES_SEEN = SEEN.name | SEEN.text;

/** The shapes of functions and classes: text, captured values, and properties. */
export class CodeShaper {
  readonly #options: CodeShaperOptions;
  readonly variables: Variables;
  readonly receivers: Receivers;

  constructor(options: CodeShaperOptions) {
    this.#options = options;
    this.variables = new Variables(options.inspection, options.intrinsics);
    this.receivers = new Receivers(options.inspection, options.isBuiltIn);
  }

  functionShape(value: object, thisValue: object | null): Shape {
    const fn = value as Fn;
    const text = textOf(fn);
    if (isNativeText(text)) return this.#nativeShape(fn);
    const setup = this.#setupOf(fn);
    const code = analyseText(text, setup && SETUP);
    const closure = this.#options.inspection.closure(fn);
    this.receivers.notePlace(fn, closure.place);
    if (code.newTarget)
      return failure('uses new.target of the function around it, which cannot be seen from outside', 'code');
    if (this.variables.noteClosure(fn, closure)) {
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
    const lost = code.keyNames.find((name) => this.variables.lookUp(name, closure.scopes) === ABSENT);
    if (lost !== undefined)
      return failure(
        `has a field whose name is worked out from ${lost}, which a class does not keep: write the name out`,
        'code',
      );
    const opaque = code.opaque.length > 0 ? code.opaque : captured.opaque;
    if (opaque.length > 0)
      return failure(`${opaque.join(' and ')}, so it is not known what it depends on`, 'code');
    const around =
      code.form === 'arrow'
        ? this.receivers.arrowThis(fn, code, thisValue)
        : this.receivers.parentUse(fn, code);
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

  /** What code may see of a function besides its behaviour. */
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

  /** Texts of functions that the code converts by name, as in a template. */
  #coercedTexts({ exposure }: CodeText, { scopes }: Closure): { edges: Edge[]; reads: number } {
    const edges: Edge[] = [];
    let reads = 0;
    for (const name of exposure.coerced) {
      const value = this.variables.lookUp(name, scopes);
      if (typeof value === 'function')
        edges.push({ via: 'capture', name: `${name} (its text)`, value: textOf(value) });
      // A list of functions, or an object with its own conversion to text.
      else if (isObject(value)) reads |= SEEN.coerced;
    }
    return { edges, reads };
  }

  /** Texts of functions that the code passes to where they may be converted. */
  #exposedTexts({ exposure }: CodeText, { scopes }: Closure): NamedEdge[] {
    return exposure.exposed.flatMap((name): NamedEdge[] => {
      const value = this.variables.lookUp(name, scopes);
      if (typeof value !== 'function' || this.#options.isBuiltIn(value)) return [];
      return [{ via: 'capture', name: `${name} (its text)`, value: textOf(value), bit: SEEN.coerced }];
    });
  }

  /** What can change about a function while it runs: its properties, and captured variables that it assigns. */
  stateShape(fn: object, thisValue: object | null): Shape {
    const text = textOf(fn);
    const code = analyseText(text);
    if (!code.keepsCaptures || matchRead(code) || this.variables.wasOfNode(fn))
      return this.functionShape(fn, thisValue);
    const own = this.#propertyShape(fn as Fn, code);
    return shape(own.tag, own.edges);
  }

  /** What a function reads of its `receiver`. */
  receiverShape(fn: object, receiver: unknown): Shape {
    if (this.isWithoutReceiver(fn)) return shape('no receiver');
    const use = analyseText(textOf(fn)).receiver;
    const edges = isObject(receiver)
      ? this.receivers.thisEdges(receiver, use)
      : [{ via: 'this', name: 'this', value: receiver } as const];
    if (isObject(receiver)) this.receivers.setOwner(fn, receiver);
    return shape(`receiver ${edges.map((edge) => edge.name).join()}`, edges);
  }

  /** True for a function that reads nothing of its receiver. */
  isWithoutReceiver(fn: object): boolean {
    const text = textOf(fn);
    if (isNativeText(text)) return true;
    const { form, receiver } = analyseText(text);
    return form === 'arrow' || form === 'class' || !readsReceiver(receiver);
  }

  /** The method `setup` of a strategy's class; null for any other function. */
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
      const value = this.variables.lookUp(name, scopes);
      edges.push({ via: 'capture', name, value });
      if (code.opaque.length === 0 && isObject(value)) opaque.push(...this.#opaqueUse(value, code));
    }
    let tag = '';
    if (code.selfName !== null) {
      const value = this.variables.lookUp(code.selfName, scopes);
      // The name was assigned another value: calls by it go there.
      if (value !== fn && value !== ABSENT) {
        tag += ' renamed';
        edges.push({ via: 'capture', name: code.selfName, value });
      }
    }
    return { tag, edges, opaque };
  }

  /** Uses of built-ins that make code from texts or files. */
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

  /** Own properties of a function, and what a class or constructor function gives its instances. */
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
    this.receivers.adopt(fn, statics.edges);
    this.receivers.adopt(prototype, members.edges);
    return {
      tag: `${JSON.stringify(keys.toSorted())} ${base.map(({ name }) => name).join()} ${fixedTag(fn)}${fixedTag(prototype)} ${statics.tag} | ${members.tag} | ${hidden.map(({ name }) => name).join()}`,
      edges: [...base, ...statics.edges, ...members.edges, ...hidden],
      named: [{ via: 'member', name: ' (its members)', value: JSON.stringify(keys), bit: SEEN.listed }],
      methods: keys,
    };
  }
}

/** What code reads of the last regular expression match; null: nothing. */
function matchRead({ free, propertyNames }: CodeText): Edge | null {
  return free.some(({ name }) => name === 'RegExp') ? lastMatchRead(propertyNames) : null;
}

/** Most functions have edges of only one kind. */
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
