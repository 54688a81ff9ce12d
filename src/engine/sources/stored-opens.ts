import type { Seconds } from '../../sdk/time/time.js';
import type { NodeStore } from '../ports/store.js';

/** The least number of opens requested at a time. */
const LEAST_TIMES = 256;

/** Opens of a stream's stored bars. Nodes ask for one number after the other, so more are requested at once. */
export class StoredOpens {
  readonly #store: NodeStore;
  readonly #fingerprint: string;
  /** The last `count` before a time, or all of them. */
  #known: { readonly before: Seconds; readonly count: number; readonly times: Float64Array } | null = null;

  constructor(store: NodeStore, fingerprint: string) {
    this.#store = store;
    this.#fingerprint = fingerprint;
  }

  /** The last `count` before a time. */
  async before(before: Seconds, count: number): Promise<Float64Array> {
    let known = this.#known;
    if (known?.before !== before || known.count < count) {
      const most = Math.max(count, LEAST_TIMES);
      known = { before, count: most, times: await this.#store.lastTimes(this.#fingerprint, before, most) };
      this.#known = known;
    }
    return known.times.subarray(Math.max(0, known.times.length - count));
  }

  /** Others are stored now. */
  forget(): void {
    this.#known = null;
  }
}
