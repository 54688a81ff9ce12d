import type { Interval } from './time.js';

/** Any node of a strategy's DAG. `T` is what it emits for a bar. */
export abstract class DagNode<T = unknown> {
  abstract readonly kind: 'stream' | 'node' | 'scan';
  readonly name: string;
  readonly interval: Interval | undefined;
  /** Where the author made the node; its `stack` is read only when an error needs it. */
  readonly origin: Error;
  /** Only in the type: what `view.latest(node)` gives. */
  declare protected readonly emits: T;

  protected constructor(name: string, interval: Interval | undefined) {
    this.name = name;
    this.interval = interval;
    this.origin = captureOrigin(new.target);
  }
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
