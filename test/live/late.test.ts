// Slow (20 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

import { runFolder } from '../../src/live/journal/runs.js';
import { plainGrid } from '../../src/sdk/time/grid.js';
import { cases } from '../support/profile.js';
import { minute, type Project } from '../support/project.js';
import { exchange, type ExchangeBar, type Fault } from './exchange.js';
import { bar, eventsOf, inParity, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

const HISTORY = 300;
const BARS = 500;

const barAt = (i: number, more = 0): ExchangeBar => {
  const row = bar(HISTORY + i);
  return {
    stream: 'BTC',
    ts: minute(HISTORY + i),
    row: { ...row, high: row.high + more, close: row.close + more },
  };
};

describe('late bars that are taken in', () => {
  let at: Project;
  before(() => {
    at = project({ 'bars.csv': OHLC_HEADER + ohlcLines(0, HISTORY) });
  });
  after(() => at.remove());

  async function runOver(
    bars: readonly ExchangeBar[],
    faults: ReadonlyMap<number, Fault> = new Map(),
    cut?: (lines: string[]) => string[],
  ) {
    const feed = await exchange(bars, plainGrid(60), faults);
    try {
      at.write({
        'worlds/late.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\nlate: { grace: 0, bars: recompute }\n`,
      });
      let run = await start(at, { world: 'late' });
      let events = await eventsOf(run);
      await run.result;
      if (cut) {
        // As a kill leaves it: nothing after some line ever came to be.
        const path = join(runFolder(at.cacheDir, run.id), 'journal.jsonl');
        writeFileSync(path, `${cut(readFileSync(path, 'utf8').trim().split('\n')).join('\n')}\n`);
        run = await start(at, { world: 'late', resume: run.id });
        events = await eventsOf(run);
        await run.result;
      }
      return { run: run.id, events };
    } finally {
      await feed.close();
    }
  }

  it('have their slots computed again, and say what came out otherwise', async () => {
    const bars = Array.from({ length: 120 }, (_, i) => barAt(i));
    // The fiftieth comes ten bars later, and the hundredth comes again, corrected.
    const [late = assert.fail()] = bars.splice(50, 1);
    bars.splice(60, 0, late);
    bars.splice(110, 0, barAt(100, 5));
    const { run, events } = await runOver(bars);
    assert.deepEqual(
      only(events, 'late').map(({ ts, taken }) => [ts, taken]),
      [
        [minute(HISTORY + 50), true],
        [minute(HISTORY + 100), true],
      ],
    );
    const revised = only(events, 'revised').filter(({ node }) => node === 'fast');
    // The late bar is in five windows, one of which was not there; the corrected one in five.
    assert.deepEqual(
      revised.map(({ ts, before }) => [ts, before === undefined]),
      [50, 51, 52, 53, 54, 100, 101, 102, 103, 104].map((i) => [minute(HISTORY + i), i === 50]),
    );
    // A scan goes on from the state that the bar left.
    assert.ok(
      only(events, 'revised').some(({ node, ts }) => node === 'count' && ts === minute(HISTORY + 60)),
    );
    await inParity(at, run, 300);
  });

  it('that come after too many others are said, and change nothing', async () => {
    const bars = Array.from({ length: 400 }, (_, i) => barAt(i));
    const [late = assert.fail()] = bars.splice(20, 1);
    bars.splice(300, 0, late);
    const { run, events } = await runOver(bars);
    assert.deepEqual(
      only(events, 'late').map(({ taken }) => taken),
      [undefined],
    );
    assert.deepEqual(only(events, 'revised'), []);
    await inParity(at, run, 300);
  });

  it('leave the run equal to materialization, whatever goes wrong, killed or not', async () => {
    const fault = fc.constantFrom<Fault>('duplicate', 'late', 'late', 'swap', 'hole', 'reset');
    const schedule = fc.dictionary(fc.nat(BARS - 10).map(String), fault, { minKeys: 5, maxKeys: 40 });
    const kept = fc.double({ min: 0.2, max: 0.9, noNaN: true });
    await fc.assert(
      fc.asyncProperty(schedule, fc.option(kept), async (found, share) => {
        const faults = new Map(Object.entries(found).map(([index, each]) => [Number(index), each]));
        const bars = Array.from({ length: BARS }, (_, i) => barAt(i));
        const cut = (lines: string[]): string[] => lines.slice(0, Math.ceil(lines.length * (share ?? 1)));
        const { run, events } = await runOver(bars, faults, share === null ? undefined : cut);
        assert.ok(only(events, 'bar').length > BARS / 2);
        await inParity(at, run, BARS);
      }),
      cases(30, 4),
    );
  });
});
