import type { DagNode } from '../../../sdk/dag-node.js';
import { bytesDigest } from './shape/data-shape.js';
import { Digester } from './digest.js';
import { CaptureGuard, type BuiltInState, type GuardedChange } from './guard.js';
import { Inspection, type FunctionPlace } from './inspection.js';
import type { Intrinsics } from './intrinsics.js';
import { readAhead } from './text/read-ahead.js';
import { listParts, type CodePart } from './parts.js';
import { BEYOND_VIEWS, describePath, shape, type Edge, type Path, type Shape } from './shape/shape.js';
import { Shaper, type PastSnapshot } from './shape/shaper.js';
import { placeOfUse } from './text/uses.js';

interface CodeHasherOptions {
  /** The SDK's exports, by name. Its code counts by name only: the engine's semantics version covers it. */
  readonly sdkExports: Readonly<Record<string, unknown>>;
  /** `snapshotIntrinsics()`, taken before any user code ran. */
  readonly intrinsics: Intrinsics;
  /** Everything that the loaded code's lines depend on: its text and the author's files. Default: nothing. */
  readonly code?: () => string;
}

interface OwnCodeRequest {
  /** The node's inputs and their positions. */
  readonly inputs: ReadonlyMap<DagNode, number>;
  /** The strategy: `this` in arrow functions of its class. */
  readonly thisValue?: object;
  /** For a method, the object it is called on: a provider, for its `fetch`. */
  readonly receiver?: unknown;
  /** The function's name in messages: the node's. */
  readonly describe: string;
}

/** A function's code hash (or why there is none), and its parts. */
export type OwnCodeDetail = (
  | { readonly hash: string; readonly unhashable?: undefined }
  | { readonly hash?: undefined; readonly unhashable: string }
) & {
  /** Bits of names that count because reachable code reads them; `guard` needs them again. */
  readonly names: number;
  /** Reachable code may ask for memory beyond the ends of a view. */
  readonly looksBeyondViews: boolean;
  /** Everything that counts, one by one. Expensive, so it is made on request. */
  parts(): readonly CodePart[];
};

/** Watches captured values from one moment on. */
export interface GuardsSince {
  /** Whether everything reachable from a function was recorded by then. */
  covers(fn: object, names: number): boolean;
  /** A guard for a recorded function. */
  guard(fn: object, request: OwnCodeRequest, names: number): CaptureGuard;
}

/** The call of a function, as it was hashed. */
interface Call {
  readonly tag: string;
  /** Edges to the receiver, to the function, and to changed built-ins, which any code sees. */
  readonly edges: readonly Edge[];
  /** Represents the call where shapes are needed; made on demand. */
  root: object | null;
  /** Bits of what counted; null: not hashed, or not possible. */
  names: number | null;
}

/**
 * Hashes what a loaded strategy's functions depend on: their code, the helpers they reach, and captured values. One hasher serves
 * one `describe`; between its calls no user code may run unless `refresh` is called.
 */
export class CodeHasher {
  readonly #intrinsics: Intrinsics;
  readonly #inspection: Inspection;
  readonly #shaper: Shaper;
  readonly #digester: Digester;
  #patches: readonly Edge[] | null = null;
  /** How many properties built-in objects had when the first guard was made. */
  #builtInKeys: readonly number[] | null = null;
  #thisValue: object | null = null;
  /** The representation of a function's call, and its last hash. */
  #calls = new Map<object, Call>();
  /** Represents a call without a receiver, the same for all functions. */
  #onNothing: object | null = null;

  constructor({ sdkExports, intrinsics, code = () => '' }: CodeHasherOptions) {
    this.#intrinsics = intrinsics;
    this.#inspection = new Inspection();
    const sdk = new Map(Object.entries(sdkExports));
    this.#shaper = new Shaper({
      inspection: this.#inspection,
      intrinsics,
      sdk,
      code: once(() => bytesDigest(Buffer.from(code()))),
    });
    this.#digester = new Digester(this.#shaper);
  }

  /** Forgets all values, because user code has run. */
  refresh(): void {
    this.#patches = null;
    this.#builtInKeys = null;
    this.#forget();
  }

  #forget(): void {
    this.#calls = new Map();
    this.#onNothing = null;
    this.#shaper.forget();
  }

  /** Runs `work`, which hashes these functions, after reading their closures in batches. No user code may run meanwhile. */
  withReadAhead<T>(fns: readonly object[], work: () => T): T {
    try {
      readAhead(this.#inspection, fns, (fn) => this.#shaper.builtInName(fn) !== undefined);
      return work();
    } finally {
      this.#inspection.forgetAhead();
    }
  }

  /** Ends the inspector session. */
  close(): void {
    this.#inspection.close();
  }

  ownCode(fn: object, request: OwnCodeRequest): OwnCodeDetail {
    const call = this.#callOf(fn, request);
    const { hash, names } = this.#digester.digest(shapeOf(call));
    call.names = hash === null ? null : names;
    const start: Path = { subject: '', owner: request.describe };
    const parts = (): readonly CodePart[] => {
      this.#enter(request);
      return listParts(this.#shaper, this.#digester, this.#rootOf(call), start, names);
    };
    const looksBeyondViews = hash === null || (names & BEYOND_VIEWS) !== 0;
    return hash === null
      ? { unhashable: this.#reason(shapeOf(call), start, names), names, looksBeyondViews, parts }
      : { hash, names, looksBeyondViews, parts };
  }

  /** One hash of functions with the same receivers: covers shared objects and changed built-ins. */
  together(fns: readonly object[], request: OwnCodeRequest): string {
    this.#enter(request);
    const patches = this.#patchEdges();
    const edges = fns.flatMap((fn) => this.#callOf(fn, request).edges);
    const tag = `together ${patches.map(({ name }) => name).join()}`;
    return this.#digester.digest(shape(tag, [...edges, ...patches])).hash ?? '';
  }

  /** Watches a function's captured values. Make it before the function is called. */
  guard(fn: object, request: OwnCodeRequest, names: number): CaptureGuard {
    return this.#guardOf(this.#callOf(fn, request), request, names, this.#watchBuiltIns());
  }

  /** The same for functions that were just hashed, even if the guard is made later: most are never called. */
  guardsSinceNow(): GuardsSince {
    const calls = this.#calls;
    const snapshot = this.#shaper.snapshot();
    const builtIns = this.#watchBuiltIns();
    return {
      covers: (fn, names) => calls.get(fn)?.names === names,
      guard: (fn, request, names) => this.#guardOf(calls.get(fn) as Call, request, names, builtIns, snapshot),
    };
  }

  #watchBuiltIns(): BuiltInState {
    const keys = (this.#builtInKeys ??= this.#intrinsics.sharedKeys());
    return { takeAdded: () => this.#intrinsics.takeAdded(keys) };
  }

  #guardOf(
    call: Call,
    { describe }: OwnCodeRequest,
    names: number,
    builtIns: BuiltInState,
    since?: PastSnapshot,
  ): CaptureGuard {
    const root = this.#rootOf(call);
    since?.define(root, shapeOf(call));
    return new CaptureGuard(this.#shaper, builtIns, root, { subject: '', owner: describe }, names, since);
  }

  /** The place in the loaded code that made a change, as precisely as its text tells; null: unknown. */
  placeOf({ holder }: GuardedChange): FunctionPlace | null {
    const place = holder && this.#shaper.placeOf(holder.fn);
    return holder && place && (placeOfUse(holder.fn, holder.variable, place) ?? place);
  }

  /** Whether a function is in the same script as an object's class: for a strategy, the bundle. */
  isInScriptOf(instance: object, { script }: FunctionPlace): boolean {
    return this.#shaper.placeOf(instance.constructor)?.script === script;
  }

  #enter({ inputs, ...request }: OwnCodeRequest): void {
    const thisValue = request.thisValue ?? null;
    if (this.#thisValue !== thisValue) this.#forget();
    this.#thisValue = thisValue;
    this.#shaper.enter(inputs, thisValue);
  }

  #callOf(fn: object, request: OwnCodeRequest): Call {
    this.#enter(request);
    const { receiver } = request;
    if (receiver !== undefined) return this.#newCall(fn, receiver);
    let call = this.#calls.get(fn);
    if (!call) {
      call = this.#newCall(fn, undefined);
      this.#calls.set(fn, call);
    }
    return call;
  }

  /** What was changed in built-in objects, which any code may see. */
  #patchEdges(): readonly Edge[] {
    this.#patches ??= this.#intrinsics
      .allPatches()
      .map((patch): Edge => ({ via: 'capture', name: patch.name, value: patch.value }));
    return this.#patches;
  }

  #newCall(fn: object, receiver: unknown): Call {
    const patches = this.#patchEdges();
    return {
      tag: `call ${patches.map(({ name }) => name).join()}`,
      edges: [part(this.#receiverOf(fn, receiver)), part(fn), ...patches],
      root: null,
      names: null,
    };
  }

  #rootOf(call: Call): object {
    if (!call.root) {
      call.root = {};
      this.#shaper.define(call.root, () => shapeOf(call));
    }
    return call.root;
  }

  /** Represents what a function reads of its receiver. */
  #receiverOf(fn: object, receiver: unknown): object {
    if (receiver === undefined && this.#shaper.isWithoutReceiver(fn)) {
      if (!this.#onNothing) {
        this.#onNothing = {};
        this.#shaper.define(this.#onNothing, () => this.#shaper.receiverShape(fn, undefined));
      }
      return this.#onNothing;
    }
    const call = {};
    this.#shaper.define(call, () => this.#shaper.receiverShape(fn, receiver));
    return call;
  }

  #reason(root: Shape, start: Path, names: number): string {
    const found = this.#digester.findFailure(root, start, names);
    if (!found) return 'it depends on more values than can be compared';
    const { path, reason } = found;
    if (reason.of === 'code')
      return path.subject === '' ? `it ${reason.words}` : `\`${describePath(path)}\` ${reason.words}`;
    if (path.subject === '') return `it is ${reason.words}`;
    const where = path.owner === start.owner ? '' : ` in the closure of ${path.owner}`;
    return `it captures \`${path.subject}\`${where}, ${reason.words}`;
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function part(value: object): Edge {
  return { via: 'member', name: '', value };
}

function shapeOf({ tag, edges }: Call): Shape {
  return shape(tag, edges);
}
