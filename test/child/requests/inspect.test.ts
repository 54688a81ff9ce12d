// Slow (5 s): runs in a child process.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { advisedOptions } from '../../../src/present/inspection/advised-options.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { parseTime } from '../../../src/sdk/time/time.js';
import { nodeOf, Project, refused, storedTables, withChild } from '../../support/project.js';

const DAY = 86_400;
const at = (iso: string): number => parseTime(iso);

function strategyOf(line: string): string {
  return `
import { csvHistory, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    this.addNodes([${line}]);
  }
}`;
}

const minutes = (from: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${at(from) + i * 60},${i}`);

describe('a file that is inspected', () => {
  interface Inspected {
    readonly text: string;
    readonly interval: number;
    readonly phase?: number;
    readonly calendar?: string;
    readonly rows: number;
  }
  const files: Readonly<Record<string, Inspected>> = {
    'minutes.csv': {
      text: [
        'time,close',
        ...minutes('2024-01-02T14:30:00Z', 20),
        ...minutes('2024-01-03T14:30:00Z', 20),
      ].join('\n'),
      interval: 60,
      rows: 40,
    },
    'months.csv': {
      text: 'Date;Close\n2024-01-01;1,5\n2024-02-01;2,5\n2024-03-01;3,5\n2024-04-01;4,5\n',
      interval: 2_629_746,
      rows: 4,
    },
    'late.csv': {
      text: ['time,close', ...[0, 1, 2, 3].map((i) => `${at('2024-01-01') + i * 3600 + 1800},${i}`)].join(
        '\n',
      ),
      interval: 3600,
      phase: 1800,
      rows: 4,
    },
    'local.csv': {
      text: 'Date,Close\n2024-03-07 00:00:00-05:00,1\n2024-03-08 00:00:00-05:00,2\n2024-03-11 00:00:00-04:00,3\n2024-03-12 00:00:00-04:00,4\n',
      interval: DAY,
      rows: 4,
    },
    // Days stamped by the open of New York's session, which is an hour earlier in UTC after the change of clocks.
    'sessions.csv': {
      text: [
        'Datetime,Close',
        ...['04', '05', '06', '07', '08'].map((day) => `2024-03-${day} 14:30:00+00:00,1`),
        ...['11', '12', '13', '14', '15'].map((day) => `2024-03-${day} 13:30:00+00:00,1`),
      ].join('\n'),
      interval: DAY,
      calendar: 'XNYS',
      rows: 10,
    },
    // In winter alone New York's midnights have one hour of UTC: a phase would not be theirs in summer.
    'winter.csv': {
      text: 'Date,Close\n2024-01-03 00:00:00-05:00,1\n2024-01-04 00:00:00-05:00,2\n2024-01-05 00:00:00-05:00,3\n',
      interval: DAY,
      rows: 3,
    },
    'closes.csv': {
      text: 'Date,Close\n1/12/2024 16:00:00,1\n1/13/2024 16:00:00,2\n1/14/2024 16:00:00,3\n',
      interval: DAY,
      phase: 57_600,
      rows: 3,
    },
    'sheet.csv': { text: 'Date,Close\n45303,1\n45304,2\n45307,3\n', interval: DAY, rows: 3 },
  };

  it('says what it is read as, and a line that reads it so', async () => {
    const project = new Project(
      Object.fromEntries(Object.entries(files).map(([name, { text }]) => [name, text])),
    );
    try {
      await withChild(async (child) => {
        for (const [name, { interval, phase = 0, calendar, rows }] of Object.entries(files)) {
          const found = await child.client.request('inspect', { projectRoot: project.root, path: name });
          assert.deepEqual(
            [found.interval, found.phase, found.rows, found.bad],
            [interval, phase, rows, 0],
            name,
          );
          assert.equal(found.line.includes(`calendar: '${calendar}'`), calendar !== undefined, name);
          assert.equal(found.details.includes(`days of ${calendar}`), calendar !== undefined, name);
          project.write({ 'main.ts': strategyOf(found.line) });
          const { first, last } = found;
          assert.ok(first !== null && last !== null);
          const report = await child.materialize(project, { start: first, end: last + 1 });
          assert.equal(nodeOf(report, 'price').rows, rows, name);
        }
      });
    } finally {
      project.remove();
    }
  });

  const FRIDAYS = ['2024-01-05', '2024-01-12', '2024-01-19', '2024-01-26'];
  const SUNDAYS = ['2024-01-07', '2024-01-14', '2024-01-21', '2024-01-28'];
  const csv = (times: readonly string[]): string =>
    `time,close\n${times.map((time) => `${time},1\n`).join('')}`;
  const hours = ['2024-03-08', '2024-03-11'].flatMap((day) =>
    ['09:30', '10:30', '11:30', '12:30', '13:30', '14:30', '15:30'].map((time) => `${day} ${time}`),
  );
  const several: Readonly<
    Record<string, readonly [text: string, lines: readonly (readonly [RegExp, number])[]]>
  > = {
    'fridays.csv': [
      csv(FRIDAYS),
      [
        [/'1w', anchor: 'W-FRI', .*stamp: 'close'/, at('2023-12-30')],
        [/anchor: 'W-THU', [^{]*csvHistory\('[^{]*\) }\)$/, at(FRIDAYS[0] ?? '')],
      ],
    ],
    'sundays.csv': [
      csv(SUNDAYS),
      [
        [/anchor: 'W-SAT'/, at(SUNDAYS[0] ?? '')],
        [/interval: '1w', historyProvider.*stamp: 'close'/, at('2024-01-01')],
      ],
    ],
    'quarters.csv': [
      csv(['2023-11-01', '2024-02-01', '2024-05-01']),
      [[/'1q', anchor: 'Q-JAN', historyProvider: [^{]*$/, at('2023-11-01')]],
    ],
    'ends.csv': [
      csv(['2023-10-31', '2024-01-31', '2024-04-30']),
      [[/'1q', anchor: 'Q-JAN', .*stamp: 'close'/, at('2023-08-01')]],
    ],
    'monthends.csv': [
      csv(['2023-12-29', '2024-01-31', '2024-02-29']),
      [[/'1M', .*stamp: 'close'/, at('2023-12-01')]],
    ],
    'trades.csv': [
      csv([
        '2024-03-08 14:30:00',
        '2024-03-08 14:30:03',
        '2024-03-08 14:30:04',
        '2024-03-08 14:30:21',
        '2024-03-08 14:31:02',
      ]),
      [
        [/interval: 'tick'/, at('2024-03-08T14:30:00Z')],
        [/interval: '1s'/, at('2024-03-08T14:30:00Z')],
      ],
    ],
    'off.csv': [
      csv(['14:30:00', '14:31:02', '14:32:01', '14:33:00', '14:34:02'].map((time) => `2024-03-08 ${time}`)),
      [[/'1m', .*snap: '1m'/, at('2024-03-08T14:30:00Z')]],
    ],
    'fine.csv': [
      csv(['2024-03-08 14:30:00.1', '2024-03-08 14:30:03.25', '2024-03-08 14:30:04.5']),
      [[/interval: 'tick'/, at('2024-03-08T14:30:00.100Z')]],
    ],
    'local.csv': [
      csv(hours),
      [
        [/calendar: 'XNYS', .*timeZone: 'America\/New_York'/, at('2024-03-08T14:30:00Z')],
        [/phase: 1800/, at('2024-03-08T09:30:00Z')],
      ],
    ],
    'utc.csv': [csv(hours.map((time) => `${time}Z`)), [[/phase: 1800/, at('2024-03-08T09:30:00Z')]]],
  };

  it('has a line for each way in which it may be meant, and all of them read it', async () => {
    const project = new Project(
      Object.fromEntries(Object.entries(several).map(([name, [text]]) => [name, text])),
    );
    try {
      await withChild(async (child) => {
        for (const [name, [text, wanted]] of Object.entries(several)) {
          const found = await child.client.request('inspect', { projectRoot: project.root, path: name });
          const lines = [found.line, ...found.others.map(({ line }) => line)];
          assert.equal(lines.length, wanted.length, `${name}: ${lines.join('\n')}`);
          for (const [place, [says, first]] of wanted.entries()) {
            const line = lines[place] ?? '';
            assert.match(line, says, name);
            project.write({ 'main.ts': strategyOf(line) });
            const report = await child.materialize(project, {
              start: first - 40 * DAY,
              end: first + 400 * DAY,
            });
            const [node] = report.nodes;
            assert.deepEqual([node?.failure, node?.rows], [null, text.split('\n').length - 2], line);
            const tables = await storedTables(project.cacheDir, report);
            assert.equal(tables.get(node?.name ?? '')?.ts[0], first, line);
          }
        }
      });
    } finally {
      project.remove();
    }
  });

  it('with its gaps, its bad rows and what is to be said', async () => {
    const project = new Project({
      'bad.csv': [
        'time,close',
        ...minutes('2024-01-02', 10),
        `${at('2024-01-02') + 617},1`,
        ...minutes('2024-01-02T00:20:00Z', 10),
      ].join('\n'),
      'open.csv': 'Date,Close\n02/01/2024,1\n03/01/2024,2\n',
    });
    try {
      await withChild(async (child) => {
        const inspect = (path: string) =>
          child.client.request('inspect', { projectRoot: project.root, path });
        const found = await inspect('bad.csv');
        assert.deepEqual([found.time, found.columns], ['time', [{ name: 'close', type: 'number' }]]);
        assert.deepEqual([found.rows, found.gaps, found.bad], [20, 1, 1]);
        assert.deepEqual(found.longest, [[at('2024-01-02T00:10:00Z'), at('2024-01-02T00:20:00Z')]]);
        assert.match(found.faults.join(), /line 12 of bad\.csv .*not on the stream's grid of 1m/);
        await refused(
          inspect('open.csv'),
          'source',
          /say timeFormat: '%d\/%m\/%Y' or timeFormat: '%m\/%d\/%Y'/,
        );
        await refused(inspect('none.csv'), 'source', /none\.csv/);
      });
    } finally {
      project.remove();
    }
  });

  it('takes the options that its refusals name, and its line has them', async () => {
    const days = (dates: readonly string[]): string => dates.map((date) => `${date},1\n`).join('');
    const texts: Readonly<Record<string, readonly [text: string | Buffer, ways: number, given?: string]>> = {
      'open.csv': [`Date,Close\n${days(['02/01/2024', '03/01/2024', '04/01/2024'])}`, 2],
      'zone.csv': ['Time (EET),Close\n2024-01-02 10:00,1\n2024-01-02 11:00,2\n2024-01-02 12:00,3\n', 2],
      'bare.csv': ['2024-01-02,1,3,0.5,2,10\n2024-01-03,1,3,0.5,2,10\n2024-01-04,1,3,0.5,2,10\n', 1],
      'marks.csv': ['Date;Close\n2024-01-02;1.234\n2024-01-03;1.235\n2024-01-04;1.236\n', 4],
      'korea.csv': [Buffer.from('Date,\xc1\xbe\xb0\xa1\n2024-01-02,1\n2024-01-03,2\n', 'latin1'), 5],
      // Both at once: the second refusal comes once the first way out was taken.
      'both.csv': [
        '02/01/2024,1,3,0.5,2,10\n03/01/2024,1,3,0.5,2,10\n04/01/2024,1,3,0.5,2,10\n',
        2,
        "columns: ['time', 'open', 'high', 'low', 'close', 'volume']",
      ],
    };
    const project = new Project({});
    try {
      for (const [name, [text]] of Object.entries(texts)) writeFileSync(join(project.root, name), text);
      await withChild(async (child) => {
        const inspect = (path: string, options?: string) =>
          child.client.request('inspect', { projectRoot: project.root, path, options });
        for (const [name, [text, ways, given]] of Object.entries(texts)) {
          const error: unknown = await inspect(name, given).catch((refusal: unknown) => refusal);
          assert.ok(error instanceof SeamlessError, name);
          const advised = advisedOptions(error.message);
          assert.equal(advised.length, ways, error.message);
          for (const option of advised) {
            const options = given ? `${given}, ${option}` : option;
            const found = await inspect(name, options);
            assert.ok(found.line.includes(`, { ${options} })`), found.line);
            assert.ok(found.rows >= 2, option);
            project.write({ 'main.ts': strategyOf(found.line) });
            const [first, last] = [found.first ?? 0, (found.last ?? 0) + 1];
            const report = await child.materialize(project, { start: first, end: last });
            assert.equal(nodeOf(report, 'price').rows, found.rows, `${option} of ${String(text)}`);
          }
        }
      });
    } finally {
      project.remove();
    }
  });

  it('refuses options that are none, and says how they are written', async () => {
    const project = new Project({ 'data.csv': 'Date,Close\n2024-01-02,1\n2024-01-03,2\n' });
    try {
      await withChild(async (child) => {
        const inspect = (options: string) =>
          child.client.request('inspect', { projectRoot: project.root, path: 'data.csv', options });
        await refused(inspect('timeZone = Europe/London'), 'usage', /such as timeZone: 'Europe\/London'/);
        await refused(inspect("timezone: 'Europe/London'"), 'source', /did you mean timeZone\?/);
        await refused(inspect('decimal: true'), 'usage', /cannot be read/);
        const braced = await inspect(String.raw`{ delimiter: ',', columns: { close: 'Close' } }`);
        assert.match(braced.line, /\{ delimiter: ',', columns: \{ close: 'Close' \} \}/);
        await refused(inspect(String.raw`delimiter: '\t'`), 'source', /no column but/);
      });
    } finally {
      project.remove();
    }
  });

  it('with the calendar of hours whose zone was said, and the stamp', async () => {
    const project = new Project({ 'local.csv': csv(hours), 'fridays.csv': csv(FRIDAYS) });
    try {
      await withChild(async (child) => {
        const inspect = (path: string, options: string) =>
          child.client.request('inspect', { projectRoot: project.root, path, options });
        const local = await inspect('local.csv', "timeZone: 'America/New_York'");
        assert.match(local.line, /calendar: 'XNYS', .*timeZone: 'America\/New_York'/);
        assert.equal(local.others.length, 1);
        const weeks = await inspect('fridays.csv', "stamp: 'close'");
        assert.match(weeks.line, /anchor: 'W-FRI'/);
        assert.equal(weeks.others.length, 0);
      });
    } finally {
      project.remove();
    }
  });
});
