import { SeamlessError } from './errors.js';
import { DagNode } from './dag-node.js';
import { StreamInput } from './node.js';
import type { Interval } from './time.js';

/** What a strategy trades by: a node whose number is the share of equity to hold, and the stream of what is held. */
export interface TradeRule {
  readonly decision: DagNode;
  readonly price: StreamInput<unknown>;
}

/** A strategy: a DAG of nodes, made in `setup()`. */
export abstract class Strategy {
  /** Interval of nodes that name none. */
  readonly interval?: Interval;
  /** Period of nodes that name none. */
  readonly period?: number;

  readonly #nodes: DagNode[] = [];
  readonly #trades: TradeRule[] = [];

  /** Makes the nodes and hands them to `addNodes`. Runs once, before anything is computed. */
  abstract setup(): void;

  /** Adds nodes to the strategy. The inputs of a node need not be added by themselves, nor in order. */
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
   * Trades a symbol. Materialization takes no notice of it.
   * @param decision its value is the share of equity to hold of the symbol: 1 all of it, 0 nothing, below 0 short; `true` is 1 and
   * `false` 0. Null and NaN are no decision: the one before stays.
   * @param price the stream of the symbol's bars, with columns `open` and `close`
   */
  trade(decision: DagNode, price: StreamInput<unknown>): void {
    const name = this.constructor.name;
    if (!((decision as unknown) instanceof DagNode) || !((price as unknown) instanceof StreamInput)) {
      throw new SeamlessError(
        'strategy',
        `${name}.trade takes a node that decides and the StreamInput of what is traded: write this.trade(signal, price).`,
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
