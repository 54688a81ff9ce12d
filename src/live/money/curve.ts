import type { EquityPoint } from '../../sdk/live/live.js';
import type { Seconds } from '../../sdk/time/time.js';

/** A curve with twice as many points is thinned to this number, which is still more than a screen shows. */
const LEAST = 1000;

/** Equity and drawdown over time, in bounded memory: all points cover the same number of slots, a power of two. */
export class Curve {
  #points: [Seconds, number, number][] = [];
  /** Slots per point, and slots of the last point so far. */
  #each = 1;
  #inLast = 0;

  /** @param drawdown fall below the highest equity so far, as a share of it */
  add(asOf: Seconds, equity: number, drawdown: number): void {
    const last = this.#points.at(-1);
    if (last && this.#inLast < this.#each) {
      // In place, because this runs at every slot.
      last[0] = asOf;
      last[1] = equity;
      if (drawdown > last[2]) last[2] = drawdown;
      this.#inLast += 1;
      return;
    }
    if (this.#points.length === 2 * LEAST) this.#halve();
    this.#points.push([asOf, equity, drawdown]);
    this.#inLast = 1;
  }

  get points(): readonly EquityPoint[] {
    return this.#points;
  }

  #halve(): void {
    const halved: [Seconds, number, number][] = [];
    for (const [at, [asOf, equity, drawdown]] of this.#points.entries()) {
      const before = this.#points[at - 1]?.[2] ?? 0;
      if (at % 2 === 1) halved.push([asOf, equity, Math.max(before, drawdown)]);
    }
    this.#points = halved;
    this.#each *= 2;
  }
}
