import type { EquityPoint } from '../../sdk/live.js';
import type { Seconds } from '../../sdk/time.js';

/** Points a curve is thinned out to once it has twice as many: more than a screen can tell apart. */
const LEAST = 1000;

/** Equity and drawdown over time in bounded memory: each point stands for as many slots as the others, a power of two. */
export class Curve {
  #points: EquityPoint[] = [];
  /** Slots that one point stands for, and those that the last one has. */
  #each = 1;
  #inLast = 0;

  /** @param drawdown fall below the highest equity so far, as a share of it */
  add(asOf: Seconds, equity: number, drawdown: number): void {
    const last = this.#points.at(-1);
    if (last && this.#inLast < this.#each) {
      this.#points[this.#points.length - 1] = [asOf, equity, Math.max(last[2], drawdown)];
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
    const halved: EquityPoint[] = [];
    for (let at = 0; at + 1 < this.#points.length; at += 2) {
      const [[, , before], [asOf, equity, after]] = this.#points.slice(at, at + 2) as [
        EquityPoint,
        EquityPoint,
      ];
      halved.push([asOf, equity, Math.max(before, after)]);
    }
    this.#points = halved;
    this.#each *= 2;
  }
}
