import type { Calendar } from '../time/calendar.js';
import { DagNode, shown } from '../dag-node.js';
import { SeamlessError } from '../errors.js';
import { checkInputs } from '../node.js';
import type { Anchor, Interval } from '../time/time.js';
import type { Section } from './section.js';

/** The result for a cross-section: a number for each member in the order of `section.symbols`, or one for all. */
export type CrossOutput = Float64Array | readonly (number | null | undefined)[] | number | null | undefined;

interface CommonOptions {
  readonly name: string;
  /** At least one universe or family; inputs without symbols are read by `section.latest`. */
  readonly input: DagNode | readonly DagNode[];
  /** Default: the universe's or family's. */
  readonly interval?: Interval;
  /** Calendar of the bars, if they are longer than the input's. Default: the inputs'. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
}

export interface CrossNodeOptions extends CommonOptions {
  readonly gives?: 'each';
  readonly computeFn: (section: Section) => CrossOutput;
}

export interface CrossValueOptions<T> extends CommonOptions {
  /** One value of any kind for the whole section: the node then has no symbols. */
  readonly gives: 'one';
  readonly computeFn: (section: Section) => T | undefined;
}

/** For the host: whether each member gets its own value. */
export let givesEach: (node: CrossNode<unknown>) => boolean;

/**
 * A node over all members of a universe at once: it fires at each bar that some member has, and sees those members.
 *
 * A member is seen at a bar if each universe and family among the inputs has a row of it at that very bar: not before it is
 * listed or while it warms up, not in a hole, not once it is gone. The function gives each member it sees a number, in an array in
 * the order of `section.symbols`, or one number for all of them; `null` or `undefined` is no row, NaN is a value. With
 * `gives: 'one'` its value is that of a node without symbols, which any family can read.
 *
 * ```ts
 * const best = new CrossNode({ name: 'best', input: mom, computeFn: (section) => rank(section.column(mom)) });
 * ```
 */
export class CrossNode<T = number> extends DagNode<T> {
  readonly kind = 'cross';
  readonly inputs: readonly DagNode[];
  /** It sees a single bar. */
  readonly period = 1;
  readonly computeFn: (section: Section) => unknown;
  readonly #each: boolean;

  static {
    givesEach = (node) => node.#each;
  }

  /** @throws SeamlessError `strategy` for options without meaning. */
  constructor(options: CrossNodeOptions | CrossValueOptions<T>) {
    super(options.name, options);
    const { name } = options;
    if (!name) {
      throw new SeamlessError(
        'strategy',
        'A CrossNode has no name: give it one that is unique in its strategy.',
      );
    }
    this.inputs = checkInputs(options.input, name);
    const { gives = 'each', computeFn } = options as { readonly gives?: unknown; computeFn: unknown };
    if (gives !== 'each' && gives !== 'one') {
      throw new SeamlessError('strategy', `CrossNode ${name} gives ${shown(gives)}: write 'each' or 'one'.`, {
        node: name,
      });
    }
    if (typeof computeFn !== 'function') {
      throw new SeamlessError(
        'strategy',
        `CrossNode ${name} has no computeFn: give it a function, (section) => rank(section.column(mom)).`,
        { node: name },
      );
    }
    this.computeFn = options.computeFn;
    this.#each = gives === 'each';
  }
}
