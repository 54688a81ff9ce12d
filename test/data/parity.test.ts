import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { plainGrid } from '../../src/sdk/time/grid.js';
import { exchange, type ExchangeBar } from '../live/exchange.js';
import { inParity, OHLC_HEADER, project, start } from '../live/support.js';

const FILE = resolve(import.meta.dirname, '../../../shared/data/btcusdt-1m.csv');

/** Bars that are history when the exchange begins: a day of minutes. */
const HISTORY = 1440;

describe('a run over an exchange that replays the recorded market', () => {
  it('says what materialization says, every bar of every node, bit for bit', async () => {
    const bars = readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line): ExchangeBar => {
        const [time = '', ...cells] = line.split(',');
        const [open = 0, high = 0, low = 0, close = 0, volume = 0] = cells.map(Number);
        return { stream: 'BTC', ts: Date.parse(time) / 1000, row: { open, high, low, close, volume } };
      });
    const history = bars
      .slice(0, HISTORY)
      .map(({ ts, row: { open, high, low, close, volume } }) =>
        [ts, open, high, low, close, volume].join(','),
      );
    const feed = await exchange(bars, plainGrid(60));
    const at = project({
      'bars.csv': `${OHLC_HEADER}${history.join('\n')}\n`,
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\n`,
    });
    try {
      const run = await start(at, { world: 'paper' });
      let [taken, fills] = [0, 0];
      for await (const { type } of run.events) {
        if (type === 'bar') taken += 1;
        if (type === 'fill') fills += 1;
      }
      assert.equal((await run.result).reason, 'completed');
      assert.equal(taken, bars.length - HISTORY);
      assert.ok(fills > 100);
      const report = await inParity(at, run.id, 3 * taken);
      assert.equal(report.notYet, 0);
    } finally {
      await feed.close();
      at.remove();
    }
  });
});
