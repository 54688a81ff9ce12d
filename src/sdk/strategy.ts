import { SeamlessError } from './errors.js';
import { DagNode } from './dag-node.js';
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

  /** The nodes added so far, in that order. */
  nodes(): readonly DagNode[] {
    return this.#nodes;
  }
}
