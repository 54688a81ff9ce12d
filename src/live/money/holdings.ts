import type { Seconds } from '../../sdk/time/time.js';
import type { World } from '../world/schema.js';
import { Account, type Fill } from './account.js';
import { Meter } from './metrics.js';

/** A broker fills in parts: 0.1 and 0.2 sold of 0.3 leave 3e-17 units in floating point. */
const PARTS = 1e-12;

/** The money of a run, slot by slot: positions, equity, metrics. */
export class Holdings {
  readonly #capital: number;
  readonly #account: Account;
  readonly #meter: Meter;
  readonly #symbols: readonly string[];
  readonly #closes: (number | null)[];
  /** Number of each symbol's bars so far. */
  readonly #bars: number[];
  #fills = 0;

  constructor(
    { capital, periodsPerYear, mode }: Pick<World, 'capital' | 'periodsPerYear' | 'mode'>,
    symbols: readonly string[],
  ) {
    this.#capital = capital;
    this.#account = new Account(capital, mode === 'live' ? PARTS : 0);
    this.#meter = new Meter(capital, periodsPerYear);
    this.#symbols = symbols;
    this.#closes = symbols.map(() => null);
    this.#bars = symbols.map(() => 0);
  }

  quantity(symbol: string): number {
    return this.#account.quantity(symbol);
  }

  /** The last close of a symbol by its position; null: none yet. */
  close(i: number): number | null {
    return this.#closes[i] ?? null;
  }

  /** A fill at the open of the symbol's next bar. To be called before that bar. */
  fill(i: number, fill: Fill, at: Seconds): void {
    this.#account.apply(fill, at, this.#bars[i] as number);
    this.#fills += 1;
  }

  /** A bar of a symbol, by its close. */
  bar(i: number, close: number): void {
    this.#closes[i] = close;
    this.#bars[i] = (this.#bars[i] as number) + 1;
  }

  /** Ends a slot, after its bars. @returns equity */
  slot(asOf: Seconds): number {
    let exposed = false;
    let equity = this.#account.cash;
    for (let i = 0; i < this.#symbols.length; i++) {
      const quantity = this.#account.quantity(this.#symbols[i] as string);
      if (quantity === 0) continue;
      exposed = true;
      equity += quantity * (this.#closes[i] as number);
    }
    this.#meter.add(asOf, equity, exposed);
    return equity;
  }

  get summary() {
    const { cash, fees, trades, traded, positions } = this.#account;
    const { equity, slots, range, days, curve } = this.#meter;
    const open = this.#symbols.flatMap((symbol, i) => {
      const close = this.#closes[i];
      return close == null ? [] : (this.#account.open(symbol, close, this.#bars[i] as number) ?? []);
    });
    return {
      slots,
      range,
      fills: this.#fills,
      fees,
      trades,
      open,
      capital: this.#capital,
      cash,
      equity,
      positions,
      metrics: this.#meter.metrics(trades, traded),
      days,
      curve,
    };
  }
}
