import { lowerBound } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time.js';
import { ceilToGrid } from '../../sdk/time.js';

/** One input as firing sees it: when its bars open, and how many must have closed. */
export interface FiringInput {
  readonly interval: Seconds;
  readonly lookback: number;
  /** Opens of the bars at hand, ascending. */
  readonly ts: Float64Array;
}

export interface Firings {
  /** Closes of the slots that fire, ascending. */
  readonly asOf: Float64Array;
  /** Per input and firing, how many of its bars at hand have closed. */
  readonly ends: readonly Int32Array[];
  /** Per input, the most bars that a slot lacked although everything else was there to fire it. */
  readonly lacking: readonly number[];
}

/**
 * The firings of a node in the slots whose open lies in `slots`.
 *
 * A slot `[t, t + interval)` fires at its close, once, if every input with an interval up to the node's own closed a
 * bar in it, that is in `(t, t + interval]`; if all inputs are slower, if one of them did. All inputs must have
 * `lookback` closed bars by then.
 */
export function findFirings(
  interval: Seconds,
  phase: Seconds,
  slots: Range,
  inputs: readonly FiringInput[],
): Firings {
  const [only] = inputs;
  if (only && inputs.length === 1 && only.interval === interval)
    return followFirings(interval, phase, slots, only);
  const prompt = inputs.map((input) => input.interval <= interval);
  const anyPrompt = prompt.includes(true);
  const candidates = candidateSlots(
    interval,
    phase,
    slots,
    anyPrompt ? [slowestPrompt(inputs, interval)] : inputs,
  );
  const asOf = new Float64Array(candidates.length);
  const ends = inputs.map(() => new Int32Array(candidates.length));
  const lacking = inputs.map(() => 0);
  const closed = inputs.map(() => 0);
  let count = 0;
  for (const open of candidates) {
    const close = open + interval;
    let complete = true;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as FiringInput;
      const end = advance(input, closed[i] as number, close);
      closed[i] = end;
      if (anyPrompt && prompt[i] && !closedAfter(input, end, open)) complete = false;
    }
    if (complete && hasHistory(inputs, closed, lacking)) {
      asOf[count] = close;
      for (let i = 0; i < inputs.length; i++) (ends[i] as Int32Array)[count] = closed[i] as number;
      count++;
    }
  }
  return { asOf: asOf.subarray(0, count), ends: ends.map((end) => end.subarray(0, count)), lacking };
}

/** The common case, a node on the interval of its one input: each bar fires the slot it closes in. */
function followFirings(
  interval: Seconds,
  phase: Seconds,
  slots: Range,
  { ts, lookback }: FiringInput,
): Firings {
  // An input on another grid closes its bars within the slots, up to one interval before their ends.
  const shift = ts.length > 0 ? ceilToGrid(ts[0] as number, interval, phase) - (ts[0] as number) : 0;
  const from = lowerBound(ts, slots.start - shift);
  const to = lowerBound(ts, slots.end - shift);
  const first = Math.min(to, Math.max(from, lookback - 1));
  const asOf = new Float64Array(to - first);
  const end = new Int32Array(to - first);
  for (let i = first; i < to; i++) {
    asOf[i - first] = (ts[i] as number) + shift + interval;
    end[i - first] = i + 1;
  }
  return { asOf, ends: [end], lacking: [from < first ? lookback - from - 1 : 0] };
}

/** How many bars have closed by `time`, counting on from `from`. */
function advance(input: FiringInput, from: number, time: Seconds): number {
  const lastOpen = time - input.interval;
  let end = from;
  while (end < input.ts.length && (input.ts[end] as number) <= lastOpen) end++;
  return end;
}

function closedAfter(input: FiringInput, end: number, time: Seconds): boolean {
  return end > 0 && (input.ts[end - 1] as number) + input.interval > time;
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

/** The input that closes a bar the least often among those that must close one in each slot. */
function slowestPrompt(inputs: readonly FiringInput[], interval: Seconds): FiringInput {
  const prompt = inputs.filter((input) => input.interval <= interval);
  return prompt.reduce((slowest, input) => (input.interval > slowest.interval ? input : slowest));
}

/** Opens of the slots in which one of these inputs closes a bar, ascending, each once. */
function candidateSlots(
  interval: Seconds,
  phase: Seconds,
  slots: Range,
  drivers: readonly FiringInput[],
): Iterable<Seconds> & { length: number } {
  const lists = drivers.map((driver) => slotsOf(interval, phase, slots, driver));
  const [only] = lists;
  if (only && lists.length === 1) return only;
  return Float64Array.from(new Set(lists.flatMap((list) => [...list]))).sort();
}

function slotsOf(interval: Seconds, phase: Seconds, slots: Range, driver: FiringInput): Float64Array {
  const found = new Float64Array(driver.ts.length);
  let count = 0;
  for (const barOpen of driver.ts) {
    const open = ceilToGrid(barOpen + driver.interval, interval, phase) - interval;
    if (open < slots.start || open >= slots.end) continue;
    if (count > 0 && found[count - 1] === open) continue;
    found[count++] = open;
  }
  return found.subarray(0, count);
}
