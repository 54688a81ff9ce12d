import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What ccxt is to those who use it: exchanges by name, its errors, and candles that an exchange gives over HTTP. */
const STAND_IN = `
class BaseError extends Error {}
class NetworkError extends BaseError {}
class RateLimitExceeded extends NetworkError {}
class ExchangeError extends BaseError {}
class AuthenticationError extends ExchangeError {}
class BadSymbol extends ExchangeError {}
class paper {
  constructor(config) { this.config = config; this.timeframes = { '1m': '1', '1h': '60', '1d': '1440' }; this.symbols = ['BTC/USDT', 'ETH/USDT']; }
  async fetchOHLCV(symbol, timeframe, since, limit, params) {
    if (!this.symbols.includes(symbol)) throw new BadSymbol('paper does not have market symbol ' + symbol);
    if (this.config.secret === 'wrong-word') throw new AuthenticationError('signature of wrong-word is invalid');
    const url = (this.config.origin ?? process.env.SEAMLESS_TEST_EXCHANGE) + '/klines?startTime=' + since + '&limit=' + limit + '&endTime=' + params.until;
    const answer = await fetch(url).catch((error) => { throw new NetworkError('fetch failed: ' + error.message); });
    if (answer.status === 429) throw new RateLimitExceeded('too many requests');
    if (answer.status >= 400) throw new ExchangeError('the exchange is in a mood');
    return (await answer.json()).map((row) => row.slice(0, 6).map(Number));
  }
}
module.exports = { exchanges: ['paper', 'papyrus', 'binance'], paper, binance: paper, NetworkError, RateLimitExceeded, ExchangeError, AuthenticationError, BadSymbol };
`;

/** Puts a stand-in of ccxt where a project's own would be. Without `config.origin` it asks the address in `SEAMLESS_TEST_EXCHANGE`. */
export function installCcxt(projectRoot: string): void {
  const folder = join(projectRoot, 'node_modules', 'ccxt');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "ccxt", "main": "index.cjs" }');
  writeFileSync(join(folder, 'index.cjs'), STAND_IN);
}
