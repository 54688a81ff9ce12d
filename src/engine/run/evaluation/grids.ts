import { bytesOf } from '../../fingerprint/digest.js';
import { integers, floats } from '../../../sdk/memory.js';
import { closeOf, gridOf, sameGrid, type Grid } from '../../../sdk/time/grid.js';
import { isMonths, type Seconds } from '../../../sdk/time/time.js';

interface Slots {
  readonly opens: Float64Array;
  readonly asOf: Float64Array;
}

/** For single slots, by end: the same array in each. */
const ends: Int32Array[] = [];
const MOST_KEPT = 4096;

/** Times and ends that nodes of one grid share within a chunk: made once, as the same arrays. */
export class Grids {
  readonly #slots: (Slots & { readonly grid: Grid })[] = [];
  readonly #ramps = new Map<string, Int32Array>();

  /** The closes of slots with these opens. Equal opens are returned as the earlier array. */
  slotsOf(opens: Float64Array, grid: Grid): Slots {
    const known = this.#slots.find((each) => sameGrid(each.grid, grid) && sameTimes(each.opens, opens));
    if (known) return known;
    const { interval } = grid;
    if (grid.calendar || isMonths(interval)) return this.#byCalendar(opens, grid);
    const asOf = floats(opens.length);
    let stamps = opens;
    for (let i = 0; i < opens.length; i++) {
      const open = opens[i] as Seconds;
      const close = open + interval;
      asOf[i] = close;
      // A row is stamped by its close minus the interval; an input's stamp may differ if the interval is fractional.
      if (close - interval !== open && stamps === opens) stamps = Float64Array.from(opens);
      if (stamps !== opens) stamps[i] = close - interval;
    }
    const slots = { opens: stamps, asOf, grid: gridOf(grid) };
    this.#slots.push(slots);
    return slots;
  }

  #byCalendar(opens: Float64Array, grid: Grid): Slots {
    const slots = { opens, asOf: opens.map((open) => closeOf(open, grid)), grid: gridOf(grid) };
    this.#slots.push(slots);
    return slots;
  }

  /** `first`, `first + 1`, …: the ends of windows that move by one row. Read-only: for single slots it is reused. */
  ramp(first: number, count: number): Int32Array {
    if (count === 1 && first < MOST_KEPT) return (ends[first] ??= Int32Array.of(first));
    const key = `${first} ${count}`;
    const known = this.#ramps.get(key);
    if (known) return known;
    const ramp = integers(count);
    for (let i = 0; i < count; i++) ramp[i] = first + i;
    this.#ramps.set(key, ramp);
    return ramp;
  }
}

export function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length === 0 || (a.buffer === b.buffer && a.byteOffset === b.byteOffset)) return true;
  if (a[0] !== b[0] || a[a.length - 1] !== b[b.length - 1]) return false;
  if (a.length <= 2) return true;
  return bytesOf(a).equals(bytesOf(b));
}
