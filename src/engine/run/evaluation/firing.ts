import { floats, integers } from '../../../sdk/memory.js';
import { lowerBound } from '../../../sdk/table.js';
import {
  ceilToSlot,
  closeBefore,
  closeOf,
  lastOpenBy,
  openOf,
  slotOfBars,
  type Grid,
} from '../../../sdk/time/grid.js';
import type { Range, Seconds } from '../../../sdk/time/time.js';
import { Grids, sameTimes } from './grids.js';

/** One input for firing: the opens of its bars, and how many must have closed. */
export interface FiringInput extends Grid {
  /** How many bars must have closed. */
  readonly lookback: number;
  /** For a window counted in time: its seconds. A slot with an empty window does not fire. */
  readonly span?: Seconds;
  /** It is read in the slot itself and may be missing there: at least one such input must have a bar. */
  readonly gather?: boolean;
  /** Opens of the loaded bars, ascending. */
  readonly ts: Float64Array;
}

export interface Firings {
  /** Opens of the firing slots, ascending: the stamps of their rows. */
  readonly opens: Float64Array;
  /** Closes of these slots. */
  readonly asOf: Float64Array;
  /** Per input and firing, how many loaded bars have closed. */
  readonly ends: readonly Int32Array[];
  /** Per input, the most bars that were lacking in a slot that could have fired otherwise. */
  readonly lacking: readonly number[];
}

/**
 * The firings of a node in the slots with an open in `slots`. A slot `[t, t + interval)` fires at its close, once, if every input
 * with an interval up to the node's own closed a bar in it, that is in `(t, t + interval]`; if all inputs are slower, if one of
 * them did. On a calendar, what closes between two slots counts for the next. All inputs must have `lookback` closed bars by
 * then. Gathered inputs count as one, which closed a bar if any of them did.
 * @param grids what nodes of the chunk share
 */
export function findFirings(
  grid: Grid,
  slots: Range,
  inputs: readonly FiringInput[],
  grids = new Grids(),
): Firings {
  const { interval } = grid;
  const aligned = alignedBars(grid, slots, inputs);
  if (aligned) return followBars(grid, inputs, aligned, grids);
  const gathered = inputs.some(({ gather }) => gather);
  const prompt = inputs.map((input) => !input.gather && input.interval <= interval);
  const anyPrompt = gathered || prompt.includes(true);
  const candidates = candidateSlots(grid, slots, driversOf(inputs, prompt));
  const opens = floats(candidates.length);
  const asOf = floats(candidates.length);
  const ends = inputs.map(() => integers(candidates.length));
  const lacking = inputs.map(() => 0);
  const closed = inputs.map(() => 0);
  let count = 0;
  for (const open of candidates) {
    const close = closeOf(open, grid);
    const before = closeBefore(open, grid);
    let complete = true;
    let any = !gathered;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as FiringInput;
      const end = advance(input, closed[i] as number, close);
      closed[i] = end;
      if (anyPrompt && prompt[i] && !closedAfter(input, end, before)) complete = false;
      if (input.gather && closedAfter(input, end, before)) any = true;
    }
    if (complete && any && hasHistory(inputs, closed, lacking) && windowsHold(inputs, closed, close)) {
      opens[count] = openOf(close, grid);
      asOf[count] = close;
      for (let i = 0; i < inputs.length; i++) (ends[i] as Int32Array)[count] = closed[i] as number;
      count++;
    }
  }
  return {
    opens: opens.subarray(0, count),
    asOf: asOf.subarray(0, count),
    ends: ends.map((end) => end.subarray(0, count)),
    lacking,
  };
}

/** The general case, bar by bar: the first row of each input, and by how much slots open after its bars. */
interface AlignedBars {
  readonly from: readonly number[];
  readonly count: number;
  readonly shift: Seconds;
}

/** The common case: all inputs have the node's interval and bars in the same slots, so each bar fires its slot. */
function alignedBars(grid: Grid, slots: Range, inputs: readonly FiringInput[]): AlignedBars | null {
  const [first] = inputs;
  if (
    !first ||
    inputs.some((input) => input.interval !== grid.interval || input.calendar?.key !== grid.calendar?.key)
  )
    return null;
  // An input on another grid closes its bars within the slots, up to one interval before their ends.
  const shifts = inputs.map(({ ts }) =>
    ts.length > 0 ? ceilToSlot(ts[0] as number, grid) - (ts[0] as number) : 0,
  );
  const [shift] = shifts as [Seconds];
  if (shifts.some((each) => each !== shift)) return null;
  const { start, last } = inputs.some(({ gather }) => gather)
    ? { start: -Infinity, last: Infinity }
    : commonBars(inputs);
  const from = inputs.map(({ ts }) => lowerBound(ts, Math.max(start, slots.start - shift)));
  const to = inputs.map(({ ts }, i) =>
    Math.max(from[i] as number, Math.min(lowerBound(ts, slots.end - shift), lowerBound(ts, last) + 1)),
  );
  const bars = inputs.map(({ ts }, i) => ts.subarray(from[i], to[i]));
  const [model] = bars as [Float64Array];
  return bars.every((each) => sameTimes(each, model)) ? { from, count: model.length, shift } : null;
}

/** The slots where all inputs have begun and none has ended: an input that needs more warm-up begins later. */
function commonBars(inputs: readonly FiringInput[]): { readonly start: Seconds; readonly last: Seconds } {
  return {
    start: Math.max(...inputs.map(({ ts }) => ts[0] ?? Infinity)),
    last: Math.min(...inputs.map(({ ts }) => ts.at(-1) ?? -Infinity)),
  };
}

function followBars(
  grid: Grid,
  inputs: readonly FiringInput[],
  { from, count, shift }: AlignedBars,
  grids: Grids,
): Firings {
  const missing = inputs.map(({ lookback }, i) => Math.max(0, lookback - 1 - (from[i] as number)));
  const skipped = Math.min(count, Math.max(...missing));
  const [{ ts }] = inputs as [FiringInput];
  const start = (from[0] as number) + skipped;
  const bars = ts.subarray(start, start + count - skipped);
  const { opens, asOf } = grids.slotsOf(shift === 0 ? bars : bars.map((open) => open + shift), grid);
  const ends = from.map((first) => grids.ramp(first + skipped + 1, count - skipped));
  return { opens, asOf, ends, lacking: count > 0 ? missing : missing.map(() => 0) };
}

/** How many bars have closed by `time`, continuing from `from`. */
function advance(input: FiringInput, from: number, time: Seconds): number {
  const lastOpen = lastOpenBy(time, input);
  let end = from;
  while (end < input.ts.length && (input.ts[end] as number) <= lastOpen) end++;
  return end;
}

function closedAfter(input: FiringInput, end: number, time: Seconds): boolean {
  return end > 0 && closeOf(input.ts[end - 1] as number, input) > time;
}

function hasHistory(inputs: readonly FiringInput[], closed: readonly number[], lacking: number[]): boolean {
  let enough = true;
  for (let i = 0; i < inputs.length; i++) {
    const missing = (inputs[i] as FiringInput).lookback - (closed[i] as number);
    if (missing > 0) {
      enough = false;
      lacking[i] = Math.max(lacking[i] as number, missing);
    }
  }
  return enough;
}

function windowsHold(inputs: readonly FiringInput[], closed: readonly number[], close: Seconds): boolean {
  return inputs.every(
    ({ span, ts }, i) => span === undefined || (ts[(closed[i] as number) - 1] as number) >= close - span,
  );
}

/**
 * Inputs that every firing slot needs a bar of: the slowest of those that must close one in each slot; else gathered ones, or
 * all.
 */
function driversOf(inputs: readonly FiringInput[], prompt: readonly boolean[]): readonly FiringInput[] {
  const must = inputs.filter((_, i) => prompt[i]);
  if (must.length > 0)
    return [must.reduce((slowest, input) => (input.interval > slowest.interval ? input : slowest))];
  const gathered = inputs.filter(({ gather }) => gather);
  return gathered.length > 0 ? gathered : inputs;
}

/** Opens of the slots in which one of these inputs closes a bar, ascending, without repeats. */
function candidateSlots(
  grid: Grid,
  slots: Range,
  drivers: readonly FiringInput[],
): Iterable<Seconds> & { length: number } {
  const lists = drivers.map((driver) => slotsOf(grid, slots, driver));
  const [only] = lists;
  if (only && lists.length === 1) return only;
  return Float64Array.from(new Set(lists.flatMap((list) => [...list]))).sort();
}

function slotsOf(grid: Grid, slots: Range, driver: FiringInput): Float64Array {
  const found = new Float64Array(driver.ts.length);
  let count = 0;
  const sees = slotOfBars(driver, grid);
  for (const barOpen of driver.ts) {
    const open = sees(barOpen);
    if (open < slots.start || open >= slots.end) continue;
    if (count > 0 && found[count - 1] === open) continue;
    found[count++] = open;
  }
  return found.subarray(0, count);
}
