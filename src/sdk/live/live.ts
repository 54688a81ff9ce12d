import type { Broker } from './broker.js';
import type { Strategy } from '../strategy.js';
import type { FlatRecord, RowValue } from '../table.js';
import type { Seconds } from '../time/time.js';

/** What a world does with a strategy. It belongs to the world, never to the call. */
export type Mode = 'backtest' | 'paper' | 'live' | 'shadow';

/** What happens in a run. A symbol is named by the stream that it is priced by. */
export type RunEventBody =
  /** Warm: slots that close after `asOf` are computed. `history` is where the rows before come from, to its exclusive end. */
  | {
      readonly type: 'ready';
      readonly run: string;
      readonly strategy: string;
      readonly world: string;
      readonly mode: Mode;
      readonly nodes: readonly string[];
      readonly symbols: readonly string[];
      readonly history: readonly [Seconds, Seconds] | null;
      /** Where the world's policy has `correlation`: what each symbol closed at in the slots before, oldest first. */
      readonly closes?: readonly (readonly (number | null)[])[];
    }
  /** A bar of a feed that was taken in. `ts` is its open. */
  | { readonly type: 'bar'; readonly stream: string; readonly ts: Seconds; readonly row: FlatRecord }
  /**
   * A row of a computed node. `ts` is the open of its slot. A backtest, whose rows are in the cache, tells the newest one of each node and
   * stream as it ends.
   */
  | { readonly type: 'value'; readonly node: string; readonly ts: Seconds; readonly value: RowValue }
  /** What a decision says, when that changes. */
  | { readonly type: 'signal'; readonly symbol: string; readonly value: number }
  /** The weight of a symbol after policy and limits: its share of equity, below 0 for short. */
  | { readonly type: 'decision'; readonly symbol: string; readonly weight: number }
  /** Whether orders are made at all, and why not. */
  | { readonly type: 'activation'; readonly active: boolean; readonly reason: string }
  /** What the world has the run do from the next slot on: why no orders are made (empty: they are), and the share of its weights. */
  | {
      readonly type: 'world';
      readonly inactive: string;
      readonly activation: 'active' | 'freeze' | 'drain';
      readonly share: number;
      /** Of a change that was staged before: its number. */
      readonly set?: number;
    }
  /** A change of the world that was looked at, and is not in force: the orders that it comes to by the last closes. */
  | {
      readonly type: 'staged';
      readonly set: number;
      readonly inactive: string;
      readonly activation: 'active' | 'freeze' | 'drain';
      readonly share: number;
      readonly orders: readonly { readonly symbol: string; readonly quantity: number }[];
    }
  /** What was staged does not come into force. */
  | { readonly type: 'dropped'; readonly set: number; readonly reason: string }
  /** The units of a symbol that are to be held. */
  | {
      readonly type: 'allocation';
      readonly symbol: string;
      readonly quantity: number;
      readonly equity: number;
    }
  /** Units to buy, below 0 to sell: at the open of the symbol's next bar, or where the order rests at a price, at that `limit`. */
  | {
      readonly type: 'order';
      readonly order: number;
      readonly symbol: string;
      readonly quantity: number;
      readonly limit?: number;
    }
  /**
   * `at` is the open of the bar it was filled at; `price` includes slippage, `fee` is paid besides. Below 0 it is a rebate, which the
   * world declares.
   */
  | {
      readonly type: 'fill';
      readonly order: number;
      readonly symbol: string;
      readonly quantity: number;
      readonly price: number;
      readonly fee: number;
      readonly slippage: number;
      readonly at: Seconds;
      /** Of a live world: the broker's name for it. */
      readonly execution?: string;
      /** Whether it was a maker's fill, or a taker's: where orders rest at a price, or the broker says so. Others are all a taker's. */
      readonly maker?: boolean;
    }
  /** An order that rested at a price and was taken back, and why. */
  | { readonly type: 'cancelled'; readonly order: number; readonly symbol: string; readonly reason: string }
  /** An order of a live world that comes to nothing more, and why. */
  | { readonly type: 'rejected'; readonly order: number; readonly symbol: string; readonly reason: string }
  /**
   * A bar that came after its slot had closed, or came otherwise than before; its row only where the world has it kept (`sideOutput`,
   * `recompute`). `taken`: its slots were computed again.
   */
  | {
      readonly type: 'late';
      readonly stream: string;
      readonly ts: Seconds;
      readonly row: FlatRecord | null;
      readonly taken?: true;
    }
  /** A row of a computed node that a late bar changed: what it is, and what it was before; absent: no row. */
  | {
      readonly type: 'revised';
      readonly node: string;
      readonly ts: Seconds;
      readonly value?: RowValue;
      readonly before?: RowValue;
    }
  /** Bars that nobody had by the time their slots closed. */
  | { readonly type: 'gap'; readonly stream: string; readonly start: Seconds; readonly end: Seconds }
  /** Nothing was heard of the feed for so many seconds, its `silence`; said again each time that goes by. */
  | { readonly type: 'stale'; readonly what: 'feed'; readonly seconds: number }
  /** A node failed: it and what depends on it have no rows from now on. Or the run did: `node` is null. */
  | { readonly type: 'error'; readonly node: string | null; readonly message: string }
  | ({ readonly type: 'finished' } & RunResult);

/** An event, its number in the run, and the time it is true of: the close of its slot. */
export type RunEvent = { readonly seq: number; readonly asOf: Seconds } & RunEventBody;

/**
 * Returns are those of equity from the end of one UTC day to the next, the first from the capital; a year has `periodsPerYear`
 * of them. Null where it is not defined: too few days, no losses, no trades.
 */
export interface Metrics {
  /** Last equity / capital − 1. */
  readonly totalReturn: number;
  /** (Last equity / capital) ^ (year / time) − 1; a year has 365.25 days. */
  readonly cagr: number | null;
  /** Standard deviation of returns (n − 1) · √periodsPerYear. */
  readonly volatility: number | null;
  /** Mean of returns / their standard deviation · √periodsPerYear; no risk-free rate. */
  readonly sharpe: number | null;
  /** Mean of returns / √mean(min(return, 0)²) · √periodsPerYear. */
  readonly sortino: number | null;
  /** CAGR / maximum drawdown. */
  readonly calmar: number | null;
  /** The largest fall of equity from its peak, as a share of the peak, over all slots. At least 0. */
  readonly maxDrawdown: number;
  /** The longest time in seconds between a peak and its recovery, or the end. */
  readonly drawdownSeconds: number;
  /** Sum of |quantity · price| of all fills / mean equity over all slots. */
  readonly turnover: number;
  /** Share of slots with a position. */
  readonly exposure: number;
  /** Share of closed trades with a profit after fees. A trade lasts from no position to no position, or to the other side. */
  readonly winRate: number | null;
  /** Profits of closed trades / losses of closed trades. */
  readonly profitFactor: number | null;
  readonly periodsPerYear: number;
}

/** What a run came to. */
export interface RunResult {
  readonly run: string;
  readonly strategy: string;
  readonly world: string;
  readonly mode: Mode;
  /** `completed`: the feed or the range ended. `stopped`: by `stop()`. */
  readonly reason: 'completed' | 'stopped';
  /** Slots that were decided, with the close of the first and the last. */
  readonly slots: number;
  readonly range: readonly [Seconds, Seconds] | null;
  /** Nodes that had to be computed for a backtest over their history; null: they were computed slot by slot. */
  readonly computedNodes: number | null;
  readonly orders: number;
  readonly fills: number;
  readonly fees: number;
  readonly trades: readonly Trade[];
  /** What is held at the end. */
  readonly open: readonly OpenPosition[];
  readonly capital: number;
  readonly cash: number;
  readonly equity: number;
  readonly positions: Readonly<Record<string, number>>;
  readonly metrics: Metrics;
  /** Equity at the end of each UTC day. */
  readonly days: readonly (readonly [Seconds, number])[];
  /** Equity and drawdown over all slots, thinned out to at most 2000 points, each of as many slots as the others. */
  readonly curve: readonly EquityPoint[];
}

/**
 * Close of the last slot that a point stands for; equity then; and the deepest drawdown in its slots: the fall below the highest
 * equity so far, as a share of it, at least 0.
 */
export type EquityPoint = readonly [asOf: Seconds, equity: number, drawdown: number];

/** From no position to no position, or to the other side. */
export interface Trade {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** Units at its largest. */
  readonly quantity: number;
  readonly opened: Seconds;
  readonly closed: Seconds;
  /** Mean price per unit that went in, and came out. */
  readonly entry: number;
  readonly exit: number;
  readonly fees: number;
  /** After fees. */
  readonly profit: number;
  /** Bars of the symbol from the one it was opened at to the one it was closed at, without that. */
  readonly bars: number;
}

/** A trade that is not closed. */
export interface OpenPosition {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** Units that are held. */
  readonly quantity: number;
  readonly opened: Seconds;
  /** Mean price per unit that went in. */
  readonly entry: number;
  /** What a unit is worth: the last close. */
  readonly price: number;
  readonly fees: number;
  /** What the trade had come to if it were closed at that price, without a fee for that. */
  readonly profit: number;
  /** Bars of the symbol since it was opened, that one included. */
  readonly bars: number;
}

/**
 * Told what happens, in the order of events, in all modes. They run in the caller's process: nothing of them can reach a node. What
 * they return is waited for; what they throw ends the run.
 */
export interface RunHooks {
  readonly onStart?: (event: RunEvent) => unknown;
  readonly onSignal?: (event: RunEvent) => unknown;
  readonly onFill?: (event: RunEvent) => unknown;
  readonly onError?: (event: RunEvent) => unknown;
  readonly onFinish?: (event: RunEvent) => unknown;
  /** Milliseconds that a hook may take. Default: 10 000. */
  readonly patienceMs?: number;
}

export interface SubmitOptions {
  /** Name of a world: `worlds/NAME.yaml` in the strategy's project. */
  readonly world: string;
  readonly hooks?: RunHooks;
  /** Where the orders of a live world go; worlds of other modes take no notice of it. */
  readonly broker?: Broker;
  /** The name of a live world, once more: without it nothing is traded. */
  readonly confirm?: string;
  /** A run of the same world and strategy that was cut off: it goes on where its journal ends. */
  readonly resume?: string;
  /** Default: `.seamless` in the strategy's project root. */
  readonly cacheDir?: string;
}

/** A strategy at work in a world. */
export interface Run {
  readonly id: string;
  /** What happens, from the first event on. Read from the journal, so each iteration sees all of it. */
  readonly events: AsyncIterable<RunEvent>;
  /** Resolves when the run is over. @throws SeamlessError when it failed. */
  readonly result: Promise<RunResult>;
  /** Ends it after the slot in hand. */
  stop(): Promise<RunResult>;
}

/** A strategy class, or `'path/to/file.ts#Class'`. */
export type Submitted = (new () => Strategy) | string;
