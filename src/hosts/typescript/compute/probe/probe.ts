import type { ViewInput } from '../../../../sdk/view.js';
import { CutTable, type Swapped } from './cut-table.js';
import { PREFIX, type ProbePlan, type ProbeBlock } from './probe-plan.js';
import { sameAt, valueAt, type Output } from '../rows/outputs.js';

/** What a column-form function gives for firings `[from, to)` of the chunk that see these inputs alone. */
type Evaluate = (from: number, to: number, inputs: readonly ViewInput[]) => Output | Threw;

/** An evaluation in which the function threw: equal to no value. */
export class Threw {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export interface Mismatch {
  /** `ahead`: on rows after the bar. `behind`: on rows before its window. `beside`: on either, or on how many there are. */
  readonly kind: 'ahead' | 'behind' | 'beside';
  readonly firing: number;
  readonly whole: unknown;
  readonly alone: unknown;
}

interface Chunk {
  readonly asOf: Float64Array;
  readonly inputs: readonly ViewInput[];
  /** What the function gave for the whole chunk. */
  readonly given: Output;
}

/**
 * Compares what a column-form function gave for some firings of a chunk with what it gives when its input ends at
 * the firing, when it is the firing's window alone, and when rows around that window are other ones.
 *
 * @param evaluate what it is given is its own to keep.
 */
export function probe(chunk: Chunk, plan: ProbePlan, evaluate: Evaluate): Mismatch | null {
  for (const firing of plan.alone) {
    const mismatch = probeOne(chunk, firing, evaluate);
    if (mismatch) return mismatch;
  }
  for (const block of plan.blocks) {
    const mismatch = probeBlock(chunk, block, evaluate);
    if (mismatch) return mismatch;
  }
  return null;
}

function probeOne(chunk: Chunk, firing: number, evaluate: Evaluate): Mismatch | null {
  const { asOf, inputs, given } = chunk;
  /** What it gives for the firing when it sees no more than this; null when that is what it gave. */
  const other = (from: number, start: 'window' | 'chunk'): { readonly value: unknown } | null => {
    const output = evaluate(from, firing + 1, truncate(inputs, from, firing, start));
    if (output instanceof Threw) return { value: output };
    return sameAt(output, firing - from, given, firing) ? null : { value: valueAt(output, firing - from) };
  };
  const whole = valueAt(given, firing);
  const from = Math.max(0, firing - PREFIX);
  if (!isWhole(asOf, inputs, from, firing)) {
    const prefix = other(from, 'window');
    if (prefix) {
      // A short prefix differs from the chunk at both of its ends: only the end decides what is ahead.
      const kind = other(0, 'chunk') ? 'ahead' : 'behind';
      return { kind, firing, whole, alone: prefix.value };
    }
  }
  if (from === firing || isWhole(asOf, inputs, firing, firing)) return null;
  const window = other(firing, 'window');
  return window && { kind: 'behind', firing, whole, alone: window.value };
}

/** The windows of the tested firings are as they were, so what is given for them must be, too. */
function probeBlock(chunk: Chunk, block: ProbeBlock, evaluate: Evaluate): Mismatch | null {
  const { inputs, given } = chunk;
  const { from, to, input, swapped, tested } = block;
  const output = evaluate(
    from,
    to,
    truncate(inputs, from, to - 1, 'window', (at) => (at === input ? swapped : null)),
  );
  // A function may well refuse what no market gives: only one that goes through says something.
  if (output instanceof Threw) return null;
  for (const firing of tested) {
    if (sameAt(output, firing - from, given, firing)) continue;
    const [whole, alone] = [valueAt(given, firing), valueAt(output, firing - from)];
    return probeOne(chunk, firing, evaluate) ?? { kind: 'beside', firing, whole, alone };
  }
  return null;
}

/** True when firings `from` to `last`, with the windows they see, are all that the chunk holds. */
function isWhole(asOf: Float64Array, inputs: readonly ViewInput[], from: number, last: number): boolean {
  return (
    from === 0 &&
    last === asOf.length - 1 &&
    inputs.every(({ table, end, lookback }) => end[0] === lookback && end[last] === table.ts.length)
  );
}

/** Inputs cut to what firings `from` to `last` may see. Copies: nothing beyond can be reached. */
export function truncate(
  inputs: readonly ViewInput[],
  from: number,
  last: number,
  start: 'window' | 'chunk',
  swapped: (input: number) => Swapped | null = () => null,
): ViewInput[] {
  return inputs.map((input, at) => {
    const first = start === 'chunk' ? 0 : Math.max(0, (input.end[from] as number) - input.lookback);
    const table = new CutTable(input.table, first, input.end[last] as number, swapped(at));
    return { ...input, table, end: endsFrom(input.end.slice(from, last + 1), first) };
  });
}

/** By itself, so that it is compiled once: the function around it is another in each call. */
function endsFrom(end: Int32Array, first: number): Int32Array {
  for (let firing = 0; firing < end.length; firing++) end[firing] = (end[firing] as number) - first;
  return end;
}
