import assert from 'node:assert/strict';
import { plainGrid, TICKS, type Grid } from '../../../src/sdk/time/grid.js';
import { formatTime, MONTH } from '../../../src/sdk/time/time.js';
import { Project, fails, readAll } from '../support.js';

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const WEEK = { ...plainGrid(7 * DAY), phase: 4 * DAY };
const rows = (count: number, row: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => `${row(at)}\n`).join('');
const pad = (number: number): string => String(number).padStart(2, '0');

/** Times as terminals, exchanges and statistics offices write them. */
describe('times in files', () => {
  const project = new Project();
  after(() => project.remove());

  const times = async (text: string, grid: Grid, options = {}): Promise<string[]> =>
    Array.from((await project.csv(text, options, grid)).ts, formatTime);
  const taken = async (text: string, grid: Grid) => {
    project.write('taken.csv', text);
    const reader = await project.open('csv', { path: 'taken.csv' }, grid);
    return reader.taken?.();
  };

  const MINUTES = ['2024-03-08T14:00:00Z', '2024-03-08T14:01:00Z'];
  const SPELLED: readonly (readonly [kind: string, first: string, second: string])[] = [
    ['abbreviations of zones', '2024-03-08 09:00:00 EST', '2024-03-08 10:01:00 EDT'],
    [
      'the name of a zone after a fraction',
      '2024-03-08 09:00:00.000 America/New_York',
      '2024-03-08 09:01:00.000 America/New_York',
    ],
    ['a zone in brackets', '2024-03-08T14:00:00Z[UTC]', '2024-03-08T14:01:00Z[UTC]'],
    [
      'an offset and a zone in brackets',
      '2024-03-08T09:00-05:00[America/New_York]',
      '2024-03-08T09:01-05:00[America/New_York]',
    ],
    [
      'JavaScript',
      'Fri Mar 08 2024 14:00:00 GMT+0000 (Coordinated Universal Time)',
      'Fri Mar 08 2024 14:01:00 GMT+0000 (Coordinated Universal Time)',
    ],
    ['C', 'Fri Mar 08 14:00:00 2024', 'Fri Mar 08 14:01:00 2024'],
    ['days of the year', '2024-068T14:00:00', '2024-068T14:01:00'],
    ['hours and minutes with a letter', '2024-03-08 14h00', '2024-03-08 14h01'],
    ['hours and minutes with a dot', '08.03.2024 14.00', '08.03.2024 14.01'],
    ['milliseconds after a colon', '08.03.2024 14:00:00:000', '08.03.2024 14:01:00:000'],
    ['names of files', '2024-03-08_14-00-00', '2024-03-08_14-01-00'],
    ['words', '2024-03-08 at 14:00', '2024-03-08 at 14:01'],
    ['a comma before 12 hours', '"Mar 08, 2024, 2:00 PM"', '"Mar 08, 2024, 2:01 PM"'],
    ['UTC in parentheses', '2024-03-08 14:00:00 (UTC)', '2024-03-08 14:01:00 (UTC)'],
  ];
  for (const [kind, first, second] of SPELLED)
    it(`are read in the spelling of ${kind}`, async () => {
      assert.deepEqual(await times(`time,close\n${first},1\n${second},2\n`, plainGrid(MINUTE)), MINUTES);
    });

  it('with an abbreviation that several zones have are refused', () =>
    fails(
      times('time,close\n2024-03-08 09:00:00 CST,1\n', plainGrid(MINUTE)),
      'source',
      /CST", which is no time/,
    ));

  const PERIODS: readonly (readonly [
    kind: string,
    cells: readonly string[],
    grid: Grid,
    first: string,
    last: string,
  ])[] = [
    ['ISO weeks', ['2024-W09', '2024-W10'], WEEK, '2024-02-26', '2024-03-04'],
    ['half-years', ['2023-S1', '2023-S2'], plainGrid(6 * MONTH), '2023-01-01', '2023-07-01'],
    [
      'quarters with the year behind',
      ['Q1 2023', 'Q2 2023'],
      plainGrid(3 * MONTH),
      '2023-01-01',
      '2023-04-01',
    ],
    ['months with the year behind', ['01/2023', '02/2023'], plainGrid(MONTH), '2023-01-01', '2023-02-01'],
    [
      'months by name behind the year',
      ['2023 JAN', '2023 FEB'],
      plainGrid(MONTH),
      '2023-01-01',
      '2023-02-01',
    ],
    ['months of years of two digits', ['Jan-23', 'Feb-23'], plainGrid(MONTH), '2023-01-01', '2023-02-01'],
    ['months of the last century', ['Dec-99', 'Jan-00'], plainGrid(MONTH), '1999-12-01', '2000-01-01'],
  ];
  for (const [kind, cells, grid, first, last] of PERIODS)
    it(`are read as ${kind}`, async () => {
      const found = await times(`Period,x\n${cells.map((cell, at) => `${cell},${at}\n`).join('')}`, grid);
      assert.deepEqual(found, [first, last]);
    });

  it('that are days of a month without a year are no months of years', () =>
    fails(
      times(`Date,x\n${rows(28, (at) => `Feb-${pad(at + 1)},1`)}`, plainGrid(DAY)),
      'source',
      /"Feb-\d\d", which is no time/,
    ));

  it('of several periods in one column are refused', () =>
    fails(
      times('Period,x\n2022,1\n2022 Q1,2\n2022 Q2,3\n2022 JAN,4\n2022 FEB,5\n', plainGrid(MONTH)),
      'source',
      /column Period .* has years, quarters, and months, and a stream has bars of one interval.*WHERE/,
    ));

  describe('in two columns', () => {
    const open = ['2024-01-02T09:30:00Z', '2024-01-02T09:45:00Z', '2024-01-02T10:00:00Z'];
    const CLOCKS: readonly (readonly [kind: string, header: string, cells: readonly string[]])[] = [
      ['numbers of hours and minutes', 'date,time,x', ['20240102,930', '20240102,945', '20240102,1000']],
      ['numbers with seconds', 'date,time,x', ['20240102,93000', '20240102,94500', '20240102,100000']],
      [
        'a date beside the whole time',
        'date,time,code,x',
        [
          '2024-01-02,20240102093000000,a',
          '2024-01-02,20240102094500000,a',
          '2024-01-02,20240102100000000,a',
        ],
      ],
    ];
    for (const [kind, header, cells] of CLOCKS)
      it(`are read: ${kind}`, async () => {
        const text = `${header}\n${cells.map((cell) => `${cell},1\n`).join('')}`;
        assert.deepEqual(await times(text, plainGrid(15 * MINUTE)), open);
      });

    it('with midnight as 0', async () => {
      const text = `date,time,x\n${[0, 15, 30, 45, 100].map((time) => `20240102,${time},1\n`).join('')}`;
      const found = await times(text, plainGrid(15 * MINUTE));
      assert.deepEqual(
        [found[0], found[1], found[4]],
        ['2024-01-02', '2024-01-02T00:15:00Z', '2024-01-02T01:00:00Z'],
      );
    });

    it('with hours, from 0 or numbered from 1', async () => {
      const hours = (first: number): string =>
        `Date,Hour,Price\n${rows(30, (at) => `2024-01-${pad(2 + Math.floor(at / 24))},${(at % 24) + first},${at}`)}`;
      for (const first of [0, 1]) {
        const found = await times(hours(first), plainGrid(HOUR));
        assert.deepEqual(
          [found[0], found[23], found[24]],
          ['2024-01-02', '2024-01-02T23:00:00Z', '2024-01-03'],
        );
      }
      const ends = await times(hours(1), plainGrid(HOUR), { stamp: 'close' });
      assert.deepEqual([ends[0], ends[23]], ['2024-01-02', '2024-01-02T23:00:00Z']);
      assert.match((await taken(hours(1), plainGrid(HOUR)))?.timeWords ?? '', /hours 1 to 24/);
    });

    it('whose days end at 24:00 are ends of bars, as the message says', async () => {
      const text = `Day,Ending,Price\n${rows(30, (at) => `2024-01-${pad(13 + Math.floor(at / 24))},${pad((at % 24) + 1)}:00,${at}`)}`;
      await fails(
        times(text, plainGrid(HOUR)),
        'source',
        /column Ending .*runs to 24:00.*say stamp: 'close'/,
      );
      const found = await times(text, plainGrid(HOUR), { stamp: 'close' });
      assert.deepEqual(
        [found.length, found[0], found[23], found[24]],
        [30, '2024-01-13', '2024-01-13T23:00:00Z', '2024-01-14'],
      );
    });

    it('in Parquet, too', async () => {
      const query = `SELECT 20240102 AS date, (930 + i)::INTEGER AS time, i AS x FROM range(20) r(i)`;
      const found = await project.read('sql', { query: `SELECT * FROM (${query})` }, plainGrid(MINUTE));
      assert.deepEqual([found.ts.length, formatTime(found.ts[19] ?? 0)], [20, '2024-01-02T09:49:00Z']);
    });
  });

  describe('in parts', () => {
    it('are read from year, month and day', async () => {
      const text = 'Year,Month,Day,Close\n2023,12,29,1\n2024,1,2,2\n';
      assert.deepEqual(await times(text, plainGrid(DAY)), ['2023-12-29', '2024-01-02']);
      assert.deepEqual((await taken(text, plainGrid(DAY)))?.time, 'Year and Month and Day');
      const hours = 'year,month,day,hour,x\n2024,1,2,9,1\n2024,1,2,10,2\n';
      assert.deepEqual(await times(hours, plainGrid(HOUR)), ['2024-01-02T09:00:00Z', '2024-01-02T10:00:00Z']);
    });

    it('are read from year and month, by number, letter or name', async () => {
      for (const [december, january] of [
        ['M12', 'M01'],
        ['Dec', 'Jan'],
        ['December', 'January'],
      ])
        assert.deepEqual(
          await times(
            `Series,Year,Period,Value\nA,2023,${december},1\nA,2024,${january},2\n`,
            plainGrid(MONTH),
          ),
          ['2023-12-01', '2024-01-01'],
          december,
        );
    });

    it('are read from year and quarter', async () => {
      for (const [last, first] of [
        ['4', '1'],
        ['Q4', 'Q1'],
      ])
        assert.deepEqual(
          await times(`Year,Quarter,GDP\n2023,${last},1\n2024,${first},2\n`, plainGrid(3 * MONTH)),
          ['2023-10-01', '2024-01-01'],
        );
    });

    it('with a row that cannot be one are refused at that row', () =>
      fails(
        times('Year,Month,Close\n2023,12,1\n2024,1,2,3\n2024,2,3\n', plainGrid(MONTH)),
        'source-row',
        /line 3/,
      ));

    it('in a query, too', async () => {
      const query = 'SELECT 2023 + i // 12 AS year, 1 + i % 12 AS month, i AS x FROM range(24) r(i)';
      const reader = await project.open('sql', { query }, plainGrid(MONTH));
      assert.equal((await readAll(reader)).ts.length, 24);
      assert.equal(formatTime((await reader.bounds())?.last ?? 0), '2024-12-01');
    });
  });

  it('are found by their content: small letters for columns, and volumes that could be seconds', async () => {
    const at = Date.parse('2024-01-02') / 1000;
    const text = `v,vw,o,c,t,n\n${rows(9, (i) => `${120_000_000 + i * 7e6}.0,1.5,1,2,${(at + i * 60) * 1000},${i}`)}`;
    assert.deepEqual((await times(text, plainGrid(MINUTE))).slice(0, 2), [
      '2024-01-02',
      '2024-01-02T00:01:00Z',
    ]);
    const unnamed = text.replace(',t,', ',q,');
    assert.equal((await times(unnamed, TICKS))[1], '2024-01-02T00:01:00Z');
  });

  it('are told by a name that says how they are written', async () => {
    const text = (name: string): string => `market,${name},oi\nGOLD,03/01/2023,1\nGOLD,10/01/2023,2\n`;
    assert.deepEqual(await times(text('date_DD_MM_YYYY'), WEEK, { stamp: 'close' }), [
      '2023-01-02',
      '2023-01-09',
    ]);
    const six = 'market,As_of_Date_In_Form_YYMMDD,oi\nGOLD,230103,1\nGOLD,230110,2\n';
    assert.deepEqual(await times(six, plainGrid(DAY)), ['2023-01-03', '2023-01-10']);
  });
});
