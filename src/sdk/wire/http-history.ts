import type { HistoryProvider } from '../providers/providers.js';
import type { TimeInput } from '../time/time.js';
import { withTransport } from './transport.js';

/** At most this many requests in this time. */
export interface Pace {
  readonly requests: number;
  /** `'1s'`, `'1m'`. */
  readonly per: string;
}

/** How a wire is asked. This does not change the bars, so changing it leaves the cache valid. */
export interface WireOptions {
  /** How many of the newest closed bars are not taken yet, since the exchange may correct them. Default: 1. */
  readonly stabilizationBars?: number;
  /** Default: 10 requests a second. All streams of one host share it. */
  readonly pace?: Pace;
  /** How often a request is tried before it fails. Default: 6. */
  readonly attempts?: number;
  /** How long an answer may take. Default: '30s'. */
  readonly timeout?: string;
}

export interface HttpOptions extends WireOptions {
  /**
   * The address of a page of bars. `{start}` and `{end}` are the first open and the last instant wanted, both inclusive; use
   * `{afterStart}` and `{beforeEnd}` for an exchange with exclusive limits; `{limit}` is the number of bars. `{env.NAME}` is a
   * secret from the environment: it appears in no cache, log or message.
   */
  readonly url: string;
  /** Where the rows are in the answer: 'result.list'. Default: the answer is the list. */
  readonly rows?: string;
  /**
   * Names of a row's values in order ('' skips one), or for record rows, the names of their fields: `{ time: 't', close: 'c' }`.
   * One must be `time`. Default: time, open, high, low, close, volume.
   */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** How times are written, in the rows and in the address. Default: 'ms'. */
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns' | 'iso';
  /** The first bar. Default: the exchange is asked. */
  readonly since?: TimeInput;
  /** Where the bars end, if it is no longer traded. Default: they go on. */
  readonly until?: TimeInput;
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /** Bars per request. Default: 1000; if an exchange gives fewer, that is detected. */
  readonly limit?: number;
  /** Headers of each request; `{env.NAME}` as in the address. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Bars of an exchange as JSON, page by page. Fetched bars are kept: only closed bars older than `stabilizationBars` are taken,
 * and only missing ones are requested.
 */
export function httpHistory(options: HttpOptions): HistoryProvider {
  return { kind: 'http', ...withTransport('http', options) };
}
