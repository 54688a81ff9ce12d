import assert from 'node:assert/strict';
import { ccxtHistory } from '../../../src/sdk/wire/ccxt-history.js';
import { httpHistory } from '../../../src/sdk/wire/http-history.js';
import { postgresHistory } from '../../../src/sdk/wire/postgres-history.js';
import { parseInterval } from '../../../src/sdk/time/time.js';
import { Project } from '../support.js';

describe('a stream of months over a wire', () => {
  const project = new Project();
  after(() => project.remove());

  const url = 'http://127.0.0.1:1/klines?startTime={start}&endTime={end}&limit={limit}';
  for (const { kind, options } of [
    httpHistory({ url }),
    ccxtHistory({ exchange: 'paper', symbol: 'BTC/USDT' }),
    postgresHistory({ connection: 'PGURL', table: 'bars' }),
  ]) {
    it(`is refused by ${kind}, which names days and resample`, async () => {
      const opened = async (): Promise<unknown> =>
        project.open(kind, { ...options }, { interval: parseInterval('1M') });
      await assert.rejects(opened, {
        message: new RegExp(`its ${kind} source reads bars of a fixed length, not of 1M: .* resample`),
      });
    });
  }
});
