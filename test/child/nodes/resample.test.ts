// Slow (7 s): runs in a child process.
import assert from 'node:assert/strict';
import { rowValue, type RowValue, type Table } from '../../../src/sdk/table.js';
import { minute, Project, refused, storedTables, withChild } from '../../support/project.js';

/** Slower bars, their mean, and a count of the bars of the last hour. */
const STRATEGY = `
import { csvHistory, Node, resample, sma, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const hours = resample({ name: 'hours', input: price, interval: '1h', columns: { trades: 'sum', bid: 'mean' } });
    const full = resample({ name: 'full', input: price, interval: '1h', minBars: 40 });
    const slow = sma({ name: 'slow', input: hours, period: 3 });
    const closes = resample({ name: 'closes', input: slow, interval: '4h' });
    const lately = new Node({ name: 'lately', input: price, period: '1h', computeFn: (view) => view.window(price).length });
    this.addNodes([hours, full, slow, closes, lately]);
  }
}
`;

interface Bar {
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly trades: number;
  readonly bid: number | null;
}

const MINUTES = 1500;

/** Minutes of which many are missing: scattered ones, most of some hours, and one hour as a whole. */
const bars: readonly Bar[] = Array.from({ length: MINUTES }, (_, index) => index)
  .filter(
    (index) =>
      (index * 7919) % 5 > 0 && (index % 600 < 400 || index % 60 === 17) && (index < 60 || index > 130),
  )
  .map((index) => {
    const close = 100 + ((index * 37) % 101) / 8;
    const [high, low] = [close + (index % 7) / 4, close - (index % 5) / 4];
    const bid = index % 3 === 0 ? null : close - 0.125;
    return {
      ts: minute(index),
      open: (high + low) / 2,
      high,
      low,
      close,
      volume: index % 11,
      trades: 1,
      bid,
    };
  });

const CSV = [
  'time,Open,High,Low,Close,Volume,trades,bid',
  ...bars.map(({ ts, open, high, low, close, volume, trades, bid }) =>
    [ts, open, high, low, close, volume, trades, bid ?? ''].join(),
  ),
].join('\n');

/** The bars of each slot, from the definition. */
function slots(seconds: number): [ts: number, those: readonly Bar[]][] {
  const found = new Map<number, Bar[]>();
  for (const bar of bars) {
    const open = Math.floor(bar.ts / seconds) * seconds;
    found.set(open, [...(found.get(open) ?? []), bar]);
  }
  return [...found];
}

function hourly([ts, those]: [number, readonly Bar[]]): [number, RowValue] {
  const bids = those.flatMap(({ bid }) => (bid === null ? [] : [bid]));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return [
    ts,
    {
      open: those[0]?.open ?? null,
      high: Math.max(...those.map(({ high }) => high)),
      low: Math.min(...those.map(({ low }) => low)),
      close: those.at(-1)?.close ?? null,
      volume: sum(those.map(({ volume }) => volume)),
      trades: those.length,
      bid: bids.length > 0 ? sum(bids) / bids.length : Number.NaN,
    },
  ];
}

function rowsOf(table: Table | undefined): [number, RowValue][] {
  assert.ok(table);
  return Array.from(table.ts, (ts, index) => [ts, rowValue(table, index)]);
}

describe('slower bars', () => {
  const files = { 'main.ts': STRATEGY, 'bars.csv': `${CSV}\n` };
  const all = { start: minute(0), end: minute(MINUTES) };
  // The first hour began before the range, and the last one is not over before a bar behind it says so.
  const closed = <T>(rows: readonly [number, T][]): [number, T][] =>
    rows.filter(([ts]) => ts >= minute(0) && ts + 3600 <= (bars.at(-1)?.ts ?? 0) + 60);

  it('go by time, whatever is missing, from the first bar on, cold and in parts', async () => {
    const project = new Project(files);
    const parts = new Project(files);
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const cold = await storedTables(project.cacheDir, report);
        const expected = closed(slots(3600).map(hourly));
        assert.deepEqual(closed(rowsOf(cold.get('hours'))), expected);
        const enough = closed(slots(3600).filter(([, those]) => those.length >= 40));
        assert.deepEqual(
          closed(rowsOf(cold.get('full'))).map(([ts]) => ts),
          enough.map(([ts]) => ts),
        );
        assert.ok(enough.length > 0 && enough.length < expected.length);
        assert.deepEqual(
          rowsOf(cold.get('lately')),
          bars.map(({ ts }) => [ts, bars.filter((bar) => bar.ts <= ts && bar.ts > ts - 3600).length]),
        );
        const values = rowsOf(cold.get('slow')) as [number, number][];
        const [first] = rowsOf(cold.get('closes'));
        const inFirst = values.filter(([ts]) => Math.floor(ts / 14_400) * 14_400 === first?.[0]);
        assert.deepEqual(first?.[1], {
          open: inFirst[0]?.[1],
          high: Math.max(...inFirst.map(([, value]) => value)),
          low: Math.min(...inFirst.map(([, value]) => value)),
          close: inFirst.at(-1)?.[1],
        });

        for (const [from, to] of [
          [700, 900],
          [0, 333],
          [300, MINUTES],
        ] as const) {
          await child.materialize(parts, { start: minute(from), end: minute(to) });
        }
        const again = await child.materialize(parts, all);
        const warm = await storedTables(parts.cacheDir, again);
        for (const [name, table] of cold) assert.deepEqual(rowsOf(warm.get(name)), rowsOf(table), name);
      });
    } finally {
      project.remove();
      parts.remove();
    }
  });

  it('refuse an interval that the bars do not fit into, and a window shorter than a bar', async () => {
    for (const [from, to, code, says] of [
      ["interval: '1h', columns", "interval: '90s', columns", 'interval', /bars of 1m: make it a multiple/],
      ["trades: 'sum'", "trades: 'median'", 'strategy', /"median": write one of first, last/],
      ["period: '1h'", "period: '30s'", 'period', /window of 30s over price, whose bars take 1m/],
    ] as const) {
      const project = new Project({ ...files, 'main.ts': STRATEGY.replace(from, to) });
      try {
        await withChild((child) => refused(child.materialize(project, all), code, says));
      } finally {
        project.remove();
      }
    }
  });
});
