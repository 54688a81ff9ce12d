import type { Column, Table } from '../../../../sdk/table.js';

/** Rows of a cut that hold what other rows of the whole table do. Their times stay. */
export interface Swapped {
  /** Rows of the cut, and for each the row of the table whose cells it has. */
  readonly rows: Int32Array;
  readonly by: Int32Array;
}

/** Rows `[from, to)` of a table as copies. Each part is copied when it is first read: most functions read one column of many. */
export class CutTable implements Table {
  readonly shape: Table['shape'];
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly #table: Table;
  readonly #from: number;
  readonly #to: number;
  readonly #swapped: Swapped | null;
  #ts: Float64Array | null = null;
  #present: Uint8Array | null = null;

  constructor(table: Table, from: number, to: number, swapped: Swapped | null = null) {
    this.shape = table.shape;
    this.names = table.names;
    this.columns = table.columns.map((column) => new CutColumn(column, from, to, swapped) as Column);
    this.#table = table;
    this.#from = from;
    this.#to = to;
    this.#swapped = swapped;
  }

  get ts(): Float64Array {
    return (this.#ts ??= this.#table.ts.slice(this.#from, this.#to));
  }

  get present(): Uint8Array | null {
    const { present } = this.#table;
    return present && (this.#present ??= cut(present, this.#from, this.#to, this.#swapped));
  }
}

class CutColumn {
  readonly type: Column['type'];
  readonly #column: Column;
  readonly #from: number;
  readonly #to: number;
  readonly #swapped: Swapped | null;
  #values: Column['values'] | null = null;
  #valid: Uint8Array | null = null;

  constructor(column: Column, from: number, to: number, swapped: Swapped | null) {
    this.type = column.type;
    this.#column = column;
    this.#from = from;
    this.#to = to;
    this.#swapped = swapped;
  }

  get values(): Column['values'] {
    return (this.#values ??= cut(this.#column.values, this.#from, this.#to, this.#swapped));
  }

  get valid(): Uint8Array | null {
    const { valid } = this.#column;
    return valid && (this.#valid ??= cut(valid, this.#from, this.#to, this.#swapped));
  }
}

function cut<T extends Float64Array | Uint8Array | readonly string[]>(
  whole: T,
  from: number,
  to: number,
  swapped: Swapped | null,
): T {
  // A slice of a T is a T: the compiler does not follow it through the union.
  const part = whole.slice(from, to) as unknown as T;
  if (swapped) {
    if (part instanceof Float64Array && whole instanceof Float64Array) swapNumbers(part, whole, swapped);
    else swap(part, whole, swapped);
  }
  return part;
}

/** The common case by itself, so that it compiles to a plain loop. */
function swapNumbers(part: Float64Array, whole: Float64Array, { rows, by }: Swapped): void {
  for (let i = 0; i < rows.length; i++) part[rows[i] as number] = whole[by[i] as number] as number;
}

function swap(part: { [row: number]: unknown }, whole: ArrayLike<unknown>, { rows, by }: Swapped): void {
  for (let i = 0; i < rows.length; i++) part[rows[i] as number] = whole[by[i] as number];
}
