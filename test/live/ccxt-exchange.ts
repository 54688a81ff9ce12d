import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds, open, high, low, close, volume; or what is no candle. */
export type Candle = readonly unknown[];

/** What becomes of one `watchOHLCV`. */
export interface Step {
  /** What time it is at the exchange from then on, in milliseconds. */
  readonly time?: number;
  readonly says?: unknown;
  /** Name of the error that it fails with. */
  readonly fails?: string;
  /** It never answers. */
  readonly silent?: boolean;
}

export interface Script {
  readonly time: number;
  /** By symbol. */
  readonly steps: Readonly<Record<string, readonly Step[]>>;
  /** What it gives over HTTP, up to its time; the candle that is open then as its first numbers. */
  readonly history: Readonly<Record<string, readonly Candle[]>>;
}

/** What ccxt is to a feed: classes of exchanges under `pro`, whose WebSocket says what the script has it say. */
const STAND_IN = `
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
class BaseError extends Error {}
class NetworkError extends BaseError {}
class ExchangeClosedByUser extends BaseError {}
class ExchangeError extends BaseError {}
class AuthenticationError extends ExchangeError {}
class BadSymbol extends ExchangeError {}
const errors = { NetworkError, ExchangeError, AuthenticationError, BadSymbol };
class paper {
  constructor() {
    const script = JSON.parse(readFileSync(join(__dirname, 'script.json'), 'utf8'));
    Object.assign(this, script, { waiting: [], timeframes: { '1m': '1', '1h': '60' }, symbols: Object.keys(script.history), has: { watchOHLCV: true } });
  }
  milliseconds() { return this.time; }
  async fetchOHLCV(symbol, timeframe, since, limit) {
    const known = this.history[symbol].filter(([time]) => time >= since && time <= this.time).slice(0, limit);
    return known.map((candle) => (candle[0] + 60000 > this.time ? [candle[0], candle[1], candle[1], candle[1], candle[1], 0] : candle));
  }
  async watchOHLCV(symbol) {
    await new Promise(setImmediate);
    if (!this.symbols.includes(symbol)) throw new BadSymbol('paper does not have market symbol ' + symbol);
    const step = this.steps[symbol].shift() ?? { silent: true };
    if (step.time) this.time = Math.max(this.time, step.time);
    if (step.fails) throw new errors[step.fails]('the line broke');
    if (step.silent) return new Promise((_, reject) => this.waiting.push(reject));
    return step.says;
  }
  async close() {
    writeFileSync(join(__dirname, 'closed'), '');
    for (const reject of this.waiting.splice(0)) reject(new ExchangeClosedByUser('closed'));
  }
}
class deaf { constructor() { this.has = { watchOHLCV: false }; } watchOHLCV() {} }
class old {}
module.exports = { exchanges: ['paper', 'deaf', 'old'], paper, deaf, old, pro: { paper, deaf }, BaseError, ExchangeClosedByUser, ...errors };
`;

/** Puts a stand-in of ccxt where a project's own would be. */
export function installCcxtPro(projectRoot: string, script: Script): void {
  const folder = join(projectRoot, 'node_modules', 'ccxt');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "ccxt", "main": "index.cjs" }');
  writeFileSync(join(folder, 'index.cjs'), STAND_IN);
  writeFileSync(join(folder, 'script.json'), JSON.stringify(script));
}
