// Slow (10 s): runs in a child process.
import assert from 'node:assert/strict';
import { rowValue, type RowValue, type Table } from '../../../src/sdk/table.js';
import { formatTime, parseTime } from '../../../src/sdk/time/time.js';
import { nodeOf, Project, refused, storedTables, withChild, type Child } from '../../support/project.js';

const DAY = 86_400;

const MONTHS = `
import { csvHistory, Node, resample, sma, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const day = new StreamInput({ tags: ['day'], interval: '1d', historyProvider: csvHistory('days.csv') });
    const month = resample({ name: 'month', input: day, interval: '1M' });
    const year = resample({ name: 'year', input: month, interval: '1y', minBars: 3 });
    const mean = sma({ name: 'mean', input: month, period: 2 });
    const since = new Node({
      name: 'since',
      input: [day, month],
      interval: '1d',
      period: 1,
      computeFn: (view) => view.latest(day).close - view.latest(month).close,
    });
    this.addNodes([day, month, year, mean, since]);
  }
}
`;

/** Weekdays of 27 months, some of them missing. */
const days = Array.from({ length: 820 }, (_, index) => parseTime('2022-01-03') + index * DAY)
  .filter((ts) => ![0, 6].includes(new Date(ts * 1000).getUTCDay()) && (ts / DAY) % 11 !== 0)
  .map((ts) => ({ ts, close: 100 + ((ts / DAY) % 37) }));

function rowsOf(table: Table | undefined): [string, RowValue][] {
  assert.ok(table);
  return Array.from(table.ts, (ts, index) => [formatTime(ts), rowValue(table, index)]);
}

function monthOf(ts: number): string {
  return `${formatTime(ts).slice(0, 7)}-01`;
}

describe('bars that follow the calendar', () => {
  it('are made of days: months, years, and what is known of them on each day', async () => {
    const csv = ['date,close', ...days.map(({ ts, close }) => `${formatTime(ts)},${close}`)].join('\n');
    const files = { 'main.ts': MONTHS, 'days.csv': `${csv}\n` };
    const [project, parts] = [new Project(files), new Project(files)];
    const all = { start: parseTime('2022-01-01'), end: parseTime('2024-06-01') };
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const cold = await storedTables(project.cacheDir, report);
        const byMonth = new Map<string, number[]>();
        for (const { ts, close } of days)
          byMonth.set(monthOf(ts), [...(byMonth.get(monthOf(ts)) ?? []), close]);
        const last = days.at(-1)?.ts ?? 0;
        const closed = [...byMonth].filter(([month]) => month !== monthOf(last));
        const bars = closed.map(([month, closes]): [string, RowValue] => {
          const [open, close] = [closes[0] ?? null, closes.at(-1) ?? null];
          return [month, { open, high: Math.max(...closes), low: Math.min(...closes), close }];
        });
        assert.equal(bars.length, 27);
        assert.deepEqual(rowsOf(cold.get('month')), bars);
        assert.deepEqual(
          rowsOf(cold.get('year')).map(([year]) => year),
          ['2022-01-01', '2023-01-01'],
        );
        const means = bars.slice(1).map(([month], i): [string, RowValue] => {
          const [a, b] = [bars[i], bars[i + 1]].map((bar) => (bar?.[1] as { close: number }).close);
          return [month, ((a ?? 0) + (b ?? 0)) / 2];
        });
        assert.deepEqual(rowsOf(cold.get('mean')), means);
        // A month's bar is there once it has closed, on the day whose bar closes with it.
        const since = days.flatMap(({ ts, close }): [string, RowValue][] => {
          const known = bars.filter(([month]) => monthOf(ts + DAY) > month).at(-1);
          return known ? [[formatTime(ts), close - (known[1] as { close: number }).close]] : [];
        });
        assert.deepEqual(rowsOf(cold.get('since')), since);
        for (const [start, end] of [
          ['2023-03-10', '2023-05-20'],
          ['2022-01-01', '2022-12-31'],
          ['2022-12-01', '2024-06-01'],
        ] as const) {
          await child.materialize(parts, { start: parseTime(start), end: parseTime(end) });
        }
        const warm = await storedTables(parts.cacheDir, await child.materialize(parts, all));
        assert.deepEqual(warm, cold);
      });
    } finally {
      project.remove();
      parts.remove();
    }
  });

  it('wait for the end of a slot, and come with the option that the report names', async () => {
    const source = (options: string): string => `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    const hour = new StreamInput({ tags: ['hour'], interval: '1h', historyProvider: csvHistory('hours.csv'${options}) });
    const day = new Node({ name: 'day', interval: '1d', input: hour, period: 1, computeFn: (view) => view.latest(hour).close });
    this.addNodes([hour, day]);
  }
}`;
    const hours = (from: string, count: number): string =>
      Array.from({ length: count }, (_, i) => `${parseTime(from) + i * 3600},${i}\n`).join('');
    const csv = `time,close\n${hours('2024-03-11T14:00:00Z', 7)}${hours('2024-03-12T14:00:00Z', 5)}`;
    const project = new Project({ 'main.ts': source(''), 'hours.csv': csv });
    const all = { start: parseTime('2024-03-11'), end: parseTime('2024-03-20') };
    const days = async (child: Child): Promise<[string, RowValue][]> => {
      const report = await child.materialize(project, all);
      return rowsOf((await storedTables(project.cacheDir, report)).get('day'));
    };
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const { waits = '', reason } = nodeOf(report, 'day');
        assert.ok(reason.endsWith(waits));
        assert.match(
          waits,
          /^Its bar of 2024-03-12 waits for its close: hour ends at 2024-03-12T19:00:00Z\. If no more bars come before 2024-03-13, say completeUntil: '2024-03-13' in the source of hour\.$/,
        );
        assert.deepEqual(await days(child), [['2024-03-11', 6]]);
        const [, advice = ''] = /say (.*) in the source/.exec(waits) ?? [];
        project.write({ 'main.ts': source(`, { ${advice} }`) });
        assert.deepEqual(await days(child), [
          ['2024-03-11', 6],
          ['2024-03-12', 4],
        ]);
        assert.equal(nodeOf(await child.materialize(project, all), 'day').waits, undefined);
        // A bar that comes after all is taken in, and what is made of it again.
        project.append('hours.csv', `${parseTime('2024-03-12T19:00:00Z')},99\n`);
        assert.deepEqual(await days(child), [
          ['2024-03-11', 6],
          ['2024-03-12', 99],
        ]);
        project.append('hours.csv', hours('2024-03-13T14:00:00Z', 7));
        assert.deepEqual(await days(child), [
          ['2024-03-11', 6],
          ['2024-03-12', 99],
        ]);
        project.write({ 'main.ts': source(", { completeUntil: 'soon' }") });
        await refused(
          child.materialize(project, all),
          'time',
          /The completeUntil of hour "soon" is not a time/,
        );
      });
    } finally {
      project.remove();
    }
  });

  it('refuse a window of months, and months of weeks', async () => {
    const stream =
      "const day = new StreamInput({ tags: ['day'], interval: '1w', historyProvider: csvHistory('days.csv') });";
    const strategy = (node: string): string => `
import { csvHistory, Node, resample, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    ${stream}
    this.addNodes([day, ${node}]);
  }
}`;
    const cases = [
      [
        "new Node({ name: 'n', input: day, period: '1M', computeFn: () => 1 })",
        'period',
        /write days, such as '30d'/,
      ],
      [
        "resample({ name: 'n', input: day, interval: '1M' })",
        'interval',
        /made of bars of a day, or of an interval that divides one/,
      ],
    ] as const;
    for (const [node, code, pattern] of cases) {
      const project = new Project({ 'main.ts': strategy(node), 'days.csv': 'date,close\n2024-01-01,1\n' });
      try {
        await withChild((child) =>
          refused(child.materialize(project, { start: 0, end: DAY }), code, pattern),
        );
      } finally {
        project.remove();
      }
    }
  });
});
