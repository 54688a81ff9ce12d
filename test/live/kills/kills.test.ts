// Slow (25 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

import { Journal } from '../../../src/live/journal/journal.js';
import { runFolder } from '../../../src/live/journal/runs.js';
import type { RunEvent } from '../../../src/sdk/live/live.js';
import { cases, turns } from '../../support/profile.js';
import { Child, minute, type Project } from '../../support/project.js';
import { journalOf, killedAfter } from './killed.js';
import { inParity, OHLC_HEADER, ohlcLines, only, project } from '../support.js';

const BARS = 700;
const FROM = 400;
/** Writes before a kill: fewer than a run has, however slow the machine. */
const MOST_WRITES = 12;
const WORLD = 'fills: { feeBps: 10, slippageBps: 5 }\n';
/** Orders rest across kills. */
const LIMIT =
  'fills: { at: limit, offsetBps: 150, restBars: 2, unfilled: cancel, feeBps: 10, makerFeeBps: -1 }\n';

describe('a run that is killed', () => {
  let at: Project;
  let whole: readonly RunEvent[];

  before(async () => {
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, BARS, new Set([500, 501])),
      'worlds/quick.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)} }\n${WORLD}`,
      // A bar in ten milliseconds: a slow machine closes several slots at once, but never a tenth of them.
      'worlds/limit.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)}, speed: 6000 }\n${LIMIT}`,
      'worlds/limit-quick.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)} }\n${LIMIT}`,
      'worlds/slow.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(FROM)}, speed: 6000 }\n${WORLD}`,
    });
    const child = new Child();
    await child.request('run', { ...request('quick'), run: 'whole' });
    await child.end();
    whole = journalOf(at, 'whole');
  });
  after(() => at.remove());

  const request = (world: string) => ({ strategy: at.strategy('main.ts'), world, cacheDir: at.cacheDir });

  const killed = (writes: number, run: string, resume: boolean, world = 'slow'): Promise<boolean> =>
    killedAfter(writes, { at, world, run, resume });

  /** What was bought and sold, and for how much. */
  function trading(events: readonly RunEvent[]): unknown[] {
    const trades = new Set<RunEvent['type']>([
      ...(['signal', 'decision', 'allocation', 'order', 'fill', 'cancelled'] as const),
    ]);
    return events.filter(({ type }) => trades.has(type)).map(({ seq: _, ...event }) => event);
  }

  it('goes on without a second fill or a lost one, however often', async () => {
    let kills = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: MOST_WRITES }), { minLength: 3, maxLength: 3 }),
        async (writes) => {
          const run = `killed-${++runs}`;
          let ended = false;
          for (const [turn, count] of writes.entries()) {
            ended = await killed(count, run, turn > 0);
            if (ended) break;
            kills += 1;
          }
          if (!ended) assert.ok(await killed(Infinity, run, true));
          const events = journalOf(at, run);
          assert.deepEqual(
            events.map(({ seq }) => seq),
            events.map((_, i) => i + 1),
          );
          assert.deepEqual(trading(events), trading(whole));
          const [result, expected] = [only(events, 'finished').at(-1), only(whole, 'finished').at(-1)];
          assert.deepEqual(result?.metrics, expected?.metrics);
          assert.equal(result?.equity, expected?.equity);
          await inParity(at, run, 2 * (BARS - FROM - 30));
        },
      ),
      cases(40, 2),
    );
    assert.ok(kills >= turns(100, 5), `${kills} kills`);
  });

  it('while its orders rest at a price fills and cancels the same ones', async () => {
    const child = new Child();
    await child.request('run', { ...request('limit-quick'), run: 'limit-whole' });
    await child.end();
    for (const [turn, count] of [3, 7, 12, Infinity].entries())
      await killed(count, 'limit-killed', turn > 0, 'limit');
    const expected = journalOf(at, 'limit-whole');
    assert.ok(only(expected, 'cancelled').length > 0);
    assert.ok(only(expected, 'fill').some(({ maker }) => maker));
    assert.deepEqual(trading(journalOf(at, 'limit-killed')), trading(expected));
  });

  it('in the middle of a line goes on from the line before', async () => {
    await killed(MOST_WRITES, 'torn', false);
    const path = Journal.path(runFolder(at.cacheDir, 'torn'));
    const text = readFileSync(path, 'utf8');
    const lastLine = text.lastIndexOf('\n', text.length - 2) + 1;
    truncateSync(path, Buffer.byteLength(text.slice(0, lastLine)) + 10);
    assert.ok(await killed(Infinity, 'torn', true));
    assert.deepEqual(trading(journalOf(at, 'torn')), trading(whole));
    await inParity(at, 'torn', 2 * (BARS - FROM - 30));
  });

  it('is not gone on with after its code or its world has changed', async () => {
    await killed(MOST_WRITES, 'changed', false);
    const main = readFileSync(at.path('main.ts'), 'utf8');
    writeFileSync(at.path('main.ts'), main.replace('< 0.05', '< 0.06'));
    const child = new Child();
    try {
      const resume = { ...request('slow'), run: 'changed', resume: true as const };
      await assert.rejects(
        child.request('run', resume),
        /Run changed cannot go on, because weight changed since it began/,
      );
      writeFileSync(at.path('main.ts'), main);
      appendFileSync(at.path('worlds/slow.yaml'), 'capital: 7\n');
      await assert.rejects(child.request('run', resume), /as it was then, and that has changed/);
    } finally {
      await child.end();
      const world = join(at.root, 'worlds/slow.yaml');
      writeFileSync(world, readFileSync(world, 'utf8').replace('capital: 7\n', ''));
    }
  });
});
