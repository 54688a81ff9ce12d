// Slow (40 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { RunEvent } from '../../../src/sdk/live/live.js';
import { ceilToSlot, nextOpen, type Grid } from '../../../src/sdk/time/grid.js';
import { cases } from '../../support/profile.js';
import { Project } from '../../support/project.js';
import { exchange, type ExchangeBar, type Fault } from '../exchange.js';
import { bar, inParity, only } from '../support.js';
import { journalOf, killedAfter } from './killed.js';
import {
  CALENDARS,
  gridOfHours,
  MINUTES,
  strategyArbitrary,
  STREAMS,
  type Hours,
} from './random-strategy.js';

const HISTORY = 600;
const BARS = 120;
/** Milliseconds between two bars of the feed: several slots are closed at once where the machine is slow. */
const PACE = 4;
/** Writes before a kill. */
const MOST_WRITES = 30;

const faultArbitrary = fc.constantFrom<Fault>(
  'duplicate',
  'late',
  'swap',
  'hole',
  'garbage',
  'reset',
  'half',
);
/** The first comes early: of a slow machine's run, whose slots close many at a time, there may be few writes. */
const killsArbitrary = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.array(fc.integer({ min: 2, max: MOST_WRITES }), { maxLength: 2 }))
  .map(([first, rest]) => [first, ...rest]);

const faultsArbitrary = fc.dictionary(fc.nat(2 * BARS - 10).map(String), faultArbitrary, { maxKeys: 20 });

/** Opens of history, and then of the feed. */
function opensOf({ feedFrom }: Hours, grid: Grid): number[] {
  const first = ceilToSlot(Date.parse(feedFrom) / 1000, grid);
  const opens = [first];
  while (opens.length < BARS) opens.push(nextOpen(opens.at(-1) as number, grid));
  while (opens.length < HISTORY + BARS) opens.unshift(openBefore(opens[0] as number, grid));
  return opens;
}

function openBefore(open: number, { interval, calendar }: Grid): number {
  return calendar ? calendar.previous(open) : open - interval;
}

/** Bars of both streams as they close; those of the second are other numbers. */
function feedBars(opens: readonly number[]): ExchangeBar[] {
  return opens
    .slice(HISTORY)
    .flatMap((ts, i) => STREAMS.map((stream, which) => ({ stream, ts, row: bar(HISTORY + i + which * 7) })));
}

function historyOf(opens: readonly number[], without: readonly number[] = []): string {
  const lines = opens.slice(0, HISTORY).flatMap((ts, i) => (without.includes(i) ? [] : [lineOf(ts, bar(i))]));
  return `time,open,high,low,close,volume\n${lines.join('')}`;
}

function lineOf(ts: number, { open, high, low, close, volume }: ReturnType<typeof bar>): string {
  return `${[ts, open, high, low, close, volume].join(',')}\n`;
}

/** No event is lost or doubled, no order is filled twice, and each of them is filled or on its way. */
function isWhole(events: readonly RunEvent[]): void {
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at + 1),
  );
  const orders = only(events, 'order').map(({ order }) => order);
  const fills = only(events, 'fill').map(({ order }) => order);
  assert.deepEqual(
    orders,
    orders.map((_, at) => at + 1),
  );
  assert.equal(new Set(fills).size, fills.length);
  assert.ok(fills.every((order) => orders.includes(order)));
  // Nothing is filled at the bar that gave the signal.
  const placed = new Map(only(events, 'order').map(({ order, asOf }) => [order, asOf]));
  for (const { order, at } of only(events, 'fill')) assert.ok(at >= (placed.get(order) ?? Infinity));
}

describe('any strategy that is killed', () => {
  const met = { kills: 0, rows: 0, fills: 0, late: 0 };

  function holds(hours: Hours, nightly: number, fast: number): void {
    it(`over ${hours.name} goes on, and says what materialization says, bit for bit, whatever the feed does`, async () => {
      const grid = gridOfHours(hours);
      const opens = opensOf(hours, grid);
      await fc.assert(
        fc.asyncProperty(
          strategyArbitrary(hours),
          faultsArbitrary,
          fc.constantFrom('ignore', 'sideOutput', 'recompute'),
          killsArbitrary,
          async (strategy, faults, late, kills) => {
            const found = new Map(Object.entries(faults).map(([index, each]) => [Number(index), each]));
            const feed = await exchange(feedBars(opens), grid, found, PACE);
            const at = new Project({
              'main.ts': strategy,
              'btc.csv': historyOf(opens),
              'eth.csv': historyOf(opens, [200, 201, 202]),
              'worlds/any.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\nlate: { grace: 0, bars: ${late} }\nfills: { feeBps: 10 }\n`,
            });
            try {
              let resume = false;
              for (const writes of [...kills, Infinity]) {
                if (await killedAfter(writes, { at, world: 'any', run: 'any', resume })) break;
                met.kills += 1;
                resume = true;
              }
              const events = journalOf(at, 'any');
              isWhole(events);
              const report = await inParity(at, 'any', 1);
              met.rows += report.rows;
              met.fills += only(events, 'fill').length;
              met.late += only(events, 'late').length;
            } finally {
              at.remove();
              await feed.close();
            }
          },
        ),
        cases(nightly, fast),
      );
    });
  }

  holds(MINUTES, 60, 2);
  for (const hours of CALENDARS) holds(hours, 15, 1);

  after(() => assert.ok(met.kills > 0 && met.rows > 0, JSON.stringify(met)));
});
