import type { Calendar } from './time/calendar.js';
import { SeamlessError } from './errors.js';
import type { Anchor, Interval } from './time/time.js';

/** What decides the slots of a node. */
export interface Slotting {
  readonly interval?: Interval | undefined;
  readonly calendar?: Calendar | undefined;
  readonly anchor?: Anchor | undefined;
}

/** The parts that were given; others are absent. */
export function slottingOf({ interval, calendar, anchor }: Slotting): {
  readonly interval?: Interval;
  readonly calendar?: Calendar;
  readonly anchor?: Anchor;
} {
  return {
    ...(interval !== undefined && { interval }),
    ...(calendar !== undefined && { calendar }),
    ...(anchor !== undefined && { anchor }),
  };
}

/** Any node of a strategy's DAG. `T` is what it emits for a bar. */
export abstract class DagNode<T = unknown> {
  abstract readonly kind: 'stream' | 'node' | 'scan' | 'universe' | 'cross';
  readonly name: string;
  readonly interval: Interval | undefined;
  /** Absent if the author named none: fingerprints count the node properties that code reads. */
  declare readonly calendar?: Calendar;
  declare readonly anchor?: Anchor;
  /** Where the author made the node; its `stack` is only read for errors. */
  readonly origin: Error;
  /** Type only: what `view.latest(node)` returns. */
  declare protected readonly emits: T;

  protected constructor(name: string, { interval, calendar, anchor }: Slotting) {
    this.name = checkName(name);
    this.interval = interval;
    if (calendar !== undefined) this.calendar = calendar;
    if (anchor !== undefined) this.anchor = checkAnchor(anchor);
    this.origin = captureOrigin(new.target);
  }
}

/** Half of a surrogate pair: no file can hold it. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** In JavaScript a name may be anything. A missing one is reported by the class, which knows what its nodes are called. */
function checkName(name: string): string {
  const given: unknown = name;
  if (given && typeof given !== 'string') {
    throw new SeamlessError(
      'strategy',
      `The name of a node is ${shown(given)}, which is no text: write it in quotes, such as name: 'fast'.`,
    );
  }
  if (typeof given === 'string' && LONE_SURROGATE.test(given)) {
    throw new SeamlessError(
      'strategy',
      `The name ${JSON.stringify(given)} has half of a character in it (a lone surrogate): choose another.`,
    );
  }
  return name;
}

/** In JavaScript it may be anything; everything but an anchor is refused. */
function checkAnchor(anchor: unknown): Anchor {
  return typeof anchor === 'string' ? anchor : shown(anchor);
}

/** An invalid value as text for a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function captureOrigin(constructor: NewableFunction): Error {
  const limit = Error.stackTraceLimit;
  // The stack that the error captures by itself would be thrown away.
  Error.stackTraceLimit = 0;
  const origin = new Error('made here');
  Error.stackTraceLimit = 6;
  Error.captureStackTrace(origin, constructor);
  Error.stackTraceLimit = limit;
  return origin;
}
