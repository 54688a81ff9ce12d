import type { ScanState } from '../../../../engine/ports/host.js';
import { SeamlessError } from '../../../../sdk/errors.js';
import type { ComputeFn } from '../../../../sdk/node.js';
import type { ScanNode } from '../../../../sdk/scan-node.js';
import { formatTime, type Seconds } from '../../../../sdk/time/time.js';
import type { View } from '../../../../sdk/view.js';
import type { ComputeContext } from '../computation.js';
import { show } from '../failures.js';
import { authored } from '../lasting.js';
import { copyState, decodeState, encodeState, StateCopier } from './scan-state.js';
import { isThenable, type Refuse } from '../rows/values.js';

/** Calls the `step` of a scan, bar by bar, and keeps its state. */
export class Scan {
  readonly #node: ScanNode;
  readonly #init: () => unknown;
  readonly #step: (state: unknown, view: View) => unknown;
  /** As stored; null once a firing has come after. */
  #stored: ScanState | null;
  /** After the last firing that is known to have succeeded. */
  #settled: unknown;
  /** Whether there is a last firing, whose value may yet be refused, and the state after it. */
  #pending = false;
  #last: unknown;
  /** The copy that the next step gets. */
  #next: unknown;
  #started: boolean;
  #asOf: Seconds = 0;

  /** @param stored the state to go on from; no bytes: nothing has fired yet. */
  constructor(node: ScanNode, stored: ScanState, context: ComputeContext) {
    this.#node = node;
    this.#init = authored(context, () => node.init());
    this.#step = authored(context, (state, view) => node.step(state, view));
    this.#stored = stored;
    this.#started = stored.length > 0;
    if (this.#started) this.#next = decodeState(stored);
  }

  /** What a `computeFn` would be: to be called for each firing in turn. */
  readonly compute: ComputeFn<unknown> = (view) => {
    this.#settle();
    this.#asOf = view.asOf;
    if (!this.#started) {
      this.#next = copyState(this.#init(), this.#refuse);
      this.#started = true;
    }
    const given: unknown = this.#step(this.#next, view);
    if (typeof given !== 'object' || given === null || !('state' in given)) return this.#refuseStep(given);
    const { state } = given;
    this.#next = this.#copier.copy(state);
    this.#last = state;
    this.#pending = true;
    return 'value' in given ? given.value : undefined;
  };

  /**
   * The state after all firings, or after those before the one that failed.
   * @throws SeamlessError `value` when it is too large to be stored.
   */
  state(failed: boolean): ScanState {
    if (!failed) this.#settle();
    return this.#stored ?? encodeState(this.#settled, this.#refuse);
  }

  #settle(): void {
    if (!this.#pending) return;
    this.#settled = this.#last;
    this.#pending = false;
    this.#stored = null;
  }

  #refuseStep(given: unknown): never {
    if (given instanceof Promise) given.catch(() => undefined);
    const [what, advice] = isThenable(given)
      ? ['a promise', 'step must be synchronous, and read outside data through a StreamInput']
      : [show(given), 'return the next state with the value of this bar'];
    return this.#refuse(`${what} from its step`, `${advice}: { state, value }`);
  }

  readonly #refuse: Refuse = (gave, advice) => {
    const { name } = this.#node;
    throw new SeamlessError(
      'value',
      `Node ${name} gave ${gave} at asOf ${formatTime(this.#asOf)}: ${advice}.`,
      {
        node: name,
        asOf: this.#asOf,
      },
    );
  };

  readonly #copier = new StateCopier(this.#refuse);
}
