import type { RunEventBody, RunResult } from '../../sdk/live/live.js';
import { closeOf, type Grid } from '../../sdk/time/grid.js';
import { rowValue, type RowValue, type Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { Entry, Journal } from '../journal/journal.js';
import type { SlotCloses } from '../money/correlation.js';
import type { PriceBar } from '../money/book.js';
import { Desk } from '../money/desk.js';
import type { World } from '../world/schema.js';
import { priceReader } from './slot-loop.js';

/** Entries that are written together. */
const WRITTEN_TOGETHER = 4096;

/** Rows, and the grid that they are on. */
interface GridTable {
  readonly table: Table;
  readonly grid: Grid;
}

/** The stored history of what is traded. */
export interface TradedHistory {
  readonly symbol: string;
  readonly section: number | null;
  readonly price: GridTable;
  readonly decision: GridTable;
}

export interface BacktestParts {
  readonly run: string;
  readonly strategy: string;
  readonly world: World;
  readonly nodes: readonly string[];
  readonly traded: readonly TradedHistory[];
  readonly start: Seconds;
  readonly history: readonly [Seconds, Seconds] | null;
  /** What the symbols closed at in the last slots before; null: the policy does not ask. */
  readonly closes: readonly SlotCloses[] | null;
  readonly computedNodes: number;
  /** The newest row of each stream and node, told as the run ends. */
  readonly newest?: readonly RunEventBody[];
  readonly journal: Journal;
  readonly onWritten: () => void;
}

/** Trades over stored history, slot by slot, as the Core Loop does over a feed. Nodes' values stay where they are: in the cache. */
export function backtest(parts: BacktestParts): RunResult {
  const { run, strategy, world, traded, journal } = parts;
  const symbols = traded.map(({ symbol }) => symbol);
  const desk = new Desk(
    world,
    symbols,
    traded.map(({ section }) => section),
  );
  desk.warm(parts.closes ?? []);
  const { activation, allocations } = world;
  desk.govern({ inactive: '', activation, share: allocations[strategy] ?? 1 });
  let waiting: Entry[] = [];
  const write = (entry: Entry, last = false): void => {
    if (entry.events.length > 0) waiting.push(entry);
    if (waiting.length < WRITTEN_TOGETHER && !last) return;
    journal.append(waiting);
    parts.onWritten();
    waiting = [];
  };
  const ready: RunEventBody = {
    type: 'ready',
    run,
    strategy,
    world: world.name,
    mode: world.mode,
    nodes: parts.nodes,
    symbols,
    history: parts.history,
    ...(parts.closes && { closes: parts.closes }),
  };
  write({ asOf: parts.start, events: [ready] }, true);
  const asOf = tradeSlots(traded, priceReader(world.fills), (close, prices, decisions) => {
    write({ asOf: close, events: desk.slot(close, prices, decisions) });
  });
  write({ asOf: asOf ?? parts.start, events: parts.newest ?? [] });
  const result: RunResult = {
    run,
    strategy,
    world: world.name,
    mode: world.mode,
    reason: 'completed',
    computedNodes: parts.computedNodes,
    ...desk.summary,
  };
  write({ asOf: asOf ?? parts.start, events: [{ type: 'finished', ...result }] }, true);
  return result;
}

/** Goes through the slots in which a price or a decision closes. Gives the last one. */
function tradeSlots(
  traded: readonly TradedHistory[],
  priceOf: ReturnType<typeof priceReader>,
  slot: (
    close: Seconds,
    prices: readonly (PriceBar | null)[],
    decisions: readonly (RowValue | undefined)[],
  ) => void,
): Seconds | null {
  const prices = traded.map(({ price }) => new Rows(price));
  const decisions = traded.map(({ decision }) => new Rows(decision));
  const all = [...prices, ...decisions];
  let last: Seconds | null = null;
  for (;;) {
    let close = Infinity;
    for (const rows of all) close = Math.min(close, rows.close);
    if (close === Infinity) return last;
    slot(
      close,
      prices.map((rows) => rows.take(close, priceOf) ?? null),
      decisions.map((rows) => rows.take(close, rowValue)),
    );
    last = close;
  }
}

class Rows {
  close: Seconds;
  readonly #table: Table;
  readonly #grid: Grid;
  #at = 0;

  constructor({ table, grid }: GridTable) {
    this.#table = table;
    this.#grid = grid;
    this.close = closeOf(table.ts[0] ?? Infinity, grid);
  }

  /** The row that closes then. */
  take<T>(close: Seconds, read: (table: Table, at: number) => T): T | undefined {
    if (close !== this.close) return undefined;
    const value = read(this.#table, this.#at);
    this.#at += 1;
    this.close = closeOf(this.#table.ts[this.#at] ?? Infinity, this.#grid);
    return value;
  }
}
