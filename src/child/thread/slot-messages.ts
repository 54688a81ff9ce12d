import * as v from 'valibot';

import type { NodeFailure } from '../../engine/ports/host.js';
import type { Revision, WarmNode } from '../../engine/run/evaluation/slot-evaluator.js';
import type { Column, Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import { failure, table } from '../../protocol/shapes.js';

/**
 * A slot of the Core Loop as a message: one call for all nodes. Most nodes have plain numbers, which are packed into a few
 * arrays, whatever the number of nodes.
 */

/** What the thread needs before the first slot. */
export interface BeginSlots {
  /** Position of the node that stands for each. */
  readonly canonical: readonly number[];
  readonly warm: readonly (readonly [number, WarmNode])[];
}

export interface CloseSlots {
  readonly closes: Range;
  /** Bars of streams. */
  readonly bars: SentTables;
  readonly revision: Revision | undefined;
}

/**
 * Tables with equal column names that hold only numbers: the table of `nodes[i]` has the next `counts[i]` rows. Values are in
 * order of tables, then of columns.
 */
export interface NumberTables {
  readonly shape: Table['shape'];
  readonly names: readonly string[];
  readonly nodes: Int32Array;
  readonly counts: Int32Array;
  readonly ts: Float64Array;
  readonly values: Float64Array;
}

/** Tables with rows, by node position. */
interface SentTables {
  readonly numbers: readonly NumberTables[];
  readonly others: readonly (readonly [number, Table])[];
}

export interface SentSlots {
  /** Rows of computed nodes; the caller has the streams' own. */
  readonly tables: SentTables;
  readonly failures: readonly (readonly [number, NodeFailure])[];
}

const index = v.pipe(v.number(), v.integer(), v.minValue(0));

export const numberTables: v.GenericSchema<unknown, NumberTables> = v.pipe(
  v.object({
    shape: v.picklist(['value', 'record']),
    names: v.array(v.string()),
    nodes: v.instance(Int32Array),
    counts: v.instance(Int32Array),
    ts: v.instance(Float64Array),
    values: v.instance(Float64Array),
  }),
  v.check(
    ({ names, nodes, counts, ts, values }) =>
      nodes.length === counts.length &&
      ts.length * names.length === values.length &&
      counts.every((count) => count > 0) &&
      counts.reduce((sum, count) => sum + count, 0) === ts.length,
    'Expected rows as many as are counted',
  ),
);

export const sentSlots: v.GenericSchema<unknown, SentSlots> = v.object({
  tables: v.object({ numbers: v.array(numberTables), others: v.array(v.tuple([index, wholeTable()])) }),
  failures: v.array(v.tuple([index, failure])),
});

/** Rows of equal length, as columns in the order of their names. */
export function wholeTable(): v.GenericSchema<unknown, Table> {
  return v.pipe(
    table,
    v.check(
      ({ ts, names, columns, present }) =>
        names.length === columns.length &&
        columns.every(
          ({ values, valid }) => values.length === ts.length && (valid?.length ?? ts.length) === ts.length,
        ) &&
        (present?.length ?? ts.length) === ts.length,
      'Expected columns of one length',
    ),
  );
}

interface Group {
  readonly shape: Table['shape'];
  readonly names: readonly string[];
  readonly nodes: number[];
  readonly counts: number[];
  readonly ts: number[];
  readonly values: number[];
}

/** Puts tables together as they come. */
export class TablePacker {
  readonly #groups: Group[] = [];
  readonly #others: (readonly [number, Table])[] = [];

  add(node: number, table: Table): void {
    const { shape, names, ts } = table;
    if (!isPlain(table)) {
      this.#others.push([node, table]);
      return;
    }
    const group = this.#groupOf(shape, names);
    group.nodes.push(node);
    group.counts.push(ts.length);
    append(group.ts, ts);
    for (const { values } of table.columns) append(group.values, values as Float64Array);
  }

  /** What came until now. */
  get packed(): SentTables {
    const numbers = this.#groups.map(({ shape, names, nodes, counts, ts, values }): NumberTables => ({
      shape,
      names,
      nodes: Int32Array.from(nodes),
      counts: Int32Array.from(counts),
      ts: Float64Array.from(ts),
      values: Float64Array.from(values),
    }));
    return { numbers, others: this.#others };
  }

  #groupOf(shape: Table['shape'], names: readonly string[]): Group {
    let group = this.#groups.find((each) => each.shape === shape && sameNames(each.names, names));
    if (!group) this.#groups.push((group = { shape, names, nodes: [], counts: [], ts: [], values: [] }));
    return group;
  }
}

export function packTables(tables: ReadonlyMap<number, Table>): SentTables {
  const packer = new TablePacker();
  for (const [node, table] of tables) if (table.ts.length > 0) packer.add(node, table);
  return packer.packed;
}

function append(all: number[], values: Float64Array): void {
  for (let i = 0; i < values.length; i++) all.push(values[i] as number);
}

export function isPlain({ columns, present }: Table): boolean {
  if (present) return false;
  for (const { type, valid } of columns) if (type !== 'number' || valid) return false;
  return columns.length > 0;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}

/** Consecutive tables with equal times share one array. */
export function unpackTables({ numbers, others }: SentTables): Map<number, Table> {
  const all = new Map<number, Table>(others);
  for (const { shape, names, nodes, counts, ts: times, values } of numbers) {
    let ts = times.subarray(0, 0);
    let [row, cell] = [0, 0];
    for (let i = 0; i < nodes.length; i++) {
      const count = counts[i] as number;
      if (count !== 1 || ts.length !== 1 || ts[0] !== times[row]) ts = cut(times, row, count);
      row += count;
      const columns: Column[] = [];
      for (let column = 0; column < names.length; column++, cell += count)
        columns.push({ type: 'number', values: cut(values, cell, count), valid: null });
      all.set(nodes[i] as number, { shape, ts, names, columns, present: null });
    }
  }
  return all;
}

/** A single number is cheaper than a view of it. */
function cut(all: Float64Array, from: number, count: number): Float64Array {
  if (count > 1) return all.subarray(from, from + count);
  const one = new Float64Array(1);
  one[0] = all[from] as number;
  return one;
}
