import type { Closure, Inspection, ScopeValues } from '../inspection.js';
import { textOf } from '../text/syntax.js';
import type { Intrinsics } from '../intrinsics.js';
import { ABSENT } from './shape.js';
import { isNativeText } from '../text/syntax.js';

/** Node globals with an accessor that are always present. */
const LOADED = new Set(['process', 'Buffer']);

/** What names in functions refer to. */
export class Variables {
  readonly #inspection: Inspection;
  readonly #intrinsics: Intrinsics;
  /** Functions that were checked, and whether they are Node's. */
  readonly #ofNode = new Map<object, boolean>();

  constructor(inspection: Inspection, intrinsics: Intrinsics) {
    this.#inspection = inspection;
    this.#intrinsics = intrinsics;
  }

  /** What a name refers to in these scopes; `ABSENT`: nothing. */
  lookUp(name: string, scopes: readonly ScopeValues[]): unknown {
    for (const { description, object } of scopes) {
      if (description !== 'Global' && Object.hasOwn(object, name))
        return (object as Readonly<Record<string, unknown>>)[name];
    }
    const now = this.#intrinsics.globalNow(name);
    if (!now) return ABSENT;
    const same = now.get !== undefined && now.get === this.#intrinsics.globalAt(name)?.get;
    if (same && LOADED.has(name)) return Reflect.get(globalThis, name) as unknown;
    if (!now.get)
      return this.#isLateGlobal(name, now.value) ? Symbol.for(`seamless.global.${name}`) : now.value;
    return same ? Symbol.for(`seamless.global.${name}`) : now.get;
  }

  /** Node loads some globals on first use, and then replaces the accessor by the value. */
  #isLateGlobal(name: string, value: unknown): boolean {
    if (!this.#intrinsics.globalAt(name)?.get || typeof value !== 'function') return false;
    return this.isOfNode(value);
  }

  /** Whether a function is written in one of Node's own modules. */
  isOfNode(fn: object): boolean {
    const known = this.#ofNode.get(fn);
    if (known !== undefined) return known;
    if (!isNativeText(textOf(fn))) return this.noteClosure(fn, this.#inspection.closure(fn));
    this.#ofNode.set(fn, false);
    return false;
  }

  /** Like `isOfNode`, for a function whose closure is known. */
  noteClosure(fn: object, closure: Closure): boolean {
    const found = this.#isOfNode(closure);
    this.#ofNode.set(fn, found);
    return found;
  }

  /** Whether a previously checked function is Node's. */
  wasOfNode(fn: object): boolean {
    return this.#ofNode.get(fn) === true;
  }

  #isOfNode({ scopes, place }: Closure): boolean {
    // Node's modules have their own names in scope if a function uses one, and are never ECMAScript modules.
    if (scopes.some(isNodesScope)) return true;
    if (!place || scopes.some(({ description }) => description === 'Module')) return false;
    return this.#inspection.isOfNode(place.script);
  }
}

function isNodesScope({ object, description }: ScopeValues): boolean {
  return (
    description !== 'Global' &&
    (Object.hasOwn(object, 'primordials') || Object.hasOwn(object, 'internalBinding'))
  );
}
