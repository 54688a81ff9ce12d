import type { ViewInput } from '../../../sdk/view.js';
import type { Column, Table } from '../../../sdk/table.js';
import { sameValue } from './values.js';

/** Up to this many firings, all are probed. */
const FEW = 8;
/** Firings before the probed one in a truncated prefix. */
const PREFIX = 64;
/** The probes of a long chunk: as many as keep their share of the work small, within these bounds. */
const LEAST_PROBES = 3;
const MOST_PROBES = 24;
const SHARE = 0.1;

/** (√5 − 1) / 2: its multiples, less their whole part, spread evenly whatever their number (Weyl). */
const GOLDEN = 0.618_033_988_749_894_9;

/** What a column-form function gives for the last of some firings, seeing these inputs alone. */
export type Evaluate = (asOf: Float64Array, inputs: readonly ViewInput[]) => unknown;

export interface Mismatch {
  /** `ahead`: on rows after the bar. `behind`: only on rows before its window. */
  readonly kind: 'ahead' | 'behind';
  readonly firing: number;
  readonly whole: unknown;
  readonly alone: unknown;
}

/** Firings to probe of `count`, ascending: the first, the middle, the last, and others that `seed` spreads. */
export function firingsToProbe(count: number, lookback: number, seed: number): number[] {
  if (count <= FEW) return Array.from({ length: count }, (_, firing) => firing);
  const costOfOne = 2 * lookback + PREFIX;
  const affordable = Math.floor((SHARE * (count + lookback)) / costOfOne);
  const probes = Math.min(MOST_PROBES, Math.max(LEAST_PROBES, affordable));
  const firings = new Set([0, count >> 1, count - 1]);
  for (let k = 1; firings.size < probes; k++) {
    const spread = (seed * GOLDEN + k * GOLDEN) % 1;
    firings.add(Math.floor(Math.abs(spread) * count));
  }
  return [...firings].sort((a, b) => a - b);
}

/**
 * Compares what a column-form function gave for some firings of a chunk with what it gives when its input ends at
 * the firing, and when it is the firing's window alone.
 *
 * @param given the function's value for each of `firings`, from the whole chunk.
 * @param evaluate what it is given is its own to keep.
 */
export function probe(
  asOf: Float64Array,
  inputs: readonly ViewInput[],
  firings: readonly number[],
  given: readonly unknown[],
  evaluate: Evaluate,
): Mismatch | null {
  for (const [index, firing] of firings.entries()) {
    const whole = given[index];
    const at = (from: number, start: 'window' | 'chunk'): unknown =>
      evaluate(asOf.slice(from, firing + 1), truncate(inputs, from, firing, start));
    const from = Math.max(0, firing - PREFIX);
    if (!isWhole(asOf, inputs, from, firing)) {
      const prefix = at(from, 'window');
      if (!sameValue(prefix, whole)) {
        // A short prefix differs from the chunk at both of its ends: only the end decides what is ahead.
        const ahead = !sameValue(at(0, 'chunk'), whole);
        return { kind: ahead ? 'ahead' : 'behind', firing, whole, alone: prefix };
      }
    }
    if (from === firing || isWhole(asOf, inputs, firing, firing)) continue;
    const window = at(firing, 'window');
    if (!sameValue(window, whole)) return { kind: 'behind', firing, whole, alone: window };
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
function truncate(
  inputs: readonly ViewInput[],
  from: number,
  last: number,
  start: 'window' | 'chunk',
): ViewInput[] {
  return inputs.map((input) => {
    const first = start === 'chunk' ? 0 : (input.end[from] as number) - input.lookback;
    const table = new CutTable(input.table, first, input.end[last] as number);
    const end = input.end.slice(from, last + 1);
    for (let firing = 0; firing < end.length; firing++) end[firing] = (end[firing] as number) - first;
    return { ...input, table, end };
  });
}

/** Rows of a table as copies. Each part is copied when it is first read: most functions read one column of many. */
class CutTable implements Table {
  readonly shape: Table['shape'];
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly #table: Table;
  readonly #from: number;
  readonly #to: number;
  #ts: Float64Array | null = null;
  #present: Uint8Array | null = null;

  constructor(table: Table, from: number, to: number) {
    this.shape = table.shape;
    this.names = table.names;
    this.columns = table.columns.map((column) => new CutColumn(column, from, to) as Column);
    this.#table = table;
    this.#from = from;
    this.#to = to;
  }

  get ts(): Float64Array {
    return (this.#ts ??= this.#table.ts.slice(this.#from, this.#to));
  }

  get present(): Uint8Array | null {
    const { present } = this.#table;
    return present && (this.#present ??= present.slice(this.#from, this.#to));
  }
}

class CutColumn {
  readonly type: Column['type'];
  readonly #column: Column;
  readonly #from: number;
  readonly #to: number;
  #values: Column['values'] | null = null;
  #valid: Uint8Array | null = null;

  constructor(column: Column, from: number, to: number) {
    this.type = column.type;
    this.#column = column;
    this.#from = from;
    this.#to = to;
  }

  get values(): Column['values'] {
    return (this.#values ??= this.#column.values.slice(this.#from, this.#to));
  }

  get valid(): Uint8Array | null {
    const { valid } = this.#column;
    return valid && (this.#valid ??= valid.slice(this.#from, this.#to));
  }
}
