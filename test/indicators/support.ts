import { plainGrid } from '../../src/sdk/time/grid.js';
import { findFirings } from '../../src/engine/run/evaluation/firing.js';
import { ColumnCompute, Node, StreamInput } from '../../src/sdk/node.js';
import { demoHistory } from '../../src/sdk/providers/providers.js';
import { ChunkSeries } from '../../src/sdk/series.js';
import { sliceTable, type Table } from '../../src/sdk/table.js';

export const MINUTE = 60;

export function stream(name: string): StreamInput {
  return new StreamInput({ tags: [name], interval: '1m', historyProvider: demoHistory() });
}

/** Rows of a price stream: a `close` per time, null where the value is null. */
export function closes(ts: ArrayLike<number>, values: readonly (number | null)[]): Table {
  const valid = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null;
  return {
    shape: 'record',
    ts: Float64Array.from(ts),
    names: ['close'],
    columns: [{ type: 'number', values: Float64Array.from(values, (value) => value ?? Number.NaN), valid }],
    present: null,
  };
}

/** The firings of an indicator over whole tables, one per input, as the engine finds them. */
interface Firings {
  readonly asOf: Float64Array;
  readonly ends: readonly Int32Array[];
}

export function firingsOf(node: Node<number>, tables: readonly Table[], interval = MINUTE): Firings {
  const lookback = periodOf(node);
  const grid = plainGrid(interval);
  const inputs = tables.map(({ ts }) => ({ ...grid, lookback, ts }));
  return findFirings(grid, { start: -Infinity, end: Infinity }, inputs);
}

export function periodOf(node: Node<number>): number {
  if (typeof node.period === 'number') return node.period;
  throw new Error(`${node.name} has no single period`);
}

/** An indicator's value for each firing, in one call. */
export function compute(node: Node<number>, tables: readonly Table[], firings: Firings): Float64Array {
  return computeChunk(node, tables, firings, {
    from: 0,
    to: firings.asOf.length,
    extra: tables[0]?.ts.length ?? 0,
  });
}

/** Part of a run: firings `[from, to)`, over the rows they need and `extra` before them. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly extra: number;
}

export function computeChunk(
  node: Node<number>,
  tables: readonly Table[],
  { asOf, ends }: Firings,
  { from, to, extra }: Chunk,
): Float64Array {
  if (!(node.computeFn instanceof ColumnCompute)) throw new Error(`${node.name} is not in column form`);
  const period = periodOf(node);
  const inputs = tables.map((table, index) => {
    const end = (ends[index] as Int32Array).subarray(from, to);
    const first = Math.max(0, (end[0] ?? period) - period - extra);
    return {
      name: node.inputs[index]?.name ?? '',
      table: sliceTable(table, first, end.at(-1) ?? first),
      interval: MINUTE,
      end: end.map((each) => each - first),
      period,
      lookback: period,
    };
  });
  const positions = new Map(node.inputs.map((input, index) => [input, index]));
  const at = asOf.subarray(from, to);
  const times = { length: at.length, asOf: at, opens: at.map((close) => close - MINUTE) };
  const series = new ChunkSeries(node.name, times, inputs, positions, () => undefined);
  const values = node.computeFn.compute(series);
  if (values instanceof Float64Array) return values;
  throw new Error(`${node.name} gave something else than numbers`);
}

/** The bars that the window of a firing ends with, oldest first. */
export function windowOf(node: Node<number>, table: Table, end: number): number[] {
  const values = table.columns[0]?.values as Float64Array;
  return [...values.subarray(end - periodOf(node), end)];
}

/** Numbers that look like chance, in [0, 1), always the same (a linear congruential generator). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Prices of a seeded walk over `slots` minutes; some minutes are missing, in some the price is null. */
export function walk(seed: number, slots: number): { ts: number[]; values: (number | null)[] } {
  const next = chance(seed);
  const ts: number[] = [];
  const values: (number | null)[] = [];
  let price = 100;
  for (let slot = 0; slot < slots; slot++) {
    price *= 1 + (next() - 0.5) / 50;
    if (next() < 0.1) continue;
    ts.push(slot * MINUTE);
    values.push(next() < 0.01 ? null : price);
  }
  return { ts, values };
}
