import type { Schema } from '../../engine/ports/host.js';
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
const SCHEMA = NUMBERS.length;
const REUSED = SCHEMA + 1;
const WIDTH = REUSED + 1;

type CoverColumns = Readonly<
  Record<(typeof NUMBERS)[number] | 'at' | 'schema', readonly (number | null)[]> &
    Record<'reused', readonly boolean[]>
>;

/** Coverage by fingerprint, as numbers: a family adds thousands of covers each day, and a run holds all of them. */
export class HeldCovers {
  readonly #covers = new Map<string, Float64Array>();
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
    const numbers = this.#covers.get(fingerprint);
    if (!numbers) return [];
    const covers: Cover[] = [];
    for (let at = 0; at < numbers.length; at += WIDTH) covers.push(this.#cover(numbers, at));
    return covers;
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
      this.#covers.set(fingerprint, all.subarray(from * WIDTH, row * WIDTH));
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
      this.#covers.set(fingerprint, all.subarray(from, at));
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
