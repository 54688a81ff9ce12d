import type { RunEventBody, RunResult } from '../../sdk/live/live.js';
import { closeOf, type Grid } from '../../sdk/time/grid.js';
import { rowValue, type RowValue, type Table } from '../../sdk/table.js';
import { isMonths, type Seconds } from '../../sdk/time/time.js';
import type { Entry, Journal } from '../journal/journal.js';
import type { SlotCloses } from '../money/correlation.js';
import type { PriceBar } from '../money/book.js';
import { Desk } from '../money/desk.js';
import type { World } from '../world/schema.js';
import { pricesOf } from './slot-loop.js';

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
  /** Closes of the symbols in the last slots before the start; null: the policy does not need them. */
  readonly closes: readonly SlotCloses[] | null;
  readonly computedNodes: number;
  /** The newest row of each stream and node, written as the run ends. */
  readonly newest?: readonly RunEventBody[];
  readonly journal: Journal;
  readonly onWritten: () => void;
}

/** Trades over stored history, slot by slot, as the Core Loop does over a feed. Values of nodes stay in the cache. */
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
  const asOf = tradeSlots(traded, world.fills, (close, prices, decisions) => {
    const events = desk.slot(close, prices, decisions);
    if (events.length > 0) write({ asOf: close, events });
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

/** Visits all slots in which a price or a decision closes. @returns the last one */
function tradeSlots(
  traded: readonly TradedHistory[],
  fills: World['fills'],
  slot: (
    close: Seconds,
    prices: readonly (PriceBar | null)[],
    decisions: readonly (RowValue | undefined)[],
  ) => void,
): Seconds | null {
  const prices = traded.map(({ price }) => new Rows(price, pricesOf(price.table, fills)));
  const decisions = traded.map(({ decision }) => new Rows(decision, valueReader(decision.table)));
  const all = [...prices, ...decisions];
  // The lists are used again at each slot, because there are millions.
  const bars: (PriceBar | null)[] = prices.map(() => null);
  const values: (RowValue | undefined)[] = decisions.map(() => undefined);
  let last: Seconds | null = null;
  for (;;) {
    let close = Infinity;
    for (let i = 0; i < all.length; i++) close = Math.min(close, (all[i] as Rows<unknown>).close);
    if (close === Infinity) return last;
    for (let i = 0; i < prices.length; i++) {
      bars[i] = prices[i]?.take(close) ?? null;
      values[i] = decisions[i]?.take(close);
    }
    slot(close, bars, values);
    last = close;
  }
}

/** Reads the rows of a table. */
function valueReader(table: Table): (at: number) => RowValue {
  const [column] = table.columns;
  const isPlain = table.shape === 'value' && !table.present && column?.type === 'number' && !column.valid;
  if (!isPlain) return (at) => rowValue(table, at);
  const { values } = column;
  return (at) => values[at] as number;
}

class Rows<T> {
  close: Seconds;
  readonly #ts: Float64Array;
  readonly #grid: Grid;
  /** The length of its slots, if all are equal; else null. */
  readonly #length: Seconds | null;
  readonly #read: (at: number) => T;
  #at = 0;

  constructor({ table, grid }: GridTable, read: (at: number) => T) {
    this.#ts = table.ts;
    this.#grid = grid;
    this.#length = grid.calendar || isMonths(grid.interval) ? null : grid.interval;
    this.#read = read;
    this.close = this.#closeAt(0);
  }

  /** Takes the row with this close; undefined: there is none. */
  take(close: Seconds): T | undefined {
    if (close !== this.close) return undefined;
    const value = this.#read(this.#at);
    this.#at += 1;
    this.close = this.#closeAt(this.#at);
    return value;
  }

  #closeAt(at: number): Seconds {
    if (at >= this.#ts.length) return Infinity;
    const open = this.#ts[at] as Seconds;
    return this.#length === null ? closeOf(open, this.#grid) : open + this.#length;
  }
}
