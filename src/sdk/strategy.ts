import { SeamlessError } from './errors.js';
import { DagNode } from './dag-node.js';
import { StreamInput } from './node.js';
import type { Interval } from './time/time.js';
import { Universe } from './universe/universe.js';

/** What a strategy trades by: a node whose number is the share of equity to hold, and the price stream. */
export interface TradeRule {
  readonly decision: DagNode;
  readonly price: StreamInput<unknown> | Universe<unknown>;
}

/** A strategy: a DAG of nodes made in `setup()`. */
export abstract class Strategy {
  /** Interval of nodes that name none. */
  readonly interval?: Interval;
  /** Period of nodes that name none. */
  readonly period?: number;

  readonly #nodes: DagNode[] = [];
  readonly #trades: TradeRule[] = [];

  /** Makes the nodes and passes them to `addNodes`. Runs once, before anything is computed. */
  abstract setup(): void;

  /** Adds nodes to the strategy. A node's inputs are added with it; the order does not matter. */
  addNodes(nodes: readonly DagNode[]): void {
    const given: readonly unknown[] = Array.isArray(nodes) ? nodes : [nodes];
    const stranger = given.findIndex((node) => !(node instanceof DagNode));
    if (!Array.isArray(nodes) || stranger >= 0) {
      throw new SeamlessError(
        'strategy',
        `addNodes takes a list of nodes, but ${Array.isArray(nodes) ? `its item ${stranger + 1} is ${String(given[stranger])}` : 'was given no list'}: write this.addNodes([price, fast]).`,
      );
    }
    this.#nodes.push(...(given as readonly DagNode[]));
  }

  /**
   * Trades a symbol, or each symbol of a universe. Materialization ignores it.
   * @param decision its value is the share of equity to hold in the symbol: 1 all, 0 nothing, negative short; `true` is 1 and
   * `false` 0. Null and NaN are no decision: the previous one stays. For a universe, a node over it; a `CrossNode` decides for
   * all symbols at once, and symbols without a weight at a bar get 0.
   * @param price the stream of the symbol's bars, or the universe, with columns `open` and `close`
   */
  trade(decision: DagNode, price: StreamInput<unknown> | Universe<unknown>): void {
    const name = this.constructor.name;
    const given: unknown = price;
    const priced = given instanceof StreamInput || given instanceof Universe;
    if (!((decision as unknown) instanceof DagNode) || !priced) {
      throw new SeamlessError(
        'strategy',
        `${name}.trade takes a node that decides and the StreamInput or Universe of what is traded: write this.trade(signal, price).`,
      );
    }
    if (price.interval === 'tick') {
      throw new SeamlessError(
        'strategy',
        `${name} trades ${price.name}, which has ticks, and orders are filled at bars: give this.trade a StreamInput of its bars.`,
        { node: price.name },
      );
    }
    if (this.#trades.some((each) => each.price === price)) {
      throw new SeamlessError(
        'strategy',
        `${name} trades ${price.name} twice: make one node that decides for it, and name it in one this.trade(...).`,
        { node: price.name },
      );
    }
    this.#trades.push({ decision, price });
  }

  /** What it trades, in the order of `trade`. */
  trades(): readonly TradeRule[] {
    return this.#trades;
  }

  /** The nodes added so far, in that order. */
  nodes(): readonly DagNode[] {
    return this.#nodes;
  }
}
