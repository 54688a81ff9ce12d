import { closeOf, type Grid } from '../../sdk/time/grid.js';
import { rowValue, type FlatRecord, type RowValue, type Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { Span } from '../run/reporting/report.js';

/** The most ranges that are kept apart; later ones are merged into the last. */
const MOST_SPANS = 100;

/** How two versions of a node's history differ over a range. */
export interface HistoryDifference {
  /** Bars that both versions have. */
  readonly common: number;
  /** Of these, bars with different values, bit for bit (NaN equals NaN, 0 and −0 differ). */
  readonly changed: number;
  /** Bars that only the earlier, or only the later version has. */
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** The largest absolute difference of two finite numbers, over all columns of one name; null: no number differs. */
  readonly largest: { readonly ts: Seconds; readonly column: string; readonly difference: number } | null;
  /** The first differing bar with both values; null: a version has no such row. */
  readonly first: {
    readonly ts: Seconds;
    readonly before: RowValue | null;
    readonly after: RowValue | null;
  } | null;
  /** Each run of differing bars, from the first open to the end of the last bar. */
  readonly spans: readonly Span[];
}

/** Compares two histories row by row. @param grid of the node */
export function differenceOf(before: Table, after: Table, grid: Grid): HistoryDifference {
  const found = new Findings(before, after, grid);
  let [a, b] = [0, 0];
  while (a < before.ts.length || b < after.ts.length) {
    const [ta = Infinity, tb = Infinity] = [before.ts[a], after.ts[b]];
    if (ta < tb) found.lone(ta, 'before', a++);
    else if (tb < ta) found.lone(tb, 'after', b++);
    else found.both(ta, a++, b++);
  }
  return found.result();
}

class Findings {
  #common = 0;
  #changed = 0;
  #onlyBefore = 0;
  #onlyAfter = 0;
  #largest: HistoryDifference['largest'] = null;
  #first: HistoryDifference['first'] = null;
  readonly #spans: [number, number][] = [];
  /** Whether the previous bar differed. */
  #within = false;

  constructor(
    private readonly before: Table,
    private readonly after: Table,
    private readonly grid: Grid,
  ) {}

  lone(ts: Seconds, version: 'before' | 'after', row: number): void {
    if (version === 'before') this.#onlyBefore += 1;
    else this.#onlyAfter += 1;
    const value = rowValue(version === 'before' ? this.before : this.after, row);
    this.#differs(ts, version === 'before' ? value : null, version === 'after' ? value : null);
  }

  both(ts: Seconds, a: number, b: number): void {
    this.#common += 1;
    const [before, after] = [rowValue(this.before, a), rowValue(this.after, b)];
    if (same(before, after)) {
      this.#within = false;
      return;
    }
    this.#changed += 1;
    this.#measure(ts, before, after);
    this.#differs(ts, before, after);
  }

  result(): HistoryDifference {
    return {
      common: this.#common,
      changed: this.#changed,
      onlyBefore: this.#onlyBefore,
      onlyAfter: this.#onlyAfter,
      largest: this.#largest,
      first: this.#first,
      spans: this.#spans,
    };
  }

  #differs(ts: Seconds, before: RowValue | null, after: RowValue | null): void {
    this.#first ??= { ts, before, after };
    const last = this.#spans.at(-1);
    if (last && (this.#within || this.#spans.length >= MOST_SPANS)) last[1] = closeOf(ts, this.grid);
    else this.#spans.push([ts, closeOf(ts, this.grid)]);
    this.#within = true;
  }

  #measure(ts: Seconds, before: RowValue, after: RowValue): void {
    const [a, b] = [fieldsOf(before), fieldsOf(after)];
    for (const [column, value] of Object.entries(a)) {
      const other = b[column];
      if (typeof value !== 'number' || typeof other !== 'number') continue;
      const difference = Math.abs(other - value);
      if (!Number.isFinite(difference) || difference <= (this.#largest?.difference ?? 0)) continue;
      this.#largest = { ts, column, difference };
    }
  }
}

function fieldsOf(value: RowValue): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as FlatRecord) : { value };
}

/** Bit for bit, and in the order of keys: a node may read them in that order. */
export function sameBits(a: RowValue, b: RowValue): boolean {
  return same(a, b) && (typeof a !== 'object' || JSON.stringify(a) === JSON.stringify(b));
}

/** Whether two values are the same, bit for bit: NaN equals NaN, 0 and −0 differ. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length || Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  return keys.every((key) => Object.hasOwn(y, key) && same(x[key], y[key]));
}
