import type { HistoryProvider } from '../providers/providers.js';
import type { TimeInput } from '../time/time.js';
import { withTransport } from './transport.js';

/** How many requests at most, in how long. */
export interface Pace {
  readonly requests: number;
  /** `'1s'`, `'1m'`. */
  readonly per: string;
}

/** How a wire is asked. None of it has a say in which bars come back, so a change of it leaves the cache as it is. */
export interface WireOptions {
  /** Bars that the newest closed one is away from the last one taken: an exchange may still correct the latest. Default: 1. */
  readonly stabilizationBars?: number;
  /** Default: 10 requests a second. All streams of one host share it. */
  readonly pace?: Pace;
  /** How often one request is made before its failure counts. Default: 6. */
  readonly attempts?: number;
  /** How long an answer may take. Default: '30s'. */
  readonly timeout?: string;
}

export interface HttpOptions extends WireOptions {
  /**
   * The address of a page of bars. `{start}` and `{end}` are the first open and the last instant that are wanted, both inclusive;
   * `{afterStart}` and `{beforeEnd}` are the same for an exchange that leaves its limits out; `{limit}` is the number of bars.
   * `{env.NAME}` is a secret from the environment: it stays out of the cache, the log and all messages.
   */
  readonly url: string;
  /** Where the rows are in the answer: 'result.list'. Default: the answer is the list. */
  readonly rows?: string;
  /**
   * Names of the values of a row in their order ('' skips one), or for rows that are records, what their fields are called:
   * `{ time: 't', close: 'c' }`. One must be `time`. Default: time, open, high, low, close, volume.
   */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** How times are written, in the rows and in the address. Default: 'ms'. */
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns' | 'iso';
  /** The first bar there is. Default: the exchange is asked. */
  readonly since?: TimeInput;
  /** Where the bars end, of what is traded no more. Default: they go on. */
  readonly until?: TimeInput;
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /** Bars asked for at once. Default: 1000; an exchange that gives fewer is noticed. */
  readonly limit?: number;
  /** Headers of each request; `{env.NAME}` as in the address. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Bars of an exchange that gives them as JSON, page by page. What was fetched once is kept: only bars that are closed, and as old as
 * `stabilizationBars` says, are taken, and only those that are missing are asked for.
 */
export function httpHistory(options: HttpOptions): HistoryProvider {
  return { kind: 'http', ...withTransport('http', options) };
}
