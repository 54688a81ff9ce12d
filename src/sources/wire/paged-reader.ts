import type { KnownBounds, OpenStream, SourceReader } from '../../engine/ports/source.js';
import { SeamlessError } from '../../sdk/errors.js';
import { ceilToSlot, floorToSlot, lastOpenBy } from '../../sdk/time/grid.js';
import { concatTables, emptyTable, sliceTable, sliceTableByTime, type Table } from '../../sdk/table.js';
import { formatRange, formatTime, type Range, type Seconds } from '../../sdk/time/time.js';
import { rowError, sourceError } from '../faults.js';
import { Refusal } from './patience.js';

/** Bars per commit: a killed run loses at most this many. */
const BLOCK_BARS = 8192;

/** How often answers for one page may contradict each other. */
const MOST_QUARRELS = 4;

/** A wire that gives bars by the page. */
interface PageSource {
  /** Changes when the same answers are read as other bars. */
  readonly version: string;
  /** The name in messages. */
  readonly shown: string;
  /** Bars per page. */
  readonly limit: number;
  /** How many of the newest closed bars are not stored yet, since they may still be corrected. */
  readonly stabilizationBars: number;
  /** Where bars begin and end, if the author says so. */
  readonly since: Seconds | null;
  readonly until: Seconds | null;
  /** Bars of a range of at most `limit` slots, ascending and on the grid; bars outside the range are ignored. */
  page(range: Range): Promise<Table>;
  /** The wire's clock, if an answer included it: it decides what is closed. */
  now(): Seconds | null;
}

/** Reads bars page by page. A bar missing from a page counts as missing once two answers agree. */
export class PagedReader implements SourceReader {
  readonly whole = false;
  readonly grows = true;
  readonly blockBars = BLOCK_BARS;
  readonly #stream: OpenStream;
  readonly #source: PageSource;
  /** Slots per request: below the limit if the wire turned out to give fewer. */
  #slots: number;
  /** One run sees one instant. */
  readonly #asOf = Date.now() / 1000;

  constructor(stream: OpenStream, source: PageSource) {
    this.#stream = stream;
    this.#source = source;
    this.#slots = source.limit;
  }

  version(): Promise<string> {
    return Promise.resolve(this.#source.version);
  }

  async bounds(known?: KnownBounds): Promise<{ first: Seconds; last: Seconds } | null> {
    const first = known?.first ?? (await this.#first());
    if (first === null) return null;
    const last = await this.#last(first, known?.last ?? null);
    return last === null ? null : { first, last };
  }

  async *read(range: Range): AsyncGenerator<Table> {
    const { interval } = this.#stream;
    const end = Math.min(range.end, this.#newest() + interval);
    let start = Number.isFinite(range.start)
      ? ceilToSlot(range.start, this.#stream)
      : ((await this.#first()) ?? Infinity);
    while (start < end) {
      const window = { start, end: Math.min(end, start + this.#slots * interval) };
      const table = await this.#window(window);
      if (table.ts.length > 0) yield table;
      start = window.end;
    }
  }

  /** Open of the newest bar that is closed and settled. */
  #newest(): Seconds {
    const { interval } = this.#stream;
    const { stabilizationBars, until } = this.#source;
    // If this machine's clock is ahead, an open bar would look closed.
    const now = Math.min(this.#asOf, this.#source.now() ?? Infinity);
    const closed = lastOpenBy(floorToSlot(now, this.#stream), this.#stream) - stabilizationBars * interval;
    return until === null ? closed : Math.min(closed, ceilToSlot(until, this.#stream) - interval);
  }

  async #first(): Promise<Seconds | null> {
    const { since, shown } = this.#source;
    const newest = this.#newest();
    if (since !== null) {
      const first = ceilToSlot(since, this.#stream);
      return first <= newest ? first : null;
    }
    const begin = ceilToSlot(0, this.#stream);
    try {
      const table = await this.#source.page({ start: begin, end: newest + this.#stream.interval });
      const first = table.ts[0];
      if (first !== undefined) return first <= this.#newest() ? first : null;
    } catch (error) {
      if (!(error instanceof SeamlessError && error.cause instanceof Refusal)) throw error;
      throw sourceError(
        this.#stream,
        `${shown} was asked for its first bar and did not say: add since, such as since: '2020-01-01'. It ${error.cause.message}`,
        error,
      );
    }
    throw sourceError(
      this.#stream,
      `${shown} has no bar to begin with when asked from 1970 on: say where its bars begin, such as since: '2020-01-01', and check its symbol.`,
    );
  }

  /** Open of the last settled bar; searched from the end. */
  async #last(first: Seconds, known: Seconds | null): Promise<Seconds | null> {
    const { interval } = this.#stream;
    const from = known === null ? first : known + interval;
    let slots = this.#slots;
    for (let end = this.#newest() + interval; from < end; slots *= 4) {
      const start = Math.max(from, end - slots * interval);
      const found = await this.#lastWithin({ start, end });
      if (found !== null) return found;
      end = start;
    }
    return known;
  }

  /** The last bar of a range that may be longer than a page (a page gives the first bars of its range). */
  async #lastWithin(range: Range): Promise<Seconds | null> {
    const { interval } = this.#stream;
    let [at, end, found]: [Seconds, Seconds, Seconds | null] = [range.start, range.end, null];
    while (at < end) {
      // Skip the first half if there is a bar in the second.
      const far = (end - at) / interval > this.#slots;
      const start = far && found !== null ? floorToSlot((at + end) / 2, this.#stream) : at;
      const { ts } = sliceTableByTime(
        await this.#source.page({ start, end }),
        start,
        Math.min(end, this.#newest() + interval),
      );
      const last = ts.at(-1);
      if (last !== undefined) [at, found] = [last + interval, last];
      else if (start > at) end = start;
      else return found;
    }
    return found;
  }

  /**
   * The bars of a range of at most a page. A bar in one answer exists; a missing one counts as missing if two consecutive answers
   * pass over it. An answer says nothing about bars after its last one: it may have been cut short.
   */
  async #window({ start, end }: Range): Promise<Table> {
    const taken: Table[] = [];
    let [settled, quarrels] = [start, 0];
    let answer = await this.#page({ start, end });
    for (;;) {
      const { interval } = this.#stream;
      const rows = following(answer, settled, interval);
      if (rows > 0) taken.push(sliceTable(answer, 0, rows));
      settled += rows * interval;
      if (settled >= end) return joined(taken);
      const next = answer.ts[rows] ?? null;
      const again = await this.#page({ start: settled, end });
      const other = again.ts[0] ?? end;
      const cut = next === null && rows > 0;
      if (other === settled || cut) {
        if (cut && other === settled) this.#slots = Math.max(2, Math.min(this.#slots, answer.ts.length));
        if (!cut && other === settled) quarrels++;
        answer = again;
      } else {
        settled = Math.min(next ?? end, other);
        if (settled !== (next ?? end) || settled !== other) quarrels++;
        answer = settled === other || settled >= end ? again : await this.#page({ start: settled, end });
      }
      if (quarrels >= MOST_QUARRELS) this.#refuseQuarrel({ start, end });
    }
  }

  #refuseQuarrel(range: Range): never {
    throw rowError(
      this.#stream,
      `${this.#source.shown} gives other bars for ${formatRange(range)} each time it is asked, so nothing of them was stored: run again once it answers alike.`,
    );
  }

  /** The bars within a range. */
  async #page(range: Range): Promise<Table> {
    const page = await this.#source.page(range);
    const table = sliceTableByTime(page, range.start, range.end);
    const first = page.ts[0];
    if (table.ts.length === 0 && first !== undefined && first < range.start) {
      throw rowError(
        this.#stream,
        `${this.#source.shown} was asked for ${formatRange(range)} and answered with bars from ${formatTime(first)} on: it passes over the times it is asked for, so check how they are named and written (timeUnit).`,
      );
    }
    return table;
  }
}

function joined(tables: readonly Table[]): Table {
  return tables.length === 0 ? emptyTable() : concatTables(tables);
}

/** How many bars of a table are adjacent from an open on. */
function following({ ts }: Table, from: Seconds, interval: Seconds): number {
  let rows = 0;
  while (ts[rows] === from + rows * interval) rows++;
  return rows;
}
