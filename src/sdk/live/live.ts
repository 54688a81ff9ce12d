import type { Broker } from './broker.js';
import type { Strategy } from '../strategy.js';
import type { FlatRecord, RowValue } from '../table.js';
import type { Seconds } from '../time/time.js';

/** What a world does with a strategy. Set by the world, never by the call. */
export type Mode = 'backtest' | 'paper' | 'live' | 'shadow';

/** What happens in a run. A symbol is named by its price stream. */
export type RunEventBody =
  /** Warm: slots that close after `asOf` are computed. `history` is where earlier rows come from, up to its exclusive end. */
  | {
      readonly type: 'ready';
      readonly run: string;
      readonly strategy: string;
      readonly world: string;
      readonly mode: Mode;
      readonly nodes: readonly string[];
      readonly symbols: readonly string[];
      readonly history: readonly [Seconds, Seconds] | null;
      /** If the policy has `correlation`: each symbol's closes in the slots before, oldest first. */
      readonly closes?: readonly (readonly (number | null)[])[];
    }
  /** A bar received from a feed. `ts` is its open. */
  | { readonly type: 'bar'; readonly stream: string; readonly ts: Seconds; readonly row: FlatRecord }
  /**
   * A row of a computed node. `ts` is the open of its slot. A backtest's rows are in the cache; as it ends, it emits the newest
   * of each node.
   */
  | { readonly type: 'value'; readonly node: string; readonly ts: Seconds; readonly value: RowValue }
  /** A decision's value, when it changes. */
  | { readonly type: 'signal'; readonly symbol: string; readonly value: number }
  /** A symbol's weight after policy and limits: its share of equity, negative for short. */
  | { readonly type: 'decision'; readonly symbol: string; readonly weight: number }
  /** Whether orders are made, and why not. */
  | { readonly type: 'activation'; readonly active: boolean; readonly reason: string }
  /** What applies from the next slot on: why no orders are made (empty: they are), and the share of its weights. */
  | {
      readonly type: 'world';
      readonly inactive: string;
      readonly activation: 'active' | 'freeze' | 'drain';
      readonly share: number;
      /** The number of a change that was staged before. */
      readonly set?: number;
    }
  /** A change of the world that was reviewed but is not in force: the orders that it would cause by the last closes. */
  | {
      readonly type: 'staged';
      readonly set: number;
      readonly inactive: string;
      readonly activation: 'active' | 'freeze' | 'drain';
      readonly share: number;
      readonly orders: readonly { readonly symbol: string; readonly quantity: number }[];
    }
  /** The staged change will not come into force. */
  | { readonly type: 'dropped'; readonly set: number; readonly reason: string }
  /** The units of a symbol to hold. */
  | {
      readonly type: 'allocation';
      readonly symbol: string;
      readonly quantity: number;
      readonly equity: number;
    }
  /** Units to buy; negative: to sell. Filled at the open of the symbol's next bar, or, for a resting order, at its `limit`. */
  | {
      readonly type: 'order';
      readonly order: number;
      readonly symbol: string;
      readonly quantity: number;
      readonly limit?: number;
    }
  /**
   * `at` is the open of the bar it was filled at. `price` includes slippage; `fee` is extra. A negative fee is a rebate, which
   * the world declares.
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
      /** In a live world: the broker's id. */
      readonly execution?: string;
      /**
       * Whether it was a maker's or a taker's fill, if orders rest at a price or the broker says so. Other fills are a taker's.
       */
      readonly maker?: boolean;
    }
  /** A resting order that was cancelled, and why. */
  | { readonly type: 'cancelled'; readonly order: number; readonly symbol: string; readonly reason: string }
  /** An order of a live world of which nothing more comes, and why. */
  | { readonly type: 'rejected'; readonly order: number; readonly symbol: string; readonly reason: string }
  /**
   * A bar that came after its slot had closed, or differs from an earlier one; its row only if the world keeps it (`sideOutput`,
   * `recompute`). `taken`: its slots were computed again.
   */
  | {
      readonly type: 'late';
      readonly stream: string;
      readonly ts: Seconds;
      readonly row: FlatRecord | null;
      readonly taken?: true;
    }
  /** A row of a computed node that a late bar changed: new and old; absent: no row. */
  | {
      readonly type: 'revised';
      readonly node: string;
      readonly ts: Seconds;
      readonly value?: RowValue;
      readonly before?: RowValue;
    }
  /** Bars that no one had by the time their slots closed. */
  | { readonly type: 'gap'; readonly stream: string; readonly start: Seconds; readonly end: Seconds }
  /** The feed has been silent for this many seconds, its `silence`; repeated each time that passes. */
  | { readonly type: 'stale'; readonly what: 'feed'; readonly seconds: number }
  /** A stream is this many seconds behind the slots, more than its service level allows. Reported again after it has caught up. */
  | { readonly type: 'stale'; readonly what: 'stream'; readonly stream: string; readonly seconds: number }
  /** A node failed: it and its dependents have no rows from now on. `node` null: the run failed. */
  | { readonly type: 'error'; readonly node: string | null; readonly message: string }
  | ({ readonly type: 'finished' } & RunResult);

/** An event, its number in the run, and the time it belongs to: the close of its slot. */
export type RunEvent = { readonly seq: number; readonly asOf: Seconds } & RunEventBody;

/**
 * Returns are equity changes from the end of one UTC day to the next, the first one from the capital; a year has `periodsPerYear`
 * of them. Null where undefined: too few days, no losses, no trades, a day that begins with an equity of 0, or a rate beyond all
 * numbers. Once capital is gone (an equity below 0), returns are the same ratios and say little.
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
  /** Share of closed trades with a profit after fees. A trade lasts from flat to flat, or to the other side. */
  readonly winRate: number | null;
  /** Profits of closed trades / losses of closed trades. */
  readonly profitFactor: number | null;
  readonly periodsPerYear: number;
}

/** The result of a run. */
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
  /** Nodes that had to be computed over history for a backtest; null: they were computed slot by slot. */
  readonly computedNodes: number | null;
  readonly orders: number;
  readonly fills: number;
  readonly fees: number;
  readonly trades: readonly Trade[];
  /** Positions at the end. */
  readonly open: readonly OpenPosition[];
  readonly capital: number;
  readonly cash: number;
  readonly equity: number;
  readonly positions: Readonly<Record<string, number>>;
  readonly metrics: Metrics;
  /** Equity at the end of each UTC day. */
  readonly days: readonly (readonly [Seconds, number])[];
  /** Equity and drawdown over all slots, thinned to at most 2000 points of equally many slots. */
  readonly curve: readonly EquityPoint[];
}

/**
 * The close of the last slot of a point; equity then; and the deepest drawdown in its slots: the fall below the highest equity so
 * far, as a share of it, at least 0.
 */
export type EquityPoint = readonly [asOf: Seconds, equity: number, drawdown: number];

/** From flat to flat, or to the other side. */
export interface Trade {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** The largest number of units. */
  readonly quantity: number;
  readonly opened: Seconds;
  readonly closed: Seconds;
  /** Mean price per unit, in and out. */
  readonly entry: number;
  readonly exit: number;
  readonly fees: number;
  /** After fees. */
  readonly profit: number;
  /** Bars of the symbol from opening to closing, without the last one. */
  readonly bars: number;
}

/** An open trade. */
export interface OpenPosition {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  /** Units that are held. */
  readonly quantity: number;
  readonly opened: Seconds;
  /** Mean price per unit that went in. */
  readonly entry: number;
  /** The price of a unit: the last close. */
  readonly price: number;
  readonly fees: number;
  /** The profit if the trade were closed at that price, without a fee for that. */
  readonly profit: number;
  /** Bars of the symbol since it was opened, including that one. */
  readonly bars: number;
}

/**
 * Called for each event in order, in all modes, in the caller's process: a hook cannot affect a node. Its promise is awaited; an
 * error ends the run.
 */
export interface RunHooks {
  readonly onStart?: (event: RunEvent) => unknown;
  readonly onSignal?: (event: RunEvent) => unknown;
  readonly onFill?: (event: RunEvent) => unknown;
  readonly onError?: (event: RunEvent) => unknown;
  readonly onFinish?: (event: RunEvent) => unknown;
  /** How many milliseconds a hook may take. Default: 10 000. */
  readonly patienceMs?: number;
}

export interface SubmitOptions {
  /** Name of a world: `worlds/NAME.yaml` in the strategy's project. */
  readonly world: string;
  readonly hooks?: RunHooks;
  /** Where the orders of a live world go; other modes ignore it. */
  readonly broker?: Broker;
  /** The name of a live world again, as a confirmation: without it nothing is traded. */
  readonly confirm?: string;
  /** An interrupted run of the same world and strategy: continues where its journal ends. */
  readonly resume?: string;
  /** Default: `.seamless` in the strategy's project root. */
  readonly cacheDir?: string;
}

/** A strategy at work in a world. */
export interface Run {
  readonly id: string;
  /** All events, from the first one. Read from the journal, so each iteration sees all of them. */
  readonly events: AsyncIterable<RunEvent>;
  /** Resolves when the run is over. @throws SeamlessError when it failed. */
  readonly result: Promise<RunResult>;
  /** Ends it after the current slot. */
  stop(): Promise<RunResult>;
}

/** A strategy class, or `'path/to/file.ts#Class'`. */
export type Submitted = (new () => Strategy) | string;
