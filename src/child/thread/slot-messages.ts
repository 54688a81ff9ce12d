import * as v from 'valibot';

import type { NodeFailure } from '../../engine/ports/host.js';
import type { ClosedSlots, Revision, WarmNode } from '../../engine/run/evaluation/slot-evaluator.js';
import type { Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import { failure, table } from '../../protocol/shapes.js';

/*
 * A slot of the Core Loop as it crosses: one call for all nodes. Most nodes have one number then, so those stand in four arrays,
 * whatever their number.
 */

/** What the thread has to know before the first slot. */
export interface BeginSlots {
  /** Position of the node that stands for each. */
  readonly canonical: readonly number[];
  readonly warm: readonly (readonly [number, WarmNode])[];
}

export interface CloseSlots {
  readonly closes: Range;
  /** Bars of streams by position. */
  readonly bars: readonly (readonly [number, Table])[];
  readonly revision: Revision | undefined;
}

/** Rows of nodes that emit numbers alone: those of `nodes[i]` are the next `counts[i]` of the other two. */
interface NumberRows {
  readonly nodes: Int32Array;
  readonly counts: Int32Array;
  readonly ts: Float64Array;
  readonly values: Float64Array;
}

export interface SentSlots {
  readonly numbers: NumberRows;
  /** Of all other nodes that have any. */
  readonly tables: readonly (readonly [number, Table])[];
  readonly failures: readonly (readonly [number, NodeFailure])[];
}

const index = v.pipe(v.number(), v.integer(), v.minValue(0));

export const sentSlots: v.GenericSchema<unknown, SentSlots> = v.object({
  numbers: v.pipe(
    v.object({
      nodes: v.instance(Int32Array),
      counts: v.instance(Int32Array),
      ts: v.instance(Float64Array),
      values: v.instance(Float64Array),
    }),
    v.check(
      ({ nodes, counts, ts, values }) =>
        nodes.length === counts.length &&
        ts.length === values.length &&
        counts.every((count) => count > 0) &&
        counts.reduce((sum, count) => sum + count, 0) === ts.length,
      'Expected rows as many as are counted',
    ),
  ),
  tables: v.array(v.tuple([index, wholeTable()])),
  failures: v.array(v.tuple([index, failure])),
});

/** Rows of one length, in columns that go with their names. */
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

/** What the other side does not have: rows of streams came from there. @param isStream by position */
export function packSlots({ tables, failures }: ClosedSlots, isStream: (node: number) => boolean): SentSlots {
  const plain: (readonly [number, Table, Float64Array])[] = [];
  const others: (readonly [number, Table])[] = [];
  let rows = 0;
  for (const [node, found] of tables) {
    if (found.ts.length === 0 || isStream(node)) continue;
    const values = plainNumbers(found);
    if (!values) others.push([node, found]);
    else {
      plain.push([node, found, values]);
      rows += values.length;
    }
  }
  const numbers = {
    nodes: Int32Array.from(plain, ([node]) => node),
    counts: Int32Array.from(plain, ([, { ts }]) => ts.length),
    ts: new Float64Array(rows),
    values: new Float64Array(rows),
  };
  let at = 0;
  for (const [, { ts }, values] of plain) {
    numbers.ts.set(ts, at);
    numbers.values.set(values, at);
    at += values.length;
  }
  return { numbers, tables: others, failures: [...failures] };
}

function plainNumbers({ shape, columns: [column, ...more], present }: Table): Float64Array | null {
  const plain =
    shape === 'value' && more.length === 0 && column?.type === 'number' && !column.valid && !present;
  return plain ? column.values : null;
}

/** @param bars what was sent of streams */
export function unpackSlots({ numbers, tables, failures }: SentSlots, bars: CloseSlots['bars']): ClosedSlots {
  const all = new Map<number, Table>(bars);
  let at = 0;
  for (const [i, node] of numbers.nodes.entries()) {
    const end = at + (numbers.counts[i] as number);
    all.set(node, {
      shape: 'value',
      ts: numbers.ts.subarray(at, end),
      names: ['value'],
      columns: [{ type: 'number', values: numbers.values.subarray(at, end), valid: null }],
      present: null,
    });
    at = end;
  }
  for (const [node, found] of tables) all.set(node, found);
  return { tables: all, failures: new Map(failures) };
}
