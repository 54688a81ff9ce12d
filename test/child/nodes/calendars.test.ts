// Slow (20 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rowValue, type Table } from '../../../src/sdk/table.js';
import { formatTime, parseTime } from '../../../src/sdk/time/time.js';
import { Project, refused, storedTables, withChild } from '../../support/project.js';

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

/** A strategy whose setup is written by each test. */
function main(setup: string): string {
  return `
import { csvHistory, Node, resample, sma, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    ${setup}
  }
}
`;
}

function stamps(table: Table | undefined): string[] {
  assert.ok(table);
  return Array.from(table.ts, formatTime);
}

function closes(table: Table | undefined): unknown[] {
  assert.ok(table);
  return Array.from(table.ts, (_, row) => (rowValue(table, row) as { close: number }).close);
}

function csv(rows: readonly string[]): string {
  return `date,close\n${rows.map((row, index) => `${row},${100 + index}`).join('\n')}\n`;
}

/** The first sessions of March 2024 in New York, over the change of clocks on the 10th, and the opens they have in UTC. */
const DATES = ['2024-03-06', '2024-03-07', '2024-03-08', '2024-03-11', '2024-03-12', '2024-03-13'];
const OPENS = DATES.map((date) => `${date}T${date < '2024-03-10' ? '14' : '13'}:30:00Z`);
const offset = (date: string): string => (date < '2024-03-10' ? '-05:00' : '-04:00');

const STAMPS: Readonly<Record<string, readonly string[]>> = {
  'local midnights with offsets, as yfinance has them': DATES.map(
    (date) => `${date} 00:00:00${offset(date)}`,
  ),
  'local midnights in UTC, as Alpaca has them': DATES.map(
    (date) => `${date}T0${date < '2024-03-10' ? 5 : 4}:00:00Z`,
  ),
  dates: DATES,
  'midnights of UTC': DATES.map((date) => `${date}T00:00:00Z`),
  opens: OPENS,
};

const DAILY = main(`
    const day = new StreamInput({ tags: ['day'], interval: '1d', calendar: 'XNYS', historyProvider: csvHistory('days.csv') });
    const mean = sma({ name: 'mean', input: day, period: 2 });
    const week = resample({ name: 'week', input: day, interval: '1w' });
    this.addNodes([day, mean, week]);`);

describe('bars on a calendar', () => {
  for (const [what, rows] of Object.entries(STAMPS)) {
    it(`of days are read by ${what}`, async () => {
      const project = new Project({ 'main.ts': DAILY, 'days.csv': csv(rows) });
      const all = { start: parseTime('2024-03-01'), end: parseTime('2024-04-01') };
      try {
        await withChild(async (child) => {
          const report = await child.materialize(project, all);
          const tables = await storedTables(project.cacheDir, report);
          assert.deepEqual(stamps(tables.get('day')), OPENS);
          assert.deepEqual(stamps(tables.get('mean')), OPENS.slice(1));
          // The week that began on the 11th is open still.
          assert.deepEqual(stamps(tables.get('week')), ['2024-03-04T14:30:00Z']);
          assert.deepEqual(closes(tables.get('week')), [102]);
        });
      } finally {
        project.remove();
      }
    });
  }

  it('of hours of a session are read over a change of clocks by one line, and make days', async () => {
    const hours = DATES.flatMap((date) =>
      Array.from(
        { length: 7 },
        (_, hour) => `${date} ${String(9 + hour).padStart(2, '0')}:30:00${offset(date)}`,
      ),
    );
    const setup = `
    const hour = new StreamInput({ tags: ['hour'], interval: '1h', calendar: 'XNYS', historyProvider: csvHistory('hours.csv') });
    const day = resample({ name: 'day', input: hour, interval: '1d' });
    const asOf = new Node({ name: 'asOf', input: hour, interval: '1d', period: 1, computeFn: (view) => view.asOf });
    this.addNodes([hour, day, asOf]);`;
    const project = new Project({ 'main.ts': main(setup), 'hours.csv': csv(hours) });
    const all = { start: parseTime('2024-03-01'), end: parseTime('2024-04-01') };
    try {
      await withChild(async (child) => {
        const tables = await storedTables(project.cacheDir, await child.materialize(project, all));
        assert.equal(tables.get('hour')?.ts.length, 42);
        assert.deepEqual(stamps(tables.get('day')), OPENS);
        // The bar of a session that has ended is there at its close.
        assert.deepEqual(closes(tables.get('day')), [106, 113, 120, 127, 134, 141]);
        const asOf = tables.get('asOf') as Table;
        assert.deepEqual(
          Array.from(asOf.ts, (_, row) => formatTime(rowValue(asOf, row) as number)),
          DATES.map((date) => `${date}T${date < '2024-03-10' ? '21' : '20'}:00:00Z`),
        );
      });
    } finally {
      project.remove();
    }
  });

  it('of a source that makes those of UTC are made as the refusal says', async () => {
    const stream =
      "new StreamInput({ tags: ['made'], interval: '1d', calendar: 'XNYS', historyProvider: demoHistory({ seed: 7 }) })";
    const setup = `const made = ${stream}; this.addNodes([made]);`;
    const strategy = (text: string): string => main(text).replace('csvHistory,', 'csvHistory, demoHistory,');
    const project = new Project({ 'main.ts': strategy(setup) });
    const march = { start: parseTime('2024-03-06'), end: parseTime('2024-03-14') };
    try {
      await withChild(async (child) => {
        const { message } = await refused(
          child.materialize(project, march),
          'source',
          /the stream follows XNYS/,
        );
        const [, interval, made = ''] =
          /give the stream (interval: '30m'), and make .* with (resample\(.*\))\./.exec(message) ?? [];
        const mended = setup.replace("interval: '1d', calendar: 'XNYS'", interval ?? '');
        const bars = `const bars = ${made.replace('input: …', 'input: made')};`;
        project.write({
          'main.ts': strategy(mended.replace('this.addNodes([made])', `${bars} this.addNodes([bars])`)),
        });
        const tables = await storedTables(project.cacheDir, await child.materialize(project, march));
        assert.deepEqual(stamps(tables.get('bars')), OPENS);
      });
    } finally {
      project.remove();
    }
  });

  it('of days stamped by their opens are recognized, and read once the advice is followed', async () => {
    const from = parseTime('2024-02-26');
    const weekdays = Array.from({ length: 26 }, (_, day) => formatTime(from + day * 86_400)).filter(
      (date) => new Date(date).getUTCDay() % 6 !== 0,
    );
    const rows = weekdays.map((date) => `${date} 09:30:00${offset(date)}`);
    const plain = DAILY.replace(" calendar: 'XNYS',", '');
    const project = new Project({ 'main.ts': plain, 'days.csv': csv(rows) });
    const all = { start: parseTime('2024-02-01'), end: parseTime('2024-04-01') };
    try {
      await withChild(async (child) => {
        const refused = await child.materialize(project, all).catch((error: unknown) => error as Error);
        const text =
          refused instanceof Error
            ? refused.message
            : JSON.stringify(refused.nodes.map(({ reason }) => reason));
        const [, advice] = /say so with (calendar: '\w+') in the stream/.exec(text) ?? assert.fail(text);
        project.write({ 'main.ts': plain.replace("interval: '1d',", `interval: '1d', ${advice},`) });
        const tables = await storedTables(project.cacheDir, await child.materialize(project, all));
        assert.equal(tables.get('day')?.ts.length, weekdays.length);
      });
    } finally {
      project.remove();
    }
  });

  it('are read and made by the lines of the README', async () => {
    const [, text] =
      /```ts\n(new StreamInput\(\{\n {2}tags: \['SPY'\][^`]*)```/.exec(README) ??
      assert.fail('no such lines');
    const [day, hour, resampled] = (text ?? '').split(/(?<=^\}\);)\n/m);
    const eurusd = `new StreamInput({ tags: ['EURUSD'], interval: '1h', historyProvider: csvHistory('fx.csv') });`;
    const setup = `
    const spy = ${day}
    const hour = ${hour}
    const eurusd = ${eurusd}
    const fx = ${resampled}
    this.addNodes([spy, hour, eurusd, fx]);`;
    const fx = Array.from({ length: 60 }, (_, i) => formatTime(parseTime('2024-03-05T22:00:00Z') + i * 3600));
    const project = new Project({
      'main.ts': main(setup),
      'data/spy-yfinance.csv': csv(DATES.map((date) => `${date} 00:00:00${offset(date)}`)),
      'data/spy-hours.csv': csv(DATES.map((date) => `${date} 10:30:00${offset(date)}`)),
      'fx.csv': csv(fx),
    });
    const all = { start: parseTime('2024-03-01'), end: parseTime('2024-04-01') };
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const tables = await storedTables(project.cacheDir, report);
        const [spy, ofHours, , ofDays] = report.nodes.map(({ name }) => tables.get(name));
        assert.deepEqual(stamps(spy), OPENS);
        assert.equal(ofHours?.ts.length, DATES.length);
        assert.deepEqual(stamps(ofDays), ['2024-03-05T22:00:00Z', '2024-03-06T22:00:00Z']);
      });
    } finally {
      project.remove();
    }
  });

  it('are verified bit for bit: days, a mean of them, and weeks', async () => {
    const project = new Project({ 'main.ts': DAILY, 'days.csv': csv(DATES) });
    const all = { start: parseTime('2024-03-01'), end: parseTime('2024-04-01') };
    try {
      await withChild((child) => child.materialize(project, all));
      const { nodes } = await withChild((child) =>
        child.request('verify', { strategy: project.strategy('main.ts'), nodes: [], sample: null }),
      );
      assert.deepEqual(
        nodes.map(({ name, state }) => [name, state]),
        ['day', 'mean', 'week'].map((name) => [name, 'verified']),
      );
    } finally {
      project.remove();
    }
  });

  it('refuse a holiday, a wider spacing, an unknown calendar, and days that differ', async () => {
    const cases = [
      [
        csv([...DATES.slice(0, 3), '2024-03-09', ...DATES.slice(3)]),
        DAILY,
        /a row has the time 2024-03-09, at which no bar of 1d of XNYS opens; the nearest open at 2024-03-08T14:30:00Z and 2024-03-11T13:30:00Z\. To leave such rows out and count them, say conformance: 'permissive'\./,
      ],
      [
        csv([
          '2024-03-04',
          '2024-03-11',
          '2024-03-18',
          '2024-03-25',
          '2024-04-01',
          '2024-04-08',
          '2024-04-15',
          '2024-04-22',
        ]),
        DAILY,
        /its rows are at least 4 bars of 1d of XNYS apart.*such as interval: '1w'/,
      ],
      [csv(DATES), DAILY.replace('XNYS', 'XNYSE'), /There is no calendar "XNYSE": did you mean 'XNYS'\?/],
      [
        csv(DATES),
        main(`
    const day = new StreamInput({ tags: ['day'], interval: '1d', calendar: 'XNYS', historyProvider: csvHistory('days.csv') });
    const other = new StreamInput({ tags: ['other'], interval: '1d', historyProvider: csvHistory('days.csv') });
    this.addNodes([day, other, new Node({ name: 'both', input: [day, other], period: 1, computeFn: () => 1 })]);`),
        /Node both has bars of 1d of different days: day follows XNYS, other follows days of UTC/,
      ],
    ] as const;
    await withChild(async (child) => {
      for (const [days, strategy, message] of cases) {
        const project = new Project({ 'main.ts': strategy, 'days.csv': days });
        const all = { start: parseTime('2024-03-01'), end: parseTime('2024-06-01') };
        try {
          const report = await child.materialize(project, all).catch((error: unknown) => error as Error);
          const text =
            report instanceof Error
              ? report.message
              : JSON.stringify(report.nodes.map((node) => node.reason));
          assert.match(text, message);
        } finally {
          project.remove();
        }
      }
    });
  });
});
