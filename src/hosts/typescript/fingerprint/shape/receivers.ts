import { types } from 'node:util';
import { textOf } from '../text/syntax.js';
import { offsetIn, resolveProperty } from './function-facts.js';
import type { FunctionPlace, Inspection, PrivateMember } from '../inspection.js';
import type { Edge } from './shape.js';
import { analyseText } from '../text/analyse.js';
import { readsReceiver, type CodeText, type ReceiverUse } from '../text/code-text.js';

/** What `this` and `super` refer to in functions, and where each function was written. */
export class Receivers {
  readonly #inspection: Inspection;
  readonly #isBuiltIn: (value: object) => boolean;
  readonly #places = new Map<object, FunctionPlace | null>();
  /** Objects that hold a function as an own property, for arrow functions created in a field or a constructor. */
  readonly #owners = new Map<object, object>();

  constructor(inspection: Inspection, isBuiltIn: (value: object) => boolean) {
    this.#inspection = inspection;
    this.#isBuiltIn = isBuiltIn;
  }

  notePlace(fn: object, place: FunctionPlace | null): void {
    this.#places.set(fn, place);
  }

  /** Records a function's receiver. */
  setOwner(fn: object, owner: object): void {
    this.#owners.set(fn, owner);
  }

  /** A function's position according to V8; null for a native one. */
  placeOf(fn: object): FunctionPlace | null {
    let place = this.#places.get(fn);
    if (place === undefined) {
      place = this.#inspection.placeOf(fn);
      this.#places.set(fn, place);
    }
    return place;
  }

  /** Records the owners of functions. */
  adopt(owner: object, edges: readonly Edge[]): void {
    for (const { value } of edges) {
      if (typeof value === 'function' && !this.#owners.has(value)) this.#owners.set(value, owner);
    }
  }

  /** What an arrow function reads of its captured `this`; a text when that is unknown. */
  arrowThis(fn: object, code: CodeText, thisValue: object | null): Edge[] | string {
    const use = code.receiver;
    if (!readsReceiver(use)) return [];
    const receiver = [this.#owners.get(fn), thisValue].find((each) => each && this.#isMadeIn(fn, each));
    if (receiver) return this.thisEdges(receiver, use);
    return 'uses the "this" of a function around it, which cannot be seen from outside: copy what it needs into a const first';
  }

  /** A function with `super` depends on its home object, which must be among the known ones. */
  parentUse(fn: object, code: CodeText): Edge[] | string {
    if (code.form === 'class' || !code.receiver.parent) return [];
    const owner = this.#owners.get(fn);
    if (owner) return [{ via: 'this', name: 'super', value: owner }];
    return 'uses "super" of an object that cannot be seen from outside';
  }

  /** Whether an arrow function was written in the class (or a base class) of `instance`, so that `this` is the instance. */
  #isMadeIn(fn: object, instance: object): boolean {
    const place = this.placeOf(fn);
    if (!place) return false;
    for (const maker of this.#classesOf(instance)) {
      // As V8 has it, to match its positions.
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
    while (prototype && !this.#isBuiltIn(prototype)) {
      const maker = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
      if (typeof maker === 'function') classes.push(maker);
      prototype = Object.getPrototypeOf(prototype) as object | null;
    }
    return classes;
  }

  /** The properties read of `this`, including by the methods and getters it leads to. */
  thisEdges(receiver: object, use: ReceiverUse): Edge[] {
    // Reading a Proxy would run user code; it is refused as a whole, with a reason.
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
    // Grows during the walk, which covers it completely.
    for (const name of whole ? [] : wanted) {
      const found = name.startsWith('#')
        ? (secrets ??= this.#inspection.privateMembers(receiver)).filter((member) => member.name === name)
        : resolveProperty(receiver, name);
      // Private methods are listed nowhere: they are in the class's text.
      whole ||= found.length === 0;
      for (const { value } of found) {
        edges.push({ via: 'this', name: `this.${name}`, value });
        if (typeof value !== 'function' || this.#isBuiltIn(value)) continue;
        const code = analyseText(textOf(value));
        if (code.form === 'function' || code.form === 'method') want(code.receiver);
      }
    }
    this.adopt(receiver, edges);
    return whole ? [{ via: 'this', name: 'this', value: receiver }] : edges;
  }
}
