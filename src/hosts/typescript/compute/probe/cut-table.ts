import type { Column, Table } from '../../../../sdk/table.js';

/** Rows of a cut that hold what other rows of the whole table do. Their times stay. */
export interface Swapped {
  /** Rows of the cut, and for each the row of the table whose cells it has. */
  readonly rows: Int32Array;
  readonly by: Int32Array;
}

/** Rows `[from, to)` of a table as copies. */
export function cutTable(table: Table, from: number, to: number, swapped: Swapped | null): Table {
  const { columns, present } = table;
  return {
    ...table,
    ts: table.ts.slice(from, to),
    columns: columns.map(
      ({ type, values, valid }) =>
        ({
          type,
          values: cut(values, from, to, swapped),
          valid: valid && cut(valid, from, to, swapped),
        }) as Column,
    ),
    present: present && cut(present, from, to, swapped),
  };
}

function cut<T extends Float64Array | Uint8Array | readonly string[]>(
  whole: T,
  from: number,
  to: number,
  swapped: Swapped | null,
): T {
  // A slice of a T is a T: the compiler does not follow it through the union.
  const part = whole.slice(from, to) as unknown as T;
  if (swapped) swap(part, whole, swapped);
  return part;
}

function swap(part: { [row: number]: unknown }, whole: ArrayLike<unknown>, { rows, by }: Swapped): void {
  for (let i = 0; i < rows.length; i++) part[rows[i] as number] = whole[by[i] as number];
}
