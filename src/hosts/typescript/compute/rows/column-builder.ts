import { bytes, floats } from '../../../../sdk/memory.js';
import { nullColumn, type Column, type ColumnType } from '../../../../sdk/table.js';
import type { ScalarKind } from './values.js';

/** Collects the cells of one column, whose type the first cell that is not null decides. */
export class ColumnBuilder {
  /** The cells of a number column, for callers that write numbers without asking. */
  numbers: Float64Array | null = null;
  readonly #capacity: number;
  #type: ColumnType = 'null';
  #booleans: Uint8Array | null = null;
  #texts: string[] | null = null;
  #valid: Uint8Array | null = null;

  /** A column of at most `capacity` rows, the first `nulls` of them null. */
  constructor(capacity: number, type: ColumnType, nulls: number) {
    this.#capacity = capacity;
    for (let row = 0; row < nulls; row++) this.#putNull(row);
    if (type !== 'null') this.#settle(type, nulls);
  }

  get type(): ColumnType {
    return this.#type;
  }

  /** Writes a cell; false when the column is of another type. JSON comes as its text. */
  put(row: number, kind: ScalarKind | 'json', value: unknown): boolean {
    if (kind === 'null') {
      this.#putNull(row);
      return true;
    }
    if (this.#type === 'null') this.#settle(kind, row);
    if (this.#type !== kind) return false;
    if (this.numbers) this.numbers[row] = value as number;
    else if (this.#booleans) this.#booleans[row] = value === true ? 1 : 0;
    else if (this.#texts) this.#texts[row] = value as string;
    return true;
  }

  /** Writes many numbers into a number column. */
  putNumbers(row: number, values: Float64Array): void {
    this.numbers?.set(values, row);
  }

  finish(rows: number): Column {
    const valid = this.#valid ? cut(this.#valid, rows) : null;
    if (this.numbers) return { type: 'number', values: cut(this.numbers, rows), valid };
    if (this.#booleans) return { type: 'boolean', values: cut(this.#booleans, rows), valid };
    if (this.#texts) {
      return { type: this.#type === 'json' ? 'json' : 'string', values: this.#texts.slice(0, rows), valid };
    }
    return nullColumn(rows);
  }

  #settle(type: Exclude<ColumnType, 'null'>, nulls: number): void {
    this.#type = type;
    if (type === 'number') this.numbers = floats(this.#capacity).fill(Number.NaN, 0, nulls);
    else if (type === 'boolean') this.#booleans = bytes(this.#capacity);
    else this.#texts = new Array<string>(nulls).fill('');
  }

  #putNull(row: number): void {
    this.#valid ??= bytes(this.#capacity).fill(1);
    this.#valid[row] = 0;
    if (this.numbers) this.numbers[row] = Number.NaN;
    else if (this.#texts) this.#texts[row] = '';
  }
}

/** The first `rows` elements; a copy when they are much fewer than all, so that the rest of the memory is let go. */
export function cut<T extends Float64Array | Uint8Array>(values: T, rows: number): T {
  if (rows > values.length / 2) return values.subarray(0, rows) as T;
  const copy = values instanceof Float64Array ? floats(rows) : bytes(rows);
  copy.set(values.subarray(0, rows));
  return copy as T;
}
