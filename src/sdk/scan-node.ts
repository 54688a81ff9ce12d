import type { Calendar } from './time/calendar.js';
import { SeamlessError } from './errors.js';
import { DagNode } from './dag-node.js';
import { checkInputs, checkPeriods, type Period } from './node.js';
import type { Anchor, Interval } from './time/time.js';
import type { View } from './view.js';

/** A step's result: the state for the next firing, and this bar's value. No value, or `undefined`: no row. */
export interface ScanStep<S, T> {
  readonly state: S;
  readonly value?: T | undefined;
}

export interface ScanNodeOptions<S, T> {
  readonly name: string;
  readonly input: DagNode | readonly DagNode[];
  /** How many bars a window holds. Default: the strategy's. */
  readonly period?: Period;
  /** Default: the strategy's, else the common interval of the inputs. */
  readonly interval?: Interval;
  /** Calendar of the bars, if they are longer than the input's. Default: the inputs'. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
  /** The state before the first firing. */
  readonly init: () => S;
  /** Computes the state after a firing, and its value, from the state before it and the windows. */
  readonly step: (state: S, view: View) => ScanStep<S, T>;
}

/**
 * A computed node that carries a state from bar to bar: a running sum, a position held, an average over all history.
 *
 * It fires when a `Node` with these inputs would, from the first bar on that its sources have. `step` gets the state that the
 * firing before returned, at the first firing that of `init`. A state is plain data: numbers (NaN, ±Infinity and −0 survive),
 * texts, booleans, null, typed arrays, and arrays and plain records of these; anything else fails the node. Each step gets
 * a copy of its own, so it may change it in place; which parts of it are one and the same object is not kept.
 *
 * A bar's value depends on all bars before it. States are stored with the rows, so that a longer range goes on where the one
 * before ended, and a corrected bar is computed anew only until a stored state comes out as it was.
 *
 * ```ts
 * const drawdown = new ScanNode({
 *   name: 'drawdown', input: price, period: 1,
 *   init: () => ({ peak: -Infinity }),
 *   step: (state, view) => {
 *     const { close } = view.latest(price);
 *     const peak = Math.max(state.peak, close);
 *     return { state: { peak }, value: close / peak - 1 };
 *   },
 * });
 * ```
 */
export class ScanNode<S = unknown, T = unknown> extends DagNode<T> {
  readonly kind = 'scan';
  readonly inputs: readonly DagNode[];
  readonly period: Period | undefined;
  readonly init: () => S;
  readonly step: (state: S, view: View) => ScanStep<S, T>;

  /** @throws SeamlessError `strategy` or `period` for options without meaning. */
  constructor(options: ScanNodeOptions<S, T>) {
    super(options.name, options);
    if (!options.name) {
      throw new SeamlessError(
        'strategy',
        'A ScanNode has no name: give it one that is unique in its strategy.',
      );
    }
    this.inputs = checkInputs(options.input, options.name);
    this.period = checkPeriods(options.period, this.inputs.length, options.name);
    this.init = checkFunction(options, 'init', '() => ({ sum: 0 })');
    this.step = checkFunction(options, 'step', '(state, view) => ({ state: next, value })');
  }
}

function checkFunction<S, T, K extends 'init' | 'step'>(
  options: ScanNodeOptions<S, T>,
  which: K,
  example: string,
): ScanNodeOptions<S, T>[K] {
  const given: unknown = options[which];
  if (typeof given === 'function') return options[which];
  const { name } = options;
  throw new SeamlessError('strategy', `ScanNode ${name} has no ${which}: give it a function, ${example}.`, {
    node: name,
  });
}
