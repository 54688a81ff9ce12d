import type { HistoryProvider } from '../providers/providers.js';
import type { TimeInput } from '../time/time.js';
import type { WireOptions } from './http-history.js';
import { withTransport } from './transport.js';

export interface CcxtOptions extends WireOptions {
  /** As ccxt calls it: 'binance', 'kraken'. */
  readonly exchange: string;
  /** As ccxt writes it: 'BTC/USDT'. */
  readonly symbol: string;
  /** The first bar there is. Default: the exchange is asked. */
  readonly since?: TimeInput;
  /** Where the bars end, of what is traded no more. Default: they go on. */
  readonly until?: TimeInput;
  /** What the exchange's constructor takes: `{ options: { defaultType: 'swap' } }`. Secrets as `'{env.NAME}'`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What each request takes besides, as ccxt passes it on. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /** Bars asked for at once. Default: 500; an exchange that gives fewer is noticed. */
  readonly limit?: number;
}

/** Bars of an exchange that ccxt knows. The package is the project's own: `npm install ccxt`. */
export function ccxtHistory(options: CcxtOptions): HistoryProvider {
  return { kind: 'ccxt', ...withTransport('ccxt', options) };
}
