import type { DagNode } from './node.js';
import type { Interval } from './time.js';

/** A strategy: a DAG of nodes, made in `setup()`. */
export abstract class Strategy {
  /** Interval of nodes that name none. */
  readonly interval?: Interval;
  /** Period of nodes that name none. */
  readonly period?: number;

  readonly #nodes: DagNode[] = [];

  /** Makes the nodes and hands them to `addNodes`. Runs once, before anything is computed. */
  abstract setup(): void;

  /** Adds nodes to the strategy. The inputs of a node need not be added by themselves, nor in order. */
  addNodes(nodes: readonly DagNode[]): void {
    this.#nodes.push(...nodes);
  }

  /** The nodes added so far, in that order. */
  nodes(): readonly DagNode[] {
    return this.#nodes;
  }
}
