import type { ComputeInput } from '../../../engine/ports/host.js';
import type { ColumnHandedOut } from '../../../sdk/view.js';

/** How many columns' copies are kept for reuse: filling memory is cheaper than allocating it, and leaves no garbage. */
const SPARE = 16;
/** The columns of chunks differ slightly in length. */
const GRAIN = 4096;
/** Longer ones are not kept. */
const MOST_SPARE = 2 ** 19;

const spare: Float64Array[] = [];

/** How many columns one input may have in the cache's keys. */
const COLUMN_LIMIT = 2 ** 20;

interface Kept {
  readonly input: number;
  readonly column: number;
  readonly array: Float64Array;
  readonly copy: Float64Array;
}

/** A column that was written to; `column` is −1 for the times. */
export interface Written {
  readonly input: number;
  readonly column: number;
}

/**
 * Guards the engine's arrays, which author code gets without a copy: each is copied when it is first handed out, and compared
 * byte by byte after the code has run.
 */
export class WriteProtection {
  readonly #inputs: readonly ComputeInput[];
  readonly #kept = new Map<number, Kept>();
  #written: Written | null = null;

  constructor(inputs: readonly ComputeInput[]) {
    this.#inputs = inputs;
  }

  readonly handedOut: ColumnHandedOut = (input, column) => {
    const key = input * COLUMN_LIMIT + column + 1;
    if (this.#kept.has(key)) return;
    const { table } = this.#inputs[input] as ComputeInput;
    const array = column < 0 ? table.ts : table.columns[column]?.values;
    if (array instanceof Float64Array) this.#kept.set(key, { input, column, array, copy: copyOf(array) });
  };

  /** Undoes all writes, and returns the column that was written to, now or earlier; null: none. */
  undo(): Written | null {
    // Two columns may share memory. A later copy may hold what was written before it was made, so the first copy has
    // the last word.
    for (const { input, column, array, copy } of [...this.#kept.values()].reverse()) {
      if (bytesOf(array).equals(bytesOf(copy))) continue;
      array.set(copy);
      this.#written = { input, column };
    }
    return this.#written;
  }

  /** Like `undo`, at the end: the copies' memory is then reused. */
  restore(): Written | null {
    const written = this.undo();
    for (const { copy } of this.#kept.values()) giveBack(copy);
    this.#kept.clear();
    return written;
  }
}

function copyOf(array: Float64Array): Float64Array {
  const at = spare.findIndex((each) => each.length >= array.length);
  const memory =
    spare.splice(at, at < 0 ? 0 : 1)[0] ?? new Float64Array(Math.ceil(array.length / GRAIN) * GRAIN);
  const copy = memory.subarray(0, array.length);
  copy.set(array);
  return copy;
}

function giveBack(copy: Float64Array): void {
  const memory = new Float64Array(copy.buffer);
  if (memory.length <= MOST_SPARE && spare.length < SPARE) spare.push(memory);
}

function bytesOf(array: Float64Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
