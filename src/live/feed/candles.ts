import { closeOf, isOnGrid } from '../../sdk/time/grid.js';
import type { FlatRecord } from '../../sdk/table.js';
import { formatTime, type Seconds } from '../../sdk/time/time.js';
import type { FeedBar, FeedStream } from './feed.js';

/** Emitted bars that are kept, to tell a repetition from a correction. */
const REMEMBERED = 256;
const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;

/**
 * Candles of one stream as they form. A candle does not say that it is closed: it is once the next one opens, or when the caller says so.
 */
export class Candles {
  readonly stream: FeedStream;
  /** By open. */
  readonly #forming = new Map<Seconds, FlatRecord>();
  readonly #given = new Map<Seconds, FlatRecord>();
  readonly #since: Seconds;
  /** Nothing is missing: candles from before the connection have been fetched. */
  isWhole = false;
  #newest: Seconds = -Infinity;

  /** @param since candles that close by then are history */
  constructor(stream: FeedStream, since: Seconds) {
    this.stream = stream;
    this.#since = since;
  }

  /** Open of the newest candle if it was not emitted yet; else null. */
  get pending(): Seconds | null {
    return this.#forming.has(this.#newest) ? this.#newest : null;
  }

  /** Candles from here on may be missing. */
  get from(): Seconds {
    const last = Math.max(...this.#given.keys());
    if (Number.isFinite(last)) return closeOf(last, this.stream);
    return Number.isFinite(this.#since) ? this.#since : Math.min(...this.#forming.keys());
  }

  /** Takes an exchange's answer in. @returns a sentence for each invalid candle */
  put(said: unknown, now: Seconds): string[] {
    if (!Array.isArray(said)) return ['it is no list of candles'];
    const faults: string[] = [];
    for (const each of said as unknown[]) {
      const candle = this.#understood(each, now);
      if (typeof candle === 'string') faults.push(candle);
      else this.#take(...candle);
    }
    return faults;
  }

  /** Bars that have closed since the last call, ascending. @param last whether the newest candle has closed, too */
  closed(last = false): FeedBar[] {
    const bars = [...this.#forming]
      .filter(([ts]) => ts < this.#newest || last)
      .sort(([a], [b]) => a - b)
      .map(([ts, row]): FeedBar => ({ type: 'bar', stream: this.stream.name, ts, row }));
    for (const { ts, row } of bars) {
      this.#forming.delete(ts);
      this.#given.set(ts, row);
    }
    for (const ts of this.#given.keys()) {
      if (this.#given.size <= REMEMBERED) break;
      this.#given.delete(ts);
    }
    return bars;
  }

  #take(ts: Seconds, row: FlatRecord): void {
    if (closeOf(ts, this.stream) <= this.#since) return;
    this.#newest = Math.max(this.#newest, ts);
    const given = this.#given.get(ts);
    if (given && PRICES.every((name) => Object.is(given[name], row[name]))) return;
    // Older than all that is kept: it was emitted before.
    if (!given && this.#given.size === REMEMBERED && ts < Math.min(...this.#given.keys())) return;
    this.#forming.set(ts, row);
  }

  #understood(candle: unknown, now: Seconds): [Seconds, FlatRecord] | string {
    if (!Array.isArray(candle) || candle.length < 6) return 'a candle is no list of six numbers';
    const [time, ...prices] = candle.slice(0, 6) as unknown[];
    if (typeof time !== 'number' || !Number.isFinite(time)) return 'a candle has no time';
    const ts = time / 1000;
    if (ts > now + 86_400) return `a candle is of the future (${formatTime(ts)})`;
    if (!isOnGrid(ts, this.stream)) return `a candle of ${formatTime(ts)} is not on the grid`;
    const wrong = PRICES.findIndex((_, i) => typeof prices[i] !== 'number' || !Number.isFinite(prices[i]));
    if (wrong >= 0) return `a candle of ${formatTime(ts)} has no ${PRICES[wrong] as string}`;
    return [ts, Object.fromEntries(PRICES.map((name, i) => [name, prices[i] as number]))];
  }
}
