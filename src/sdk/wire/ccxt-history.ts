import type { HistoryProvider } from '../providers/providers.js';
import type { TimeInput } from '../time/time.js';
import type { WireOptions } from './http-history.js';
import { withTransport } from './transport.js';

export interface CcxtOptions extends WireOptions {
  /** As ccxt calls it: 'binance', 'kraken'. */
  readonly exchange: string;
  /** As ccxt writes it: 'BTC/USDT'. */
  readonly symbol: string;
  /** The first bar. Default: the exchange is asked. */
  readonly since?: TimeInput;
  /** Where the bars end, if it is no longer traded. Default: they go on. */
  readonly until?: TimeInput;
  /** What the exchange's constructor takes: `{ options: { defaultType: 'swap' } }`. Secrets as `'{env.NAME}'`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Extra parameters of each request, passed on by ccxt. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /** Bars per request. Default: 500; if an exchange gives fewer, that is detected. */
  readonly limit?: number;
}

/** Bars of an exchange that ccxt supports. The project installs the package: `npm install ccxt`. */
export function ccxtHistory(options: CcxtOptions): HistoryProvider {
  return { kind: 'ccxt', ...withTransport('ccxt', options) };
}
