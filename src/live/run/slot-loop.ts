import type { Graph, GraphNode } from '../../engine/graph/graph.js';
import type { TradeDescription } from '../../engine/ports/host.js';
import type { SlotCloser } from '../../engine/run/evaluation/slot-evaluator.js';
import { SeamlessError } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import { closeOf } from '../../sdk/time/grid.js';
import {
  columnIndex,
  rowValue,
  type Column,
  type FlatRecord,
  type RowValue,
  type Table,
} from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { FeedBar } from '../feed/feed.js';
import type { Entry } from '../journal/journal.js';
import type { PriceBar } from '../money/book.js';
import type { Desk } from '../money/desk.js';
import type { World } from '../world/schema.js';
import { Revisions } from './revisions.js';
import type { BarColumns } from './rows.js';

/** A traded symbol, with the positions of its decision and its price. */
export interface Traded {
  readonly symbol: string;
  readonly decision: number;
  readonly price: number;
  /** The cross-section that decides; null: the symbol has its own decision. */
  readonly section: number | null;
}

export function tradedOf(
  graph: Graph,
  trades: readonly TradeDescription[],
  canonical: readonly number[],
): Traded[] {
  return trades.map(({ decision, price, section }) => ({
    symbol: (graph.nodes[price] as GraphNode).name,
    decision: canonical[decision] as number,
    price: canonical[price] as number,
    section: section === undefined ? null : (canonical[section] as number),
  }));
}

/** A table, with the position of its next row. */
interface Cursor {
  readonly node: GraphNode;
  readonly table: Table;
  at: number;
}

/** Computes ranges of closed slots, and gives their events slot by slot. */
export class SlotLoop {
  readonly #graph: Graph;
  readonly #evaluator: SlotCloser;
  readonly #desk: Desk;
  readonly #traded: readonly Traded[];
  /** Positions of traded symbols, by node of their price and of their decision. */
  readonly #pricedBy: ReadonlyMap<number, readonly number[]>;
  readonly #decidedBy: ReadonlyMap<number, readonly number[]>;
  /** By stream name. */
  readonly #columns: ReadonlyMap<string, BarColumns>;
  readonly #fills: World['fills'];

  constructor(parts: {
    graph: Graph;
    evaluator: SlotCloser;
    desk: Desk;
    traded: readonly Traded[];
    columns: ReadonlyMap<string, BarColumns>;
    fills: World['fills'];
  }) {
    this.#graph = parts.graph;
    this.#evaluator = parts.evaluator;
    this.#desk = parts.desk;
    this.#traded = parts.traded;
    this.#pricedBy = positionsBy(parts.traded, ({ price }) => price);
    this.#decidedBy = positionsBy(parts.traded, ({ decision }) => decision);
    this.#columns = parts.columns;
    this.#fills = parts.fills;
  }

  /** @param bars that close in the range, by stream name, ascending */
  async close(range: Range, bars: ReadonlyMap<string, readonly FeedBar[]>): Promise<Entry[]> {
    const streams = new Map<number, Table>();
    for (const { index, name } of this.#graph.nodes) {
      const found = bars.get(name);
      if (!found) continue;
      const table = (this.#columns.get(name) as BarColumns).table(found);
      if (this.#pricedBy.has(index)) refuseUnpriced(name, table.names, this.#fills);
      streams.set(index, table);
    }
    const { tables, failures } = await this.#evaluator.close(range, streams);
    const cursors: Cursor[] = [];
    for (const index of this.#graph.order) {
      const table = tables.get(index);
      if (table && table.ts.length > 0)
        cursors.push({ node: this.#graph.nodes[index] as GraphNode, table, at: 0 });
    }
    const entries = closesOf(cursors).map((asOf) => this.#slot(asOf, cursors));
    for (const [index, { message, asOf }] of failures) {
      const { name } = this.#graph.nodes[index] as GraphNode;
      entries.push({ asOf: asOf ?? range.end, events: [{ type: 'error', node: name, message }] });
    }
    return entries;
  }

  /** Computes the slots of a late bar again; earlier decisions and orders stay. Null: it is too late. */
  revise(bar: FeedBar): Promise<RunEventBody[] | null> {
    const columns = this.#columns.get(bar.stream) as BarColumns;
    const stream = this.#graph.nodes.findIndex(({ name }) => name === bar.stream);
    const slots = this.#evaluator;
    return slots instanceof Revisions ? slots.revise(stream, columns.table([bar])) : Promise.resolve(null);
  }

  #slot(asOf: Seconds, cursors: readonly Cursor[]): Entry {
    const events: RunEventBody[] = [];
    const prices: (PriceBar | null)[] = this.#traded.map(() => null);
    const decisions: (RowValue | undefined)[] = this.#traded.map(() => undefined);
    let concerned = false;
    for (const cursor of cursors) {
      const { node, table, at } = cursor;
      const ts = table.ts[at];
      if (ts === undefined || closeOf(ts, node) !== asOf) continue;
      cursor.at += 1;
      const value = rowValue(table, at);
      events.push(
        node.kind === 'stream'
          ? { type: 'bar', stream: node.name, ts, row: value as FlatRecord }
          : { type: 'value', node: node.name, ts, value },
      );
      const priced = this.#pricedBy.get(node.index);
      const decided = this.#decidedBy.get(node.index);
      for (const i of priced ?? []) prices[i] = pricesOf(table, this.#fills)(at);
      for (const i of decided ?? []) decisions[i] = value;
      concerned ||= priced !== undefined || decided !== undefined;
    }
    if (concerned || this.#traded.length === 0) events.push(...this.#desk.slot(asOf, prices, decisions));
    return { asOf, events };
  }
}

function positionsBy(
  traded: readonly Traded[],
  nodeOf: (each: Traded) => number,
): ReadonlyMap<number, readonly number[]> {
  const positions = new Map<number, number[]>();
  for (const [i, each] of traded.entries()) addTo(positions, nodeOf(each), i);
  return positions;
}

/** The closes of all rows, ascending, without duplicates. */
function closesOf(cursors: readonly Cursor[]): Seconds[] {
  const closes = new Set<Seconds>();
  for (const { node, table } of cursors) for (const ts of table.ts) closes.add(closeOf(ts, node));
  return [...closes].sort((a, b) => a - b);
}

/** @throws SeamlessError `usage` if a traded stream lacks prices that the world's fills need */
export function refuseUnpriced(symbol: string, names: readonly string[], { at }: World['fills']): void {
  const needed = at === 'limit' ? ['open', 'high', 'low', 'close'] : ['open', 'close'];
  const missing = needed.filter((name) => columnIndex(names, name) < 0);
  if (missing.length === 0) return;
  const why =
    at === 'limit'
      ? 'orders that rest are filled where the low or the high goes through their price (fills: { at: nextOpen } in the world needs open and close alone)'
      : 'orders are filled at the open, and valued at the close';
  throw new SeamlessError(
    'usage',
    `${symbol} is traded, but its bars have no ${missing.join(' and no ')}: ${why}. It has ${names.join(', ')}.`,
    { node: symbol },
  );
}

/** Reads the prices that the world's fills need. Null if one of them is not a number. */
export function pricesOf(
  table: Table,
  { at: kind }: Pick<World['fills'], 'at'>,
): (at: number) => PriceBar | null {
  const { ts } = table;
  const [open, close] = [columnOf(table, 'open'), columnOf(table, 'close')];
  const [low, high] = kind === 'limit' ? [columnOf(table, 'low'), columnOf(table, 'high')] : [];
  return (at) => {
    const [opened, closed] = [numberAt(open, at), numberAt(close, at)];
    if (opened === null || closed === null) return null;
    const bar = { ts: ts[at] as Seconds, open: opened, close: closed };
    return kind === 'limit' ? { ...bar, low: numberAt(low, at), high: numberAt(high, at) } : bar;
  };
}

function columnOf({ names, columns }: Table, name: string): Column | undefined {
  return columns[columnIndex(names, name)];
}

function numberAt(column: Column | undefined, at: number): number | null {
  if (column?.type !== 'number' || column.valid?.[at] === 0) return null;
  const value = column.values[at] as number;
  return Number.isFinite(value) ? value : null;
}
