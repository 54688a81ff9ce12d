import type { Calendar } from './time/calendar.js';
import { SeamlessError } from './errors.js';
import type { Anchor, Interval } from './time/time.js';

/** What decides the slots of a node. */
export interface Slotting {
  readonly interval?: Interval | undefined;
  readonly calendar?: Calendar | undefined;
  readonly anchor?: Anchor | undefined;
}

/** What was said of them, and nothing of what was not. */
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
  /** Absent where the author named none: a fingerprint counts the properties of nodes that code reads. */
  declare readonly calendar?: Calendar;
  declare readonly anchor?: Anchor;
  /** Where the author made the node; its `stack` is read only when an error needs it. */
  readonly origin: Error;
  /** Only in the type: what `view.latest(node)` gives. */
  declare protected readonly emits: T;

  protected constructor(name: string, { interval, calendar, anchor }: Slotting) {
    this.name = checkName(name);
    this.interval = interval;
    if (calendar !== undefined) this.calendar = calendar;
    if (anchor !== undefined) this.anchor = checkAnchor(anchor);
    this.origin = captureOrigin(new.target);
  }
}

/** One half of a character that is two in UTF-16: no file can hold it. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** In JavaScript a name may be anything. A missing one is reported by the class that knows what its nodes are called. */
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

/** In JavaScript it may be anything: what is no text is refused with those that are no anchors. */
function checkAnchor(anchor: unknown): Anchor {
  return typeof anchor === 'string' ? anchor : shown(anchor);
}

/** A value that is not what was asked for, as it can be shown in a sentence. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function captureOrigin(constructor: NewableFunction): Error {
  const limit = Error.stackTraceLimit;
  // What the error takes by itself would be thrown away.
  Error.stackTraceLimit = 0;
  const origin = new Error('made here');
  Error.stackTraceLimit = 6;
  Error.captureStackTrace(origin, constructor);
  Error.stackTraceLimit = limit;
  return origin;
}
