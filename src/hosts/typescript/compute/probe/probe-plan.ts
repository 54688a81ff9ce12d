import type { ViewInput } from '../../../../sdk/view.js';
import type { Swapped } from './cut-table.js';
import { temptingFirings, type ColumnsRead } from './probe-places.js';
import type { Draw } from './seeds.js';

/** Firings before the probed one in a truncated prefix. */
export const PREFIX = 64;
/** Up to this many firings, each is probed by itself. */
const FEW = 8;
/** Firings of a chunk that are probed by themselves, however little that costs and however much. */
const LEAST_ALONE = 4;
const MOST_ALONE = 40;
/** The share of a chunk's rows that may be gone through again. */
const SHARE = 0.04;
/** Rows of a node that are gone through again besides, in one process: short histories are probed bar by bar. */
export const FREE_ROWS = 65_536;
/** Firings of a block, unless its windows are longer. */
const BLOCK = 2048;
/**
 * Rows after a window that hold something else, a quarter of it at the least: to see who looks one row ahead, and who looks a
 * little farther.
 */
const AFTER = [1, 4, 2, 4];

/** Firings in a row, with rows of one input swapped so that the windows of some firings hold none of them. */
export interface ProbeBlock {
  readonly from: number;
  readonly to: number;
  readonly input: number;
  readonly swapped: Swapped;
  /** The firings whose windows are as they were, ascending. */
  readonly tested: Int32Array;
}

export interface ProbePlan {
  /** Firings whose input is to end with them, and then to be their window alone; ascending, each once. */
  readonly alone: readonly number[];
  readonly blocks: readonly ProbeBlock[];
}

interface Probed {
  readonly asOf: Float64Array;
  readonly inputs: readonly ViewInput[];
  readonly read: ColumnsRead;
}

/** How many rows a node may still go through again in this process, besides its share. */
export class ProbeAllowance {
  #free = FREE_ROWS;

  /** Rows for a chunk. */
  rowsFor(rows: number): number {
    return SHARE * rows + this.#free;
  }

  spend(rows: number, spent: number): void {
    this.#free = Math.max(0, this.#free - Math.max(0, spent - SHARE * rows));
  }
}

/** Which firings of a chunk to probe and how: those that invite a look ahead, and others at random, within what is allowed. */
export function planProbe(probed: Probed, draw: Draw, allowance: ProbeAllowance): ProbePlan {
  const { inputs } = probed;
  const rows = Math.max(...inputs.map(({ end, lookback }) => (end.at(-1) ?? 0) - (end[0] ?? 0) + lookback));
  const allowed = allowance.rowsFor(rows);
  const lookback = Math.max(...inputs.map((input) => input.lookback));
  const costOfOne = 2 * lookback + PREFIX;
  const affordable = Math.floor(allowed / 3 / costOfOne);
  const alone = firingsAlone(probed, draw, Math.min(MOST_ALONE, Math.max(LEAST_ALONE, affordable)));
  const { blocks, spent } = drawBlocks(probed, draw, allowed - alone.length * costOfOne);
  allowance.spend(rows, spent + alone.length * costOfOne);
  return { alone, blocks };
}

function firingsAlone({ asOf, inputs, read }: Probed, draw: Draw, most: number): number[] {
  if (asOf.length <= FEW) return Array.from({ length: asOf.length }, (_, firing) => firing);
  const tempting = [...new Set(temptingFirings(asOf.length, inputs, read))];
  const found = new Set(tempting.splice(0, 2));
  // Half of them, so that some are left for places where nothing shows.
  while (found.size < Math.max(3, most / 2) && tempting.length > 0) {
    found.add(tempting.splice(draw.below(tempting.length), 1)[0] as number);
  }
  for (let tries = 0; found.size < Math.min(most, asOf.length) && tries < 4 * most; tries++) {
    found.add(draw.below(asOf.length));
  }
  return [...found].sort((a, b) => a - b);
}

/** Blocks until the allowance is used up, or each firing was tested, whichever comes first. */
function drawBlocks(
  probed: Probed,
  draw: Draw,
  allowed: number,
): { readonly blocks: readonly ProbeBlock[]; readonly spent: number } {
  const { asOf, inputs } = probed;
  const blocks: ProbeBlock[] = [];
  const tested = inputs.map(() => new Uint8Array(asOf.length));
  let spent = 0;
  for (let turn = 0; ; turn++) {
    const input = nextInput(tested, turn);
    if (input === null) break;
    const done = tested[input] as Uint8Array;
    const { lookback } = inputs[input] as ViewInput;
    const length = Math.max(BLOCK, 4 * lookback);
    const after = Math.max(AFTER[turn % AFTER.length] as number, lookback >> 2);
    // A block over all there is tests the most when it begins early.
    const from = firstUntested(done, draw.below(length < asOf.length ? asOf.length : lookback + after));
    const to = Math.min(asOf.length, from + length);
    spent += Math.max(...inputs.map((each) => rowsIn(each, from, to)));
    if (spent > allowed) break;
    const block = blockOf(probed, { input, from, to, after }, draw);
    if (block.swapped.rows.length > 0) blocks.push(block);
    for (const firing of block.tested) done[firing] = 1;
  }
  return { blocks, spent: Math.min(spent, allowed) };
}

/** Input by input, as long as some firing of it was not tested; null when all were. */
function nextInput(tested: readonly Uint8Array[], turn: number): number | null {
  for (let step = 0; step < tested.length; step++) {
    const input = (turn + step) % tested.length;
    if (tested[input]?.includes(0)) return input;
  }
  return null;
}

/** The next one after a place. */
function firstUntested(tested: Uint8Array, place: number): number {
  const after = tested.indexOf(0, place);
  return after >= 0 ? after : tested.indexOf(0);
}

function rowsIn({ end, lookback }: ViewInput, from: number, to: number): number {
  return (end[to - 1] as number) - (end[from] as number) + lookback;
}

interface Place {
  readonly input: number;
  readonly from: number;
  readonly to: number;
  /** Rows to swap after each window that stays as it was. */
  readonly after: number;
}

function blockOf({ inputs }: Probed, place: Place, draw: Draw): ProbeBlock {
  const { input, from, to, after } = place;
  const { end, lookback, table } = inputs[input] as ViewInput;
  const start = (end[from] as number) - lookback;
  const stop = end[to - 1] as number;
  const tested = new Int32Array(to - from);
  const rows = new Int32Array(stop - start);
  let [testedCount, swappedCount, swappedTo] = [0, 0, start];
  for (let firing = from; firing < to;) {
    const seen = end[firing] as number;
    if (seen - lookback < swappedTo) {
      firing += 1;
      continue;
    }
    while (firing < to && end[firing] === seen) tested[testedCount++] = firing++;
    // Whoever comes next looks back at these rows: it is tested once its window is past them.
    // Not always as many: what happens each hundred bars must not fall between them each time.
    swappedTo = Math.min(stop, seen + after + draw.below(2));
    for (let row = seen; row < swappedTo; row++) rows[swappedCount++] = row - start;
  }
  // The last rows are in no tested window: code that reads the end of all rows sees something else.
  for (let row = swappedTo; row < stop; row++) rows[swappedCount++] = row - start;
  // Each row takes the cells of another: real ones, from as far away for all of them.
  const count = table.ts.length;
  const shift = start + 1 + draw.below(Math.max(1, count - 1));
  const swapped = rows.subarray(0, swappedCount);
  const by = new Int32Array(swappedCount);
  for (let i = 0; i < swappedCount; i++) by[i] = ((rows[i] as number) + shift) % count;
  return { from, to, input, tested: tested.subarray(0, testedCount), swapped: { rows: swapped, by } };
}
