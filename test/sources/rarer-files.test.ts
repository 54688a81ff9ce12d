import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { calendarSlots } from '../../src/engine/calendar/calendars.js';
import { TICKS, plainGrid } from '../../src/sdk/time/grid.js';
import { formatTime, MONTH } from '../../src/sdk/time/time.js';
import { advisedOptions } from '../../src/present/inspection/advised-options.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { parseProviderOptions } from '../../src/settings/provider-options.js';
import { Project, fails, readAll, rowsOf } from './support.js';

const DAY = 86_400;
const DATES = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05', '2024-01-08', '2024-01-09'];
const rows = (row: (date: string, at: number) => string): string =>
  DATES.map((date, at) => `${row(date, at)}\n`).join('');
const pad = (number: number): string => String(number).padStart(2, '0');

describe('rarer files', () => {
  let project: Project;
  before(() => (project = new Project()));
  after(() => project.remove());

  /** Times of the bars of a CSV file, and its rows. */
  const read = async (text: string, grid = plainGrid(DAY), options: Record<string, unknown> = {}) => {
    const found = rowsOf(await project.csv(text, options, grid));
    return { times: found.map(([ts]) => formatTime(ts)), found };
  };

  /** What each way out of a refusal gives: how many rows, and the first time. */
  const followed = async (text: string, told: RegExp, grid = plainGrid(DAY)) => {
    const error: unknown = await project.csv(text, {}, grid).catch((each: unknown) => each);
    assert.ok(error instanceof SeamlessError);
    assert.match(error.message, told);
    const ways: Record<string, string | undefined> = {};
    for (const option of advisedOptions(error.message)) {
      const { times } = await read(text, grid, parseProviderOptions(option));
      ways[option] = `${times.length} from ${times[0]}`;
    }
    return ways;
  };

  describe('times', () => {
    const spelled: readonly (readonly [string, (date: string) => string])[] = [
      ['02JAN2024, as SAS writes dates', (date) => `${date.slice(8)}JAN2024`],
      ['2024-Jan-02', (date) => `2024-Jan-${date.slice(8)}`],
      [
        '20240102 000000000, to milliseconds without a mark',
        (date) => `${date.replaceAll('-', '')} 000000000`,
      ],
      ['20240102000000000', (date) => `${date.replaceAll('-', '')}000000000`],
    ];
    for (const [what, write] of spelled)
      it(`are read where written as ${what}`, async () => {
        const { times } = await read(`date,close\n${rows((date, at) => `${write(date)},${at}`)}`);
        assert.deepEqual(times, DATES);
      });

    it('as 2018.01 and 2018.1 are no seconds of 1970: the query that makes dates of them is told, and works', async () => {
      const written = [2018, 2019].flatMap((year) =>
        Array.from({ length: 12 }, (_, month) => Number(`${year}.${pad(month + 1)}`)),
      );
      const text = `Date,P\n${written.map((each, at) => `${each},${at}\n`).join('')}`;
      for (const grid of [plainGrid(MONTH), plainGrid(DAY)]) {
        const error: unknown = await project.csv(text, {}, grid).catch((each: unknown) => each);
        assert.ok(error instanceof SeamlessError);
        const [, query = ''] = /sqlHistory\("(SELECT make_date[^"]+)"/.exec(error.message) ?? [];
        const found = await project.read('sql', { query, time: 'at' }, plainGrid(MONTH));
        assert.deepEqual([found.ts.length, formatTime(found.ts[9] ?? 0)], [24, '2018-10-01']);
      }
    });

    const months: readonly (readonly [string, (month: number) => string])[] = [
      ['2023-01', (month) => `2023-${pad(month)}`],
      ['2023M01', (month) => `2023M${pad(month)}`],
      ['202301', (month) => `2023${pad(month)}`],
      ['Jan 2023', (month) => `${['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'][month - 1]} 2023`],
    ];
    for (const [what, write] of months)
      it(`are those of months where written as ${what}`, async () => {
        const text = `TIME_PERIOD,OBS_VALUE\n${[1, 2, 3, 4, 5, 6].map((month) => `${write(month)},1.${month}\n`).join('')}`;
        const { times } = await read(text, plainGrid(MONTH));
        assert.deepEqual([times.length, times[0], times[5]], [6, '2023-01-01', '2023-06-01']);
      });

    it('are those of quarters and years', async () => {
      const quarters = [1, 2, 3, 4].map((quarter) => `2023-Q${quarter},${quarter}\n`).join('');
      const { times } = await read(`TIME,Value\n${quarters}`, plainGrid(3 * MONTH));
      assert.deepEqual(times, ['2023-01-01', '2023-04-01', '2023-07-01', '2023-10-01']);
      const years = [2019, 2020, 2021].map((year) => `${year},1.5\n`).join('');
      assert.deepEqual((await read(`Year,GDP\n${years}`, plainGrid(12 * MONTH))).times, [
        '2019-01-01',
        '2020-01-01',
        '2021-01-01',
      ]);
    });

    it('of six digits are refused with all readings, and are no count of seconds or days', async () => {
      const text = `<DATE>;<TIME>;<CLOSE>\n${[0, 1, 2].map((minute) => `030124;100${minute}00;27${minute}.5\n`).join('')}`;
      assert.deepEqual(
        await followed(text, /column DATE .* "030124", which may be a date in several ways/, plainGrid(60)),
        {
          "timeFormat: '%y%m%d'": '3 from 2003-01-24T10:00:00Z',
          "timeFormat: '%d%m%y'": '3 from 2024-01-03T10:00:00Z',
          "timeFormat: '%m%d%y'": '3 from 2024-03-01T10:00:00Z',
        },
      );
      // One reading that all of them have is enough.
      const clear = rows((date) => `${date.slice(2).replaceAll('-', '')},1`) + '240131,1\n';
      const days = [...DATES, '2024-01-31'];
      const ways = await followed(`date,close\n${clear}`, /timeFormat: '%y%m%d' or timeFormat: '%d%m%y'/);
      assert.equal(ways["timeFormat: '%y%m%d'"], `${days.length} from 2024-01-02`);
      assert.deepEqual(
        (await read(`date,close\n${rows((date) => `${date.slice(5, 7)}${date.slice(8)}24,1`)}011524,1\n`))
          .times,
        [...DATES, '2024-01-15'],
      );
    });

    it('are small numbers all the same where they are no dates', async () => {
      const { times } = await read('time,close\n100740,1\n100800,2\n100860,3\n', plainGrid(60));
      assert.equal(times[0], '1970-01-02T03:59:00Z');
    });

    it('that look like times are all named beside the one that was taken', async () => {
      project.write(
        'bars.csv',
        `gvkey,datadate,rdq,atq\n${rows((date, at) => `001690,${date},2024-02-0${at + 1},${at}`)}`,
      );
      const reader = await project.open('csv', { path: 'bars.csv' }, plainGrid(DAY));
      assert.deepEqual((await reader.taken?.())?.otherTimes, ['rdq']);
    });
  });

  describe('cells', () => {
    it('of codes keep the zeros before them', async () => {
      const { found } = await read(`日期,股票代码,收盘\n${rows((date) => `${date},000001,9.21`)}`);
      assert.deepEqual(found[0]?.[1], { 股票代码: '000001', 收盘: 9.21 });
      const text = `date,code,close\n${rows((date, at) => `${date},000001,${at}\n${date},000002,${at + 10}`)}`;
      const { found: one } = await read(text, plainGrid(DAY), { symbol: '000002' });
      assert.deepEqual([one.length, one[0]?.[1]], [6, { code: '000002', close: 10 }]);
    });

    it('that are all marks for missing are missing', async () => {
      const { found } = await read(
        `"","Date","Open","Side"\n${rows((date, at) => `"${at + 1}","${date}",NA,-`)}`,
      );
      assert.deepEqual(found[0]?.[1], { column0: 1, Open: null, Side: null });
      const later = await read(`Date,Side\n${rows((date, at) => `${date},${at > 3 ? 'buy' : '-'}`)}`);
      assert.equal((later.found[5]?.[1] as { Side: unknown }).Side, 'buy');
    });

    it('with lists of codes are texts beside prices with a dot', async () => {
      const { found } = await read(
        `date,conditions,price\n${rows((date, at) => `${date},"12,37",187.${at}`)}`,
      );
      assert.deepEqual(found[1]?.[1], { conditions: '12,37', price: 187.1 });
    });

    it('have thousands with a dot where others have a decimal comma', async () => {
      const { found } = await read(
        `"Data","Último","Vol.","Var%"\n${rows((date) => `"${date}","132.697","7,89B","-1,11%"`)}`,
      );
      assert.deepEqual(found[0]?.[1], { Último: 132_697, 'Vol.': 7.89e9, 'Var%': -1.11 });
    });
  });

  describe('lines', () => {
    it('of prose above have cells, too: the header names most columns', async () => {
      const text = `"";RATE.USD;RATE.USD_FLAGS\n"";Kurs der EZB;\nEinheit;USD (US-Dollar);\nStand vom;17.01.2024 16:00:05 Uhr;\n${rows((date) => `${date};1,0956;`)}`;
      assert.deepEqual((await read(text)).found[0]?.[1], { 'RATE.USD': 1.0956, 'RATE.USD_FLAGS': null });
    });

    it('whose cells end with spaces, and columns of one name, are refused with what reads them', async () => {
      const spaced = `Date Open Close\n${rows((date, at) => `${at + 1} ${date} 1.5 2.5`)}`;
      assert.deepEqual(await followed(spaced, /no column but Date Open Close/), {
        "delimiter: ' '": '6 from 2024-01-02',
      });
      const twins = `time,close,Plot,Plot\n${rows((date) => `${date},1,2,3`)}`;
      const ways = await followed(twins, /two columns called Plot: name all of them with columns/);
      assert.deepEqual(ways, { 'columns: ["time", "close", "Plot", "Plot 2"]': '6 from 2024-01-02' });
    });

    it('with a mark of their own, or of a second table, are told how to be read', async () => {
      project.write('marked.csv', `date,RET\n${rows((date, at) => `${date},${at === 0 ? 'C' : '-0.5'}`)}`);
      const table = async (options: Record<string, unknown>) =>
        rowsOf(await project.read('csv', { path: 'marked.csv', ...options }, plainGrid(DAY)));
      await fails(table({}), 'source-row', /missing: \['C'\]/);
      assert.deepEqual((await table({ missing: ['C'] }))[0]?.[1], { RET: null });
      const months = [1, 2, 3, 4, 5, 6].map((month) => `20230${month},    2.9${month},   0.22\n`).join('');
      const two = `Made from the 202401 database.\n\n,Mkt-RF,RF\n${months}\n Annual Factors\n,Mkt-RF,RF\n  1927,   29.47,    3.12\n\nCopyright 2024\n`;
      await fails(
        project.csv(two, {}, plainGrid(MONTH)),
        'source-row',
        /line 12 .* repeats the header.*conformance: 'permissive'/,
      );
      const { times, found } = await read(two, plainGrid(MONTH), { conformance: 'permissive' });
      assert.deepEqual(
        [times.length, times[5], found[5]?.[1]],
        [6, '2023-06-01', { 'Mkt-RF': 2.96, RF: 0.22 }],
      );
    });
  });

  describe('of several symbols', () => {
    const apart = `ticker,date,close\n${['A', 'B'].map((ticker) => rows((date, at) => `${ticker},${date},${at}`)).join('')}`;
    const mixed = `date,contract,close\n${rows((date, at) => `${date},ESH4,${at}\n${date},ESM4,${at}`)}`;

    it('are refused with the option for one, one after the other or beside each other', async () => {
      assert.deepEqual(await followed(apart, /several symbols, such as "A", "B" in its column ticker/), {
        "symbol: 'A'": '6 from 2024-01-02',
      });
      assert.deepEqual(await followed(mixed, /several symbols, such as "ESH4", "ESM4"/), {
        "symbol: 'ESH4'": '6 from 2024-01-02',
      });
      // Put in order they would be one stream.
      await fails(
        project.csv(apart, { conformance: 'permissive' }, plainGrid(DAY)),
        'source',
        /several symbols/,
      );
      const ticks = rows((date, at) => `${date}T14:30:00.${at}00Z,${at % 2 ? 'ESH4' : 'NQH4'},${at}`);
      await fails(project.csv(`ts,symbol,price\n${ticks}`, {}, TICKS), 'source', /symbol: 'ESH4'/);
    });

    it('are one stream where one follows the other, and a day with both hides itself alone', async () => {
      const rolled = (date: string, at: number): string => `${date},${at < 3 ? 'ESH4' : 'ESM4'},${at}`;
      assert.equal((await read(`date,contract,close\n${rows(rolled)}`)).found.length, 6);
      const newest = rows(rolled).trim().split('\n').reverse().join('\n');
      assert.equal((await read(`date,contract,close\n${newest}\n`)).found.length, 6);
      const both = `date,contract,close\n${rows((date, at) => (at === 3 ? `${date},ESH4,1\n${rolled(date, at)}` : rolled(date, at)))}`;
      project.write('both.csv', both);
      const reader = await project.open('csv', { path: 'both.csv' }, plainGrid(DAY));
      const early = { start: 0, end: Date.parse('2024-01-05') / 1000 };
      assert.equal((await readAll(reader, early)).ts.length, 3);
    });

    it('may trade on several markets, and have ids', async () => {
      const ticks = rows((date, at) => `${date}T14:30:00.${at}00Z,${at % 2 ? 'XNAS' : 'XNYS'},${at}`);
      for (const name of ['market', 'id']) {
        const table = await project.csv(`ts,${name},price\n${ticks}`, {}, TICKS);
        assert.equal(table.ts.length, 6);
      }
    });
  });

  describe('of several months', () => {
    it('are joined by names regardless of case', async () => {
      project.write('m-1.csv', 'date,open,close\n2024-01-30,1,2\n2024-01-31,1,2\n');
      project.write('m-2.csv', 'Date,Open,High,Close\n2024-02-01,3,5,4\n');
      const found = rowsOf(await project.read('csv', { path: 'm-*.csv' }, plainGrid(DAY)));
      assert.deepEqual(found[2]?.[1], { open: 3, close: 4, High: 5 });
      assert.deepEqual(found[0]?.[1], { open: 1, close: 2, High: null });
      // Where a file tells columns apart by case, it counts.
      project.write('n-1.csv', 'date,p,P\n2024-01-30,1,2\n');
      project.write('n-2.csv', 'date,p,P\n2024-02-01,3,4\n');
      const apart = rowsOf(await project.read('csv', { path: 'n-*.csv' }, plainGrid(DAY)));
      assert.deepEqual(apart[1]?.[1], { p: 3, P: 4 });
    });
  });

  describe('of sessions', () => {
    const session = { ...plainGrid(DAY), calendar: calendarSlots('XNYS', DAY) };
    const options = { stamp: 'close', timeZone: 'America/New_York' };

    it('stamped by the usual close are read on half days, and by no other hour', async () => {
      for (const [half, bars] of [
        ['13:00', 3],
        ['16:00', 3],
        ['17:00', 2],
      ] as const) {
        project.write(
          'close.csv',
          `time,close\n2024-11-27 16:00,1\n2024-11-29 ${half},2\n2024-12-02 16:00,3\n`,
        );
        const reader = await project.open('csv', { path: 'close.csv', ...options }, session);
        const opens: string[] = [];
        const everything = { start: -Infinity, end: Infinity };
        for await (const { ts } of reader.read(everything, () => undefined))
          opens.push(...Array.from(ts, formatTime));
        assert.equal(opens.length, bars, half);
        assert.equal(opens.includes('2024-11-29T14:30:00Z'), bars === 3, half);
      }
    });
  });

  describe('in Parquet', () => {
    let connection: DuckDBConnection;
    before(async () => {
      connection = await (await DuckDBInstance.create(':memory:')).connect();
    });
    after(() => connection.closeSync());
    const parquet = async (query: string): Promise<{ path: string }> => {
      await connection.run(`COPY (${query}) TO '${project.path('rare.parquet')}' (FORMAT parquet)`);
      return { path: 'rare.parquet' };
    };
    const dates = `(SELECT unnest(['${DATES.join("','")}'])::DATE AS d)`;

    it('with an index of several levels are refused with the symbols, and one is read', async () => {
      for (const order of ['t, d', 'd, t']) {
        const options = await parquet(
          `SELECT d::TIMESTAMP_NS AS "Date", t AS "Ticker", CASE t WHEN 'A' THEN 1.5 ELSE 2.5 END AS "Close"
           FROM ${dates}, (SELECT unnest(['A', 'B']) AS t) ORDER BY ${order}`,
        );
        await fails(
          project.read('parquet', options, plainGrid(DAY)),
          'source',
          /"A", "B" .* say symbol: 'A'/,
        );
        const one = rowsOf(await project.read('parquet', { ...options, symbol: 'B' }, plainGrid(DAY)));
        assert.deepEqual([one.length, one[0]?.[1]], [6, { Close: 2.5 }]);
        const query = `SELECT * FROM 'rare.parquet'`;
        await fails(
          project.read('sql', { query }, plainGrid(DAY)),
          'source',
          /write WHERE "Ticker" = 'A' into it/,
        );
        const where = `${query} WHERE "Ticker" = 'A'`;
        assert.equal((await project.read('sql', { query: where }, plainGrid(DAY))).ts.length, 6);
      }
      const nameless = await parquet(`SELECT d AS date, 1 AS close FROM ${dates}`);
      await fails(
        project.read('parquet', { ...nameless, symbol: 'A' }, plainGrid(DAY)),
        'source',
        /no column that names symbols.* WHERE in a query of sqlHistory/,
      );
    });

    it('with a date and a time of day in columns of their own are read by both', async () => {
      const options = await parquet(
        `SELECT DATE '2024-01-02' AS date, TIME '09:30:00' + to_minutes(i::INTEGER) AS time, i AS close FROM range(12) AS r(i)`,
      );
      const found = rowsOf(await project.read('parquet', options, plainGrid(60)));
      assert.deepEqual([found.length, formatTime(found[1]?.[0] ?? 0)], [12, '2024-01-02T09:31:00Z']);
      assert.deepEqual(found[1]?.[1], { close: 1 });
    });

    it('with dates as numbers of any length, and months', async () => {
      const days = await parquet(
        `SELECT strftime(d, '%Y%m%d093000')::BIGINT AS trade_time, 1.5 AS close FROM ${dates}`,
      );
      const [first] = rowsOf(await project.read('parquet', days, plainGrid(60)));
      assert.equal(formatTime(first?.[0] ?? 0), '2024-01-02T09:30:00Z');
      const months = await parquet('SELECT (202301 + i)::INTEGER AS yyyymm, i AS ret FROM range(12) AS r(i)');
      const found = rowsOf(await project.read('parquet', months, plainGrid(MONTH)));
      assert.deepEqual([found.length, formatTime(found[11]?.[0] ?? 0)], [12, '2023-12-01']);
    });

    it('name the other columns of times', async () => {
      const options = await parquet(`SELECT d AS date, d + 30 AS announced, 1 AS eps FROM ${dates}`);
      const reader = await project.open('parquet', options, plainGrid(DAY));
      assert.deepEqual((await reader.taken?.())?.otherTimes, ['announced']);
    });
  });
});
