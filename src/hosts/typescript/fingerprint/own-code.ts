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
  /** What the SDK exports, by name. Its code counts by name: the engine's semantics version covers it. */
  readonly sdkExports: Readonly<Record<string, unknown>>;
  /** `snapshotIntrinsics()`, taken before any user code ran. */
  readonly intrinsics: Intrinsics;
  /** All that the lines of the loaded code depend on: its text and the author's files. Default: nothing. */
  readonly code?: () => string;
}

interface OwnCodeRequest {
  /** The node's inputs and their positions. */
  readonly inputs: ReadonlyMap<DagNode, number>;
  /** The strategy: the `this` of arrows written in the methods of its class. */
  readonly thisValue?: object;
  /** What the function is called on, where it is called as a method: a provider, for its `fetch`. */
  readonly receiver?: unknown;
  /** What to call the function in messages: the node's name. */
  readonly describe: string;
}

/** The hash of a function, or why there is none, and what it is made of. */
export type OwnCodeDetail = (
  | { readonly hash: string; readonly unhashable?: undefined }
  | { readonly hash?: undefined; readonly unhashable: string }
) & {
  /** Bits of the names that count since code in reach reads them; `guard` wants them back. */
  readonly names: number;
  /** Some code in reach may ask for memory beyond the ends of a view into it. */
  readonly looksBeyondViews: boolean;
  /** Everything that counts, one by one. Costs time, so that it is made when asked for. */
  parts(): readonly CodePart[];
};

/** Watches what functions captured, as it was at one time. */
export interface GuardsSince {
  /** Whether all that a function reaches was looked at by then. */
  covers(fn: object, names: number): boolean;
  /** Of a function that is covered. */
  guard(fn: object, request: OwnCodeRequest, names: number): CaptureGuard;
}

/** The call of a function, as it was hashed. */
interface Call {
  readonly tag: string;
  /** To what the function is called on, to the function, and to changed built-ins, which any code sees. */
  readonly edges: readonly Edge[];
  /** Stands for it where shapes are asked for; made then. */
  root: object | null;
  /** Bits of what counted; null when it was not hashed, or could not be. */
  names: number | null;
}

/**
 * Hashes what functions of a loaded strategy depend on: their code, the helpers it reaches, and the values that
 * closures captured. One hasher serves one `describe`; between its calls no user code may run, or `refresh` must.
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
  /** What stands for the call of a function, and how it was hashed last. */
  #calls = new Map<object, Call>();
  /** Stands for a call on nothing, which is the same for all functions. */
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

  /** Forgets values seen, since user code has run. */
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

  /**
   * Runs `work`, which hashes these functions, with what they close over read in few steps before. In it no user code may run.
   */
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

  /** One hash of functions that are called on the same values: also of what one shares with another, and of changed built-ins. */
  together(fns: readonly object[], request: OwnCodeRequest): string {
    this.#enter(request);
    const patches = this.#patchEdges();
    const edges = fns.flatMap((fn) => this.#callOf(fn, request).edges);
    const tag = `together ${patches.map(({ name }) => name).join()}`;
    return this.#digester.digest(shape(tag, [...edges, ...patches])).hash ?? '';
  }

  /** Watches what a function captured. Make it before the function is called. */
  guard(fn: object, request: OwnCodeRequest, names: number): CaptureGuard {
    return this.#guardOf(this.#callOf(fn, request), request, names, this.#watchBuiltIns());
  }

  /** The same for functions that were hashed just now, also when the guard is made later: most never are called. */
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

  /** Where in the loaded code a change came about, as near as its text tells; null when it does not tell. */
  placeOf({ holder }: GuardedChange): FunctionPlace | null {
    const place = holder && this.#shaper.placeOf(holder.fn);
    return holder && place && (placeOfUse(holder.fn, holder.variable, place) ?? place);
  }

  /** Whether a function is of the script that an object's class is written in: the bundle, for a strategy. */
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

  /** Stands for what a function reads of what it is called on. */
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
