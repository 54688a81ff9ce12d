// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { rowValue, type Table } from '../../../src/sdk/table.js';
import { formatTime, parseTime } from '../../../src/sdk/time/time.js';
import { Project, refused, storedTables, withChild } from '../../support/project.js';

function main(setup: string): string {
  return `
import { barsOf, csvHistory, Node, resample, Strategy, StreamInput, Universe } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const day = new StreamInput({ tags: ['day'], interval: '1d', historyProvider: csvHistory('days.csv') });
    ${setup}
  }
}
`;
}

const DAY = 86_400;
const FIRST = parseTime('2023-11-20');
const days = (count: number): string =>
  `date,close,volume\n${Array.from({ length: count }, (_, at) => `${formatTime(FIRST + at * DAY)},${100 + ((at * 37) % 101) / 8},${100 + ((at * 37) % 101) / 8}\n`).join('')}`;
const DAYS = 234;
const all = { start: parseTime('2023-04-01'), end: parseTime('2024-08-01') };

/** What `close.resample(rule).agg(['first', 'max', 'min', 'last', 'sum'])` of pandas 3.1 gives, by the opens of whole slots. */
const PANDAS: Readonly<Record<string, readonly string[]>> = {
  'W-FRI': [
    '2023-11-18 100 109.25 100 105.875 521',
    '2023-11-25 110.5 111.75 100.375 100.375 744.375',
    '2023-12-02 105 110.875 101.625 107.5 743.75',
    '2023-12-09 112.125 112.125 100.75 102 743.125',
    '2023-12-16 106.625 112.5 103.25 109.125 755.125',
    '2023-12-23 101.125 111.625 101.125 103.625 741.875',
    '2023-12-30 108.25 110.75 100.25 110.75 741.25',
    '2024-01-06 102.75 112 100.625 105.25 740.625',
    '2024-01-13 109.875 112.375 101.875 112.375 752.625',
    '2024-01-20 104.375 110.25 101 106.875 739.375',
    '2024-01-27 111.5 111.5 100.125 101.375 738.75',
    '2024-02-03 106 111.875 102.625 108.5 750.75',
    '2024-02-10 100.5 111 100.5 103 737.5',
    '2024-02-17 107.625 112.25 100.875 110.125 749.5',
    '2024-02-24 102.125 111.375 100 104.625 736.25',
    '2024-03-02 109.25 111.75 101.25 111.75 748.25',
    '2024-03-09 103.75 109.625 100.375 106.25 735',
    '2024-03-16 110.875 112.125 100.75 100.75 747',
    '2024-03-23 105.375 111.25 102 107.875 746.375',
    '2024-03-30 112.5 112.5 101.125 102.375 745.75',
    '2024-04-06 107 111.625 100.25 109.5 745.125',
    '2024-04-13 101.5 112 101.5 104 744.5',
    '2024-04-20 108.625 111.125 100.625 111.125 743.875',
    '2024-04-27 103.125 112.375 101 105.625 743.25',
    '2024-05-04 110.25 111.5 100.125 100.125 742.625',
    '2024-05-11 104.75 110.625 101.375 107.25 742',
    '2024-05-18 111.875 111.875 100.5 101.75 741.375',
    '2024-05-25 106.375 112.25 103 108.875 753.375',
    '2024-06-01 100.875 111.375 100.875 103.375 740.125',
    '2024-06-08 108 110.5 100 110.5 739.5',
    '2024-06-15 102.5 111.75 100.375 105 738.875',
    '2024-06-22 109.625 112.125 101.625 112.125 750.875',
    '2024-06-29 104.125 110 100.75 106.625 737.625',
  ],
  'QE-JAN': ['2023-11-01 100 112.5 100 104.75 7751.125', '2024-02-01 109.375 112.5 100 104.375 9568.25'],
  'QS-FEB': ['2023-11-01 100 112.5 100 104.75 7751.125', '2024-02-01 109.375 112.5 100 104.375 9568.25'],
  'YE-MAR': ['2023-04-01 100 112.5 100 104.5 14129.5'],
};

const INTERVALS: Readonly<Record<string, string>> = { W: '1w', Q: '1q', Y: '1y' };
const name = (rule: string): string => rule.toLowerCase().replace('-', '_');
const SLOWER = Object.keys(PANDAS)
  .map(
    (rule) =>
      `const ${name(rule)} = resample({ name: '${name(rule)}', input: day, interval: '${INTERVALS[rule[0] ?? '']}', anchor: '${rule}' });`,
  )
  .join('\n');
const MADE = Object.keys(PANDAS).map(name).join(', ');

function bars(table: Table | undefined): string[] {
  assert.ok(table);
  return Array.from(table.ts, (ts, row) => {
    const { open, high, low, close, volume } = rowValue(table, row) as Readonly<Record<string, number>>;
    return [formatTime(ts), open, high, low, close, volume].join(' ');
  });
}

describe('anchored weeks, quarters and years', () => {
  it('are those of pandas, at once and as days come', async () => {
    const setup = `${SLOWER}\nthis.addNodes([day, ${MADE}]);`;
    const project = new Project({ 'main.ts': main(setup), 'days.csv': days(DAYS) });
    const grown = new Project({ 'main.ts': main(setup), 'days.csv': days(60) });
    try {
      await withChild(async (child) => {
        const cold = await storedTables(project.cacheDir, await child.materialize(project, all));
        for (const [rule, expected] of Object.entries(PANDAS))
          assert.deepEqual(bars(cold.get(name(rule))), expected, rule);
        for (const count of [60, 61, 96, 97, 133, 200, DAYS]) {
          grown.write({ 'days.csv': days(count) });
          await child.materialize(grown, all);
        }
        const warm = await storedTables(grown.cacheDir, await child.materialize(grown, all));
        for (const rule of Object.keys(PANDAS))
          assert.deepEqual(bars(warm.get(name(rule))), bars(cold.get(name(rule))), rule);
      });
    } finally {
      project.remove();
      grown.remove();
    }
  });

  it('are those of files, by first or last days, of ticks and of universes', async () => {
    const setup = `
    const week = new StreamInput({ tags: ['week'], interval: '1w', anchor: 'W-FRI', historyProvider: csvHistory('weeks.csv') });
    const ends = new StreamInput({ tags: ['ends'], interval: '1w', anchor: 'W-FRI', historyProvider: csvHistory('ends.csv', { stamp: 'close' }) });
    const quarter = new StreamInput({ tags: ['quarter'], interval: '1q', anchor: 'Q-JAN', historyProvider: csvHistory('quarters.csv') });
    const both = new Node({ name: 'both', input: [week, ends], period: 1, computeFn: (view) => view.latest(week).close - view.latest(ends).close });
    const many = new Universe({ name: 'many', interval: '1w', anchor: 'W-FRI', history: csvHistory('many.csv'), symbol: 'symbol', symbols: ['A', 'B'] });
    const twice = new Node({ name: 'twice', input: many, period: 1, computeFn: (view) => 2 * view.latest(many).close });
    const ticks = new StreamInput({ tags: ['ticks'], interval: 'tick', historyProvider: csvHistory('ticks.csv') });
    const bars = barsOf({ name: 'bars', input: ticks, interval: '1w', anchor: 'W-FRI' });
    this.addNodes([week, ends, quarter, both, bars, many, twice]);`;
    const project = new Project({
      'main.ts': main(setup),
      'days.csv': days(DAYS),
      // By the Saturdays that weeks begin with, and by the last day that was traded.
      'weeks.csv': 'date,close\n2024-01-06,1\n2024-01-13,2\n2024-01-20,3\n',
      'ends.csv': 'date,close\n2024-01-12,1\n2024-01-18,2\n2024-01-26,3\n',
      'many.csv': 'date,symbol,close\n2024-01-06,A,1\n2024-01-06,B,2\n2024-01-13,A,3\n2024-01-13,B,4\n',
      'quarters.csv': 'date,close\n2023-11-01,1\n2024-02-01,2\n',
      'ticks.csv':
        'time,price,size\n2024-01-12 23:59:59.5,1,1\n2024-01-13 00:00:00,2,1\n2024-01-19 12:00:00,3,1\n2024-01-20 00:00:00,4,1\n',
    });
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const tables = await storedTables(project.cacheDir, report);
        assert.deepEqual(
          report.nodes
            .filter(({ name }) => name.startsWith('twice'))
            .map(({ rows, failure }) => [rows, failure]),
          [
            [2, null],
            [2, null],
          ],
        );
        const opens = (of: string): string[] => Array.from(tables.get(of)?.ts ?? [], formatTime);
        assert.deepEqual(opens('week'), ['2024-01-06', '2024-01-13', '2024-01-20']);
        assert.deepEqual(opens('ends'), opens('week'));
        assert.deepEqual(opens('both'), opens('week'));
        assert.deepEqual(opens('quarter'), ['2023-11-01', '2024-02-01']);
        assert.deepEqual(bars(tables.get('bars')), ['2024-01-06 1 1 1 1 1', '2024-01-13 2 3 2 3 2']);
      });
    } finally {
      project.remove();
    }
  });

  it('of a session end with their day, and go on without a session on it', async () => {
    const setup = `
    const calendar = { zone: 'UTC', session: { open: '00:00', close: '24:00' }, holidays: ['2024-01-09'] };
    const own = new StreamInput({ tags: ['own'], interval: '1d', calendar, historyProvider: csvHistory('sessions.csv') });
    const week = resample({ name: 'week', input: own, interval: '1w', anchor: 'W-TUE' });
    this.addNodes([own, week]);`;
    const dates = ['03', '04', '05', '08', '10', '11', '12', '15', '16', '17'];
    const rows = dates.map((date, at) => `2024-01-${date},${at},${at}\n`).join('');
    const project = new Project({
      'main.ts': main(setup),
      'days.csv': days(2),
      'sessions.csv': `date,close,volume\n${rows}`,
    });
    try {
      await withChild(async (child) => {
        const tables = await storedTables(project.cacheDir, await child.materialize(project, all));
        assert.deepEqual(bars(tables.get('week')), ['2024-01-03 0 3 0 3 6', '2024-01-10 4 8 4 8 30']);
      });
    } finally {
      project.remove();
    }
  });

  const REFUSED: readonly (readonly [what: string, setup: string, message: RegExp])[] = [
    [
      'a name that is none',
      "this.addNodes([resample({ name: 'week', input: day, interval: '1w', anchor: 'W-FRY' })]);",
      /week: There is no anchor "W-FRY" of bars of 1w: did you mean 'W-FRI'\?/,
    ],
    [
      'an older name of pandas',
      "this.addNodes([resample({ name: 'year', input: day, interval: '1y', anchor: 'A-MAR' })]);",
      /There is no anchor "A-MAR" of bars of 1y: did you mean 'Y-MAR'\?/,
    ],
    [
      'an anchor of months',
      "this.addNodes([resample({ name: 'month', input: day, interval: '1M', anchor: 'ME' })]);",
      /Bars of 1M have no anchor, since each opens with the first of its month and is there at its end: leave anchor: "ME" out/,
    ],
    [
      'weeks that are made of other weeks',
      `const week = resample({ name: 'week', input: day, interval: '1w', anchor: 'W-FRI' });
       this.addNodes([resample({ name: 'two', input: week, interval: '2w' })]);`,
      /two makes bars of 2w with no anchor of those of week, which are of 1w with anchor 'W-FRI'/,
    ],
    [
      'years that are made of other quarters',
      `const quarter = resample({ name: 'quarter', input: day, interval: '1q', anchor: 'Q-JAN' });
       this.addNodes([resample({ name: 'year', input: quarter, interval: '1y', anchor: 'Y-MAR' })]);`,
      /year makes bars of 1y with anchor 'Y-MAR' of those of quarter, which are of 1q with anchor 'Q-JAN'/,
    ],
    [
      'weeks of two anchors in one node',
      `const fri = resample({ name: 'fri', input: day, interval: '1w', anchor: 'W-FRI' });
       const sun = resample({ name: 'sun', input: day, interval: '1w' });
       this.addNodes([new Node({ name: 'both', input: [fri, sun], period: 1, computeFn: () => 1 })]);`,
      /Node both has bars of 1w that never open together: fri has anchor 'W-FRI', sun has no anchor\. Give all of them the same anchor/,
    ],
    [
      'a phase beside it',
      `this.addNodes([new StreamInput({ tags: ['w'], interval: '1w', anchor: 'W-FRI', historyProvider: csvHistory('days.csv', { phase: 0 }) })]);`,
      /The source of w has a phase, but anchor 'W-FRI' says where its bars open: leave the phase out/,
    ],
    [
      'an anchor of ticks',
      `this.addNodes([new StreamInput({ tags: ['t'], interval: 'tick', anchor: 'W-FRI', historyProvider: csvHistory('days.csv') })]);`,
      /t has ticks, which are in no slot: leave its anchor out, and say it where bars are made: barsOf\(\{ …, anchor: 'W-FRI' \}\)/,
    ],
  ];
  for (const [what, setup, message] of REFUSED) {
    it(`refuse ${what}`, async () => {
      const project = new Project({ 'main.ts': main(setup), 'days.csv': days(3) });
      try {
        await withChild((child) =>
          refused(
            child.materialize(project, all),
            message.source.includes('phase') ? 'source' : 'interval',
            message,
          ),
        );
      } finally {
        project.remove();
      }
    });
  }
});
