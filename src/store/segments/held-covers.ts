import type { Schema } from '../../engine/ports/host.js';
import type { RangeSet } from '../../engine/plan/ranges.js';
import type { Range, Seconds } from '../../sdk/time/time.js';

/** What is known of a segment without the place of its rows. */
export interface SegmentHead extends Range {
  readonly id: number;
  readonly rows: number;
  /** Times of the first and last row; null without rows. */
  readonly first: Seconds | null;
  readonly last: Seconds | null;
  readonly schema: Schema;
  readonly bytes: number;
}

/** A covered range of a node, and the segment with its rows. */
export interface Cover extends Range {
  readonly segment: SegmentHead;
  /** Whether the segment was computed under another fingerprint. */
  readonly reused: boolean;
}

/** The numbers of a cover, in this order; a missing time is NaN. */
const NUMBERS = [
  'start_ts',
  'end_ts',
  'id',
  'head_start',
  'head_end',
  'row_count',
  'first_ts',
  'last_ts',
  'bytes',
] as const;
const ROWS = NUMBERS.indexOf('row_count');
const FIRST = NUMBERS.indexOf('first_ts');
const LAST = NUMBERS.indexOf('last_ts');
const SCHEMA = NUMBERS.length;
const REUSED = SCHEMA + 1;
const WIDTH = REUSED + 1;

/** Rows of covers within a range. */
interface CountedRows {
  /** Of covers all of whose rows are within it. */
  readonly rows: number;
  /** Of all covers that have rows. */
  readonly schemas: readonly Schema[];
  /** The others, cut to it: some of their rows may lie outside. */
  readonly cut: readonly Cover[];
}

/** Numbers of covers, from and to positions: a view of its own for each node would be larger than they are. */
interface Held {
  readonly numbers: Float64Array;
  readonly from: number;
  readonly to: number;
}

const NO_COVERS: Held = { numbers: new Float64Array(0), from: 0, to: 0 };
const NO_RANGES: RangeSet = [];

/** Covers ascend, so those that touch follow one another. */
function rangesOf({ numbers, from, to }: Held, reusedOnly: boolean): RangeSet {
  const ranges: Range[] = [];
  let last: { start: Seconds; end: Seconds } | undefined;
  for (let at = from; at < to; at += WIDTH) {
    const [start, end] = [numbers[at] as number, numbers[at + 1] as number];
    if (start >= end || (reusedOnly && numbers[at + REUSED] !== 1)) continue;
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else ranges.push((last = { start, end }));
  }
  return ranges.length === 0 ? NO_RANGES : ranges;
}

type CoverColumns = Readonly<
  Record<(typeof NUMBERS)[number] | 'at' | 'schema', readonly (number | null)[]> &
    Record<'reused', readonly boolean[]>
>;

/** Coverage by fingerprint, as numbers: a family adds thousands of covers each day, and a run holds all of them. */
export class HeldCovers {
  readonly #covers = new Map<string, Held>();
  readonly #schemas: Schema[] = [];
  readonly #schemaAt = new Map<Schema, number>();

  clear(): void {
    this.#covers.clear();
  }

  has(fingerprint: string): boolean {
    return this.#covers.has(fingerprint);
  }

  /** Ascending. */
  of(fingerprint: string): readonly Cover[] {
    const { numbers, from, to } = this.#covers.get(fingerprint) ?? NO_COVERS;
    const covers: Cover[] = [];
    for (let at = from; at < to; at += WIDTH) covers.push(this.#cover(numbers, at));
    return covers;
  }

  /** What is covered, and of it what was computed under another fingerprint, without an object for each cover. */
  covered(fingerprint: string): { readonly ranges: RangeSet; readonly reused: RangeSet } {
    const held = this.#covers.get(fingerprint) ?? NO_COVERS;
    return { ranges: rangesOf(held, false), reused: rangesOf(held, true) };
  }

  /**
   * Rows within a range, as far as they are known without reading: an object for each cover of ten thousand nodes takes longer than
   * counting.
   */
  counted(fingerprint: string, { start, end }: Range): CountedRows {
    const { numbers, from: first, to: last } = this.#covers.get(fingerprint) ?? NO_COVERS;
    let rows = 0;
    const schemas = new Set<Schema>();
    const cut: Cover[] = [];
    for (let at = first; at < last; at += WIDTH) {
      const count = numbers[at + ROWS] as number;
      if (count > 0) schemas.add(this.#schemas[numbers[at + SCHEMA] as number] as Schema);
      const from = Math.max(numbers[at] as number, start);
      const to = Math.min(numbers[at + 1] as number, end);
      if (from >= to) continue;
      // False for a missing time.
      const isCut = from > (numbers[at + FIRST] as number) || to <= (numbers[at + LAST] as number);
      if (isCut) cut.push({ ...this.#cover(numbers, at), start: from, end: to });
      else rows += count;
    }
    return { rows, schemas: [...schemas], cut };
  }

  /**
   * Adds coverage as the catalog gives it, ascending by `at`.
   * @param fingerprints by `at`
   * @param schemas by `schema`
   */
  add(
    fingerprints: readonly string[],
    schemas: readonly Schema[],
    count: number,
    columns: CoverColumns,
  ): void {
    const positions = schemas.map((schema) => this.#positionOf(schema));
    const all = new Float64Array(count * WIDTH);
    NUMBERS.forEach((name, column) => {
      const values = columns[name];
      for (let row = 0; row < count; row++) all[row * WIDTH + column] = values[row] ?? NaN;
    });
    for (let row = 0; row < count; row++) {
      all[row * WIDTH + SCHEMA] = positions[columns.schema[row] as number] as number;
      all[row * WIDTH + REUSED] = columns.reused[row] ? 1 : 0;
    }
    let row = 0;
    for (const [at, fingerprint] of fingerprints.entries()) {
      const from = row;
      while (row < count && columns.at[row] === at) row++;
      this.#covers.set(fingerprint, { numbers: all, from: from * WIDTH, to: row * WIDTH });
    }
  }

  /** Replaces coverage. */
  set(covers: ReadonlyMap<string, readonly Cover[]>): void {
    let count = 0;
    for (const list of covers.values()) count += list.length;
    const all = new Float64Array(count * WIDTH);
    let at = 0;
    for (const [fingerprint, list] of covers) {
      const from = at;
      for (const cover of list) at = this.#write(all, at, cover);
      this.#covers.set(fingerprint, { numbers: all, from, to: at });
    }
  }

  #write(into: Float64Array, at: number, { start, end, reused, segment }: Cover): number {
    const { id, rows, first, last, schema, bytes } = segment;
    const numbers = [start, end, id, segment.start, segment.end, rows, first ?? NaN, last ?? NaN, bytes];
    into.set(numbers, at);
    into[at + SCHEMA] = this.#positionOf(schema);
    into[at + REUSED] = reused ? 1 : 0;
    return at + WIDTH;
  }

  #cover(numbers: Float64Array, at: number): Cover {
    const number = (column: number): number => numbers[at + column] as number;
    const time = (column: number): Seconds | null => (Number.isNaN(number(column)) ? null : number(column));
    return {
      start: number(0),
      end: number(1),
      reused: number(REUSED) === 1,
      segment: {
        id: number(2),
        start: number(3),
        end: number(4),
        rows: number(5),
        first: time(6),
        last: time(7),
        bytes: number(8),
        schema: this.#schemas[number(SCHEMA)] as Schema,
      },
    };
  }

  #positionOf(schema: Schema): number {
    const known = this.#schemaAt.get(schema);
    if (known !== undefined) return known;
    const at = this.#schemas.push(schema) - 1;
    this.#schemaAt.set(schema, at);
    return at;
  }
}
