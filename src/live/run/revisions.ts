import type { Graph, GraphNode } from '../../engine/graph/graph.js';
import type { ClosedSlots, SlotCloser } from '../../engine/run/evaluation/slot-evaluator.js';
import { addTo } from '../../sdk/lists.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import { closeOf } from '../../sdk/time/grid.js';
import {
  concatTables,
  emptyTable,
  lowerBound,
  rowValue,
  sliceTable,
  type RowValue,
  type Table,
} from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import { sameBits } from '../../engine/history/difference.js';

type Tables = ReadonlyMap<number, Table>;

/** Slots that were computed together, with their input and output. */
interface Call {
  readonly range: Range;
  readonly streams: Tables;
  readonly tables: Tables;
}

/** Computes slots, and computes them again when one of their bars arrives late. Keeps the data for that as long as bars may be late. */
export class Revisions implements SlotCloser {
  readonly #graph: Graph;
  readonly #slots: SlotCloser;
  readonly #reach: Seconds;
  #calls: Call[] = [];

  /** @param reach in seconds: a bar that closed longer than this before the last slot is too late */
  constructor(graph: Graph, slots: SlotCloser, reach: Seconds) {
    this.#graph = graph;
    this.#slots = slots;
    this.#reach = reach;
  }

  async close(range: Range, streams: Tables): Promise<ClosedSlots> {
    const earliest = range.end - this.#reach;
    this.#calls = this.#calls.filter((call) => call.range.end > earliest);
    const keepFrom = this.#calls[0]?.range.start ?? range.start;
    const closed = await this.#slots.close(range, streams, { keepFrom });
    this.#calls.push({ range, streams, tables: closed.tables });
    return closed;
  }

  /**
   * Processes a late bar, which replaces another with the same open.
   * @param bar a table of one row
   * @returns the rows that changed; null: it is too late
   */
  async revise(stream: number, bar: Table): Promise<RunEventBody[] | null> {
    const [ts] = bar.ts as unknown as [Seconds];
    const close = closeOf(ts, this.#graph.nodes[stream] as GraphNode);
    const last = this.#calls.at(-1)?.range.end ?? -Infinity;
    const at = this.#calls.findIndex(({ range }) => close > range.start && close <= range.end);
    if (at < 0 || close <= last - this.#reach) return null;
    const calls = this.#calls.slice(at);
    const range = { start: (calls[0] as Call).range.start, end: last };
    const streams = joined(calls.map((call) => call.streams));
    streams.set(stream, withRow(streams.get(stream) ?? emptyTable(), bar));
    const before = joined(calls.map((call) => call.tables));
    const keepFrom = (this.#calls[0] as Call).range.start;
    const { tables } = await this.#slots.close(range, streams, { keepFrom, again: true });
    this.#calls = [...this.#calls.slice(0, at), { range, streams, tables }];
    return this.#graph.order.flatMap((index): RunEventBody[] => {
      const node = this.#graph.nodes[index] as GraphNode;
      if (node.kind === 'stream') return [];
      return differences(node.name, before.get(index) ?? emptyTable(), tables.get(index) ?? emptyTable());
    });
  }
}

function joined(all: readonly Tables[]): Map<number, Table> {
  const parts = new Map<number, Table[]>();
  for (const tables of all)
    for (const [index, table] of tables) if (table.ts.length > 0) addTo(parts, index, table);
  return new Map([...parts].map(([index, tables]) => [index, concatTables(tables)]));
}

function withRow(table: Table, row: Table): Table {
  const ts = row.ts[0] as Seconds;
  const at = lowerBound(table.ts, ts);
  const after = table.ts[at] === ts ? at + 1 : at;
  const parts = [sliceTable(table, 0, at), row, sliceTable(table, after, table.ts.length)];
  return concatTables(parts.filter((part) => part.ts.length > 0));
}

function differences(node: string, before: Table, now: Table): RunEventBody[] {
  const was = valuesOf(before);
  const is = valuesOf(now);
  const times = [...new Set([...was.keys(), ...is.keys()])].sort((a, b) => a - b);
  return times.flatMap((ts): RunEventBody[] => {
    const [old, value] = [was.get(ts), is.get(ts)];
    if (old !== undefined && value !== undefined && sameBits(old, value)) return [];
    return [
      {
        type: 'revised',
        node,
        ts,
        ...(value !== undefined && { value }),
        ...(old !== undefined && { before: old }),
      },
    ];
  });
}

function valuesOf(table: Table): Map<Seconds, RowValue> {
  return new Map(Array.from(table.ts, (ts, row) => [ts, rowValue(table, row)]));
}
