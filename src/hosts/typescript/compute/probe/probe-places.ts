import type { ViewInput } from '../../../../sdk/view.js';
import { lowerBound } from '../../../../sdk/table.js';
import { Draw, PROBE_SEED } from './seeds.js';

/** Places that are kept of each kind. */
const OF_EACH = 6;
/** Where a value changes more often than once in so many rows, a change is nothing special. */
const RARE = 16;

/** Which columns of which inputs a function has read: −1 stands for the times. */
export type ColumnsRead = readonly (readonly [input: number, column: number])[];

/**
 * Firings whose neighbourhood invites a look ahead, each kind drawn from all there are: at and before nulls, changes of a value
 * that seldom changes, the greatest jump, gaps in time, and both ends of the chunk. Some may come twice.
 */
export function temptingFirings(firings: number, inputs: readonly ViewInput[], read: ColumnsRead): number[] {
  const last = firings - 1;
  const found = [0, last, last - 1, last >> 1];
  for (const { table, end } of inputs) {
    for (const row of remembered(gaps, table.ts, null)) found.push(...around(end, row));
  }
  for (const [input, index] of read) {
    const { table, end } = inputs[input] as ViewInput;
    const column = table.columns[index];
    if (column?.type !== 'number') continue;
    for (const row of remembered(oddRows, column.values, column.valid)) found.push(...around(end, row));
  }
  return found.filter((firing) => firing >= 0 && firing <= last);
}

type Look = (values: Float64Array, valid: Uint8Array | null) => readonly number[];

const known = new Map<Look, WeakMap<Float64Array, readonly number[]>>();

/** Many nodes read one column: it is looked through once. */
function remembered(look: Look, values: Float64Array, valid: Uint8Array | null): readonly number[] {
  const byColumn = known.get(look) ?? new WeakMap<Float64Array, readonly number[]>();
  known.set(look, byColumn);
  const rows = byColumn.get(values) ?? look(values, valid);
  byColumn.set(values, rows);
  return rows;
}

/** Keeps some of what it is shown, each with the same chance. */
class Reservoir {
  readonly kept: number[] = [];
  readonly #draw = new Draw(PROBE_SEED);
  #shown = 0;

  show(row: number): void {
    this.#shown += 1;
    if (this.kept.length < OF_EACH) this.kept.push(row);
    else {
      const place = this.#draw.below(this.#shown);
      if (place < OF_EACH) this.kept[place] = row;
    }
  }
}

/** Rows before which time makes a greater step than usual. */
function gaps(ts: Float64Array): readonly number[] {
  let usual = Infinity;
  let longest = 0;
  for (let row = 1; row < ts.length; row++) {
    const step = (ts[row] as number) - (ts[row - 1] as number);
    if (step < usual) usual = step;
    if (step > longest) longest = step;
  }
  const found = new Reservoir();
  if (longest === usual) return found.kept;
  for (let row = 1; row < ts.length; row++) {
    if ((ts[row] as number) - (ts[row - 1] as number) > usual) found.show(row);
  }
  return found.kept;
}

/** Rows that are null, that change what seldom changes, or jump the farthest. */
function oddRows(values: Float64Array, valid: Uint8Array | null): readonly number[] {
  const nulls = new Reservoir();
  let [farthest, jump, changes] = [0, -1, 0];
  let previous = Number.NaN;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value) || valid?.[row] === 0) {
      nulls.show(row);
      continue;
    }
    if (value !== previous) changes += 1;
    const step = Math.abs(value - previous);
    if (step > farthest) [farthest, jump] = [step, row];
    previous = value;
  }
  const odd = [...nulls.kept, ...(jump < 0 ? [] : [jump])];
  return changes * RARE < values.length ? [...odd, ...changed(values)] : odd;
}

function changed(values: Float64Array): readonly number[] {
  const found = new Reservoir();
  for (let row = 1; row < values.length; row++) if (values[row] !== values[row - 1]) found.show(row);
  return found.kept;
}

/** The firings whose window ends with a row, and those whose window ends before it. */
function around(end: Int32Array, row: number): number[] {
  return [row, row + 1].flatMap((rows) => {
    const last = lowerBound(end, rows + 1) - 1;
    return last >= 0 && end[last] === rows ? [last] : [];
  });
}
