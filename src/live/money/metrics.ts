import type { EquityPoint, Metrics, Trade } from '../../sdk/live/live.js';
import { DAY, type Seconds } from '../../sdk/time/time.js';
import { Curve } from './curve.js';

const YEAR = 365.25 * DAY;

/** Computes metrics from equity, slot by slot. Memory grows with days, not with slots. `Metrics` has the definitions. */
export class Meter {
  readonly #capital: number;
  readonly #periodsPerYear: number;
  readonly #days: [Seconds, number][] = [];
  readonly #curve = new Curve();
  #first: Seconds | null = null;
  #last: Seconds = 0;
  #equity: number;
  #slots = 0;
  #sum = 0;
  #exposed = 0;
  #peak: number;
  #peakAt: Seconds | null = null;
  #deepest = 0;
  #longest = 0;

  constructor(capital: number, periodsPerYear: number) {
    this.#capital = capital;
    this.#periodsPerYear = periodsPerYear;
    this.#equity = capital;
    this.#peak = capital;
  }

  get equity(): number {
    return this.#equity;
  }

  get slots(): number {
    return this.#slots;
  }

  get range(): readonly [Seconds, Seconds] | null {
    return this.#first === null ? null : [this.#first, this.#last];
  }

  /** Equity at the end of each UTC day: midnight belongs to the day before. */
  get days(): readonly (readonly [Seconds, number])[] {
    return this.#days;
  }

  get curve(): readonly EquityPoint[] {
    return this.#curve.points;
  }

  add(asOf: Seconds, equity: number, exposed: boolean): void {
    this.#first ??= asOf;
    this.#last = asOf;
    this.#equity = equity;
    this.#slots += 1;
    this.#sum += equity;
    if (exposed) this.#exposed += 1;
    this.#peakAt ??= asOf;
    if (equity >= this.#peak) {
      this.#longest = Math.max(this.#longest, this.#deepestSince(asOf));
      this.#peak = equity;
      this.#peakAt = asOf;
      this.#under = false;
    } else {
      this.#under = true;
      this.#deepest = Math.max(this.#deepest, 1 - equity / this.#peak);
    }
    this.#curve.add(asOf, equity, this.#under ? 1 - equity / this.#peak : 0);
    const day = Math.ceil(asOf / DAY) * DAY;
    const last = this.#days.at(-1);
    if (last?.[0] === day) last[1] = equity;
    else this.#days.push([day, equity]);
  }

  /** Whether equity is below its peak. */
  #under = false;

  #deepestSince(asOf: Seconds): number {
    return this.#under && this.#peakAt !== null ? asOf - this.#peakAt : 0;
  }

  metrics(trades: readonly Trade[], traded: number): Metrics {
    const returns = this.#days.map(([, equity], i) => equity / (this.#days[i - 1]?.[1] ?? this.#capital) - 1);
    const ratio = this.#equity / this.#capital;
    const elapsed = this.#first === null ? 0 : this.#last - this.#first;
    const cagr = elapsed > 0 && ratio > 0 ? ratio ** (YEAR / elapsed) - 1 : null;
    const periods = this.#periodsPerYear;
    const mean = meanOf(returns);
    const deviation =
      returns.length > 1
        ? Math.sqrt(sumOf(returns.map((r) => (r - mean) ** 2)) / (returns.length - 1))
        : null;
    const downside = Math.sqrt(meanOf(returns.map((r) => Math.min(r, 0) ** 2)));
    const profits = sumOf(trades.map(({ profit }) => Math.max(0, profit)));
    const losses = sumOf(trades.map(({ profit }) => Math.max(0, -profit)));
    const wins = trades.filter(({ profit }) => profit > 0).length;
    return {
      totalReturn: ratio - 1,
      cagr: finite(cagr),
      volatility: finite(deviation === null ? null : deviation * Math.sqrt(periods)),
      sharpe: finite(deviation ? (mean / deviation) * Math.sqrt(periods) : null),
      sortino: finite(returns.length > 1 && downside > 0 ? (mean / downside) * Math.sqrt(periods) : null),
      calmar: cagr !== null && this.#deepest > 0 ? finite(cagr / this.#deepest) : null,
      maxDrawdown: this.#deepest,
      drawdownSeconds: Math.max(this.#longest, this.#deepestSince(this.#last)),
      turnover: this.#slots > 0 ? traded / (this.#sum / this.#slots) : 0,
      exposure: this.#slots > 0 ? this.#exposed / this.#slots : 0,
      winRate: trades.length > 0 ? wins / trades.length : null,
      profitFactor: losses > 0 ? profits / losses : null,
      periodsPerYear: periods,
    };
  }
}

/** Over a short time a yearly rate may be beyond all numbers, and a day that begins with an equity of 0 has no return. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return values.length > 0 ? sumOf(values) / values.length : 0;
}
