import type { DagNode } from '../../sdk/node.js';
import { Digester } from './digest.js';
import { CaptureGuard, type Change } from './guard.js';
import { Inspection, type FunctionPlace } from './inspection.js';
import type { Intrinsics } from './intrinsics.js';
import { readAhead } from './read-ahead.js';
import { listParts, type CodePart } from './parts.js';
import { BEYOND_VIEWS, describePath, shape, type Edge, type Path } from './shape.js';
import { Shaper } from './shaper.js';
import { placeOfUse } from './uses.js';

export interface CodeHasherOptions {
  /** What the SDK exports, by name. Its code counts by name: the engine's semantics version covers it. */
  readonly sdkExports: Readonly<Record<string, unknown>>;
  /** `snapshotIntrinsics()`, taken before any user code ran. */
  readonly intrinsics: Intrinsics;
}

export interface OwnCodeRequest {
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

/**
 * Hashes what functions of a loaded strategy depend on: their code, the helpers it reaches, and the values that
 * closures captured. One hasher serves one `describe`; between its calls no user code may run, or `refresh` must.
 */
interface Call {
  readonly root: object;
  /** Bits of the names that counted; null when it was not hashed, or could not be. */
  names: number | null;
}

export class CodeHasher {
  readonly #intrinsics: Intrinsics;
  readonly #inspection = new Inspection();
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

  constructor({ sdkExports, intrinsics }: CodeHasherOptions) {
    this.#intrinsics = intrinsics;
    const sdk = new Map(Object.entries(sdkExports));
    this.#shaper = new Shaper({
      inspection: this.#inspection,
      intrinsics,
      sdk,
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
    this.#digester.forget(true);
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
    const { root } = call;
    const start: Path = { subject: '', owner: request.describe };
    const { digest, names } = this.#digester.settle(root);
    call.names = digest.fails ? null : names;
    const { inputs, thisValue = null } = request;
    const parts = (): readonly CodePart[] => {
      this.#enter(inputs, thisValue);
      return listParts(this.#shaper, this.#digester, root, start, names);
    };
    const common = { names, looksBeyondViews: digest.fails || (names & BEYOND_VIEWS) !== 0, parts };
    return digest.fails
      ? { unhashable: this.#reason(root, start, names), ...common }
      : { hash: digest.hash, ...common };
  }

  /** Watches what a function captured. Make it before the function is called. */
  guard(fn: object, request: OwnCodeRequest, names: number): CaptureGuard {
    const call = this.#callOf(fn, request);
    const keys = (this.#builtInKeys ??= this.#intrinsics.sharedKeys());
    const builtIns = { takeAdded: () => this.#intrinsics.takeAdded(keys) };
    const start = { subject: '', owner: request.describe };
    // All that it reaches was looked at when it was hashed, and no user code has run since.
    const since = call.names === names ? this.#shaper.moment() : undefined;
    return new CaptureGuard(this.#shaper, builtIns, call.root, start, names, since);
  }

  /** Where in the loaded code a change came about, as near as its text tells; null when it does not tell. */
  placeOf({ holder }: Change): FunctionPlace | null {
    const place = holder && this.#inspection.closure(holder.fn).place;
    return holder && place && (placeOfUse(holder.fn, holder.variable, place) ?? place);
  }

  /** Whether a function is of the script that an object's class is written in: the bundle, for a strategy. */
  isInScriptOf(instance: object, { script }: FunctionPlace): boolean {
    return this.#shaper.placeOf(instance.constructor)?.script === script;
  }

  #enter(inputs: ReadonlyMap<DagNode, number>, thisValue: object | null): void {
    if (this.#thisValue === thisValue) this.#digester.forget(false);
    else this.#forget();
    this.#thisValue = thisValue;
    this.#shaper.enter(inputs, thisValue);
  }

  #callOf(fn: object, { inputs, thisValue, receiver }: OwnCodeRequest): Call {
    this.#enter(inputs, thisValue ?? null);
    if (receiver !== undefined) return { root: this.#rootOf(fn, receiver), names: null };
    let call = this.#calls.get(fn);
    if (!call) {
      call = { root: this.#rootOf(fn, undefined), names: null };
      this.#calls.set(fn, call);
    }
    return call;
  }

  /** Stands for the call itself: the function, what it is called on, and changed built-ins that any code sees. */
  #rootOf(fn: object, receiver: unknown): object {
    const patches = (this.#patches ??= this.#intrinsics
      .languagePatches()
      .map((patch): Edge => ({ via: 'capture', name: patch.name, value: patch.value })));
    const edges: Edge[] = [this.#receiverOf(fn, receiver), fn].map((value) => ({
      via: 'member',
      name: '',
      value,
    }));
    const root = {};
    this.#shaper.define(root, () =>
      shape(`call ${patches.map(({ name }) => name).join()}`, [...edges, ...patches]),
    );
    return root;
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

  #reason(root: object, start: Path, names: number): string {
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
