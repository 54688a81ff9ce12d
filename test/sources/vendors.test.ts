import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { SourceReader } from '../../src/engine/ports/source.js';
import { Project, fails, readAll, rowsOf, zipOf } from './support.js';
import { cases } from '../support/profile.js';

const at = (iso: string): number => Date.parse(iso) / 1000;
const DAY = 86_400;

/** Files as vendors write them: each kind once, with its right reading. */
describe("vendors' files", () => {
  const project = new Project();
  after(() => project.remove());

  const times = async (text: string | Uint8Array, options = {}, stream = {}) => [
    ...(await project.csv(text, options, stream)).ts,
  ];

  describe('times', () => {
    const daily = { interval: DAY };
    const days = [at('2024-01-12'), at('2024-01-15')];

    for (const [written, first, second] of [
      ['yyyymmdd', '20240112', '20240115'],
      ['dots, day first', '12.01.2024', '15.01.2024'],
      ['dots, year first', '2024.01.12', '2024.01.15'],
      ['month by name', '12-Jan-2024', '15-Jan-2024'],
      ['month by name, two digits for the year', '12-Jan-24', '15-Jan-24'],
      ['month first, by name', '"Jan 12, 2024"', '"Jan 15, 2024"'],
      ['slashes, told apart by another row', '01/12/2024', '01/15/2024'],
      ['a weekday in front', '"Fri, 12 Jan 2024"', '"Mon, 15 Jan 2024"'],
      ['days as spreadsheets count', '45303', '45306'],
      ['nanoseconds', `${at('2024-01-12')}000000000`, `${at('2024-01-15')}000000000`],
    ] as const) {
      it(`are read without being told: ${written}`, async () => {
        assert.deepEqual(await times(`Date,Close\n${first},1\n${second},2\n`, {}, daily), days);
      });
    }

    const minutes = [at('2024-01-12T09:30:00Z'), at('2024-01-12T09:31:00Z')];
    for (const [written, header, first, second] of [
      ['12 hours', 'Time,x', '01/12/2024 9:30 AM,1', '01/13/2024 9:31 AM,1'],
      ['date and time in two columns', '<DATE>,<TIME>,x', '2024.01.12,09:30,1', '2024.01.12,09:31,1'],
      ['the same without colons', 'date,time,x', '20240112,093000,1', '20240112,093100,1'],
      ['an offset after a space', 'Datetime,x', '2024-01-12 04:30:00 -0500,1', '2024-01-12 04:31:00 -0500,1'],
      ['a space between date and time', 'time,x', '20240112 093000,1', '20240112 093100,1'],
      ['a name of UTC', 'Gmt time,x', '12.01.2024 09:30:00.000,1', '12.01.2024 09:31:00.000,1'],
    ] as const) {
      it(`are read with a time of day: ${written}`, async () => {
        const found = await times(`${header}\n${first}\n${second}\n`, {}, { interval: 60 });
        assert.equal(found[0], minutes[0]);
        assert.equal(found.length, 2);
      });
    }

    it('are refused where day and month cannot be told apart, and read as the message says', async () => {
      const text = 'Date,Close\n02/01/2024,1\n03/01/2024,2\n';
      await fails(
        project.csv(text, {}, daily),
        'source',
        /timeFormat: '%d\/%m\/%Y' or timeFormat: '%m\/%d\/%Y'/,
      );
      assert.deepEqual(await times(text, { timeFormat: '%d/%m/%Y' }, daily), [
        at('2024-01-02'),
        at('2024-01-03'),
      ]);
      assert.deepEqual(await times(text, { timeFormat: '%m/%d/%Y' }, { interval: DAY }), [
        at('2024-02-01'),
        at('2024-03-01'),
      ]);
    });

    it('of an hour that comes twice are told apart by their order', async () => {
      const local = ['00:30', '01:00', '01:30', '01:00', '01:30', '02:00'].map(
        (time) => `2024-11-03 ${time},1`,
      );
      const found = await times(
        `time,x\n${local.join('\n')}\n`,
        { timeZone: 'America/New_York' },
        { interval: 1800 },
      );
      const start = at('2024-11-03T04:30:00Z');
      assert.deepEqual(
        found,
        [0, 1, 2, 3, 4, 5].map((i) => start + i * 1800),
      );
      // As closes, the last bar that opens in the first pass closes where the second begins.
      const closes = await times(
        `time,x\n${local.join('\n')}\n`,
        { timeZone: 'America/New_York', stamp: 'close' },
        { interval: 1800 },
      );
      assert.deepEqual(
        closes,
        found.map((open) => open - 1800),
      );
    });

    it('at a local midnight are days, with an offset or as instants', async () => {
      const days = [at('2024-03-08'), at('2024-03-11')];
      const offsets = 'Date,Close\n2024-03-08 00:00:00-05:00,1\n2024-03-11 00:00:00-04:00,2\n';
      assert.deepEqual(await times(offsets, {}, daily), days);
      assert.deepEqual(await times('t,c\n2024-03-08T05:00:00Z,1\n2024-03-11T04:00:00Z,2\n', {}, daily), days);
      assert.deepEqual(
        await times('Date,c\n2024-03-08 00:00:00+09:00,1\n2024-03-11 00:00:00+09:00,2\n', {}, daily),
        days,
      );
    });

    it('are found by name and content, and the first column does not win by being first', async () => {
      const rows = (header: string, ...lines: string[]) => `${header}\n${lines.join('\n')}\n`;
      const hour = { interval: 3600 };
      const start = 1_704_153_600;
      assert.deepEqual(
        await times(
          rows('ticker,volume,window_start', `A,5,${start}000000000`, `A,6,${start + 3600}000000000`),
          {},
          hour,
        ),
        [start, start + 3600],
      );
      assert.deepEqual(
        await times(
          rows('close_time,open_time,x', `${start + 3600},${start},1`, `${start + 7200},${start + 3600},1`),
          {},
          hour,
        ),
        [start, start + 3600],
      );
      assert.deepEqual(await times(rows('n,when,x', '1,2024-01-02,3', '2,2024-01-03,4'), {}, daily), [
        at('2024-01-02'),
        at('2024-01-03'),
      ]);
    });
  });

  describe('numbers', () => {
    const closes = async (cells: readonly string[], options = {}, delimiter = ';') => {
      const lines = cells.map((cell, i) => `${i * 60}${delimiter}${cell}`);
      const table = await project.csv(['time', 'close'].join(delimiter) + '\n' + lines.join('\n'), options);
      return rowsOf(table).map(([, row]) => (row as { close: unknown }).close);
    };

    it('with a decimal comma, thousands, both, and letters for thousands', async () => {
      assert.deepEqual(await closes(['1,5', '2,25']), [1.5, 2.25]);
      assert.deepEqual(await closes(['1.234,5', '999,25']), [1234.5, 999.25]);
      assert.deepEqual(await closes(['"1,234.5"', '"999.25"'], {}, ','), [1234.5, 999.25]);
      assert.deepEqual(await closes(['"1,234"', '"999.25"'], {}, ','), [1234, 999.25]);
      assert.deepEqual(await closes(["1'234.5", '12.5']), [1234.5, 12.5]);
      assert.deepEqual(await closes(['12.5K', '1.25M', '7'], {}, ','), [12_500, 1_250_000, 7]);
    });

    it('whose mark could mean either are refused, and read as the message says', async () => {
      await fails(closes(['16.409', '16.283']), 'source', /16\.(409|283).*decimal: ','.*thousands: '\.'/s);
      assert.deepEqual(await closes(['16.409', '16.283'], { thousands: '.' }), [16_409, 16_283]);
      assert.deepEqual(await closes(['16.409', '16.283'], { decimal: '.' }), [16.409, 16.283]);
      await fails(closes(['"16,409"', '"16,283"'], {}, ','), 'source', /16,(409|283)/);
    });

    it('that are missing', async () => {
      for (const mark of ['null', 'N/A', '-', '.', '#N/A', 'None']) {
        assert.deepEqual(await closes(['1.5', mark, '2.5']), [1.5, null, 2.5], mark);
      }
      assert.deepEqual(await closes(['1.5', 'leer', '2.5'], { missing: ['leer'] }), [1.5, null, 2.5]);
    });
  });

  describe('lines', () => {
    const rows = '2024-01-02,1\n2024-01-03,2\n';
    const daily = { interval: DAY };
    const expected = [
      [at('2024-01-02'), { close: 1 }],
      [at('2024-01-03'), { close: 2 }],
    ];

    for (const [kind, text] of [
      ['prose above the header', `Prices as the venue gave them.\nSee its page.\n\ndate,close\n${rows}`],
      ['comments', `# made today\ndate,close\n${rows}`],
      ['a header that is a comment', `# date,close\n${rows}`],
      ['three levels of a header', `Price,close\nTicker,A\nDate,\n${rows}`],
      ['names in angle brackets', `<date>,<close>\n${rows}`],
    ] as const) {
      it(`that are no rows are passed over: ${kind}`, async () => {
        assert.deepEqual(rowsOf(await project.csv(text, {}, daily)), expected);
      });
    }

    it('newest first are put in order', async () => {
      const table = await project.csv('date,close\n2024-01-03,2\n2024-01-02,1\n', {}, daily);
      assert.deepEqual(rowsOf(table), expected);
    });

    it('without a header keep their first bar: a text among the cells makes no header', async () => {
      const text = '1704153600,1,A\n1704153660,2,A\n';
      await fails(project.csv(text), 'source', /no header line.*columns: \['time', 'close', 'symbol'\]/);
      const table = await project.csv(text, { columns: ['time', 'open', 'symbol'] });
      assert.equal(table.ts.length, 2);
    });

    it('get new names for some columns', async () => {
      const options = { columns: { close: 'Adj Close' } };
      const table = await project.csv(
        'date,Close,Adj Close\n2024-01-02,5,1\n2024-01-03,6,2\n',
        options,
        daily,
      );
      assert.deepEqual(
        rowsOf(table).map(([, row]) => (row as { close: unknown }).close),
        [1, 2],
      );
    });

    it('of one of several symbols', async () => {
      const text = 'date,ticker,close\n2024-01-02,A,1\n2024-01-02,B,9\n2024-01-03,A,2\n2024-01-03,B,8\n';
      const table = await project.csv(text, { symbol: 'A' }, daily);
      assert.equal(table.ts.length, 2);
    });
  });

  describe('bytes', () => {
    const text = 'time,name\n0,Müller\n60,Süß\n';
    const names = (table: Awaited<ReturnType<typeof project.csv>>) =>
      rowsOf(table).map(([, row]) => (row as { name: unknown }).name);

    it('in other encodings, by their mark or by name', async () => {
      const wanted = ['Müller', 'Süß'];
      assert.deepEqual(names(await project.csv(Buffer.from('\uFEFF' + text, 'utf16le'))), wanted);
      assert.deepEqual(names(await project.csv(Buffer.from('\uFEFF' + text, 'utf16le').swap16())), wanted);
      assert.deepEqual(names(await project.csv(Buffer.from(text, 'utf16le'))), wanted);
      assert.deepEqual(names(await project.csv(Buffer.from(text, 'latin1'), { encoding: 'latin1' })), wanted);
      const korean = Buffer.from([0xbb, 0xef, 0xbc, 0xba]);
      const cp949 = Buffer.concat([Buffer.from('time,name\n0,'), korean, Buffer.from('\n60,b\n')]);
      assert.deepEqual(names(await project.csv(cp949, { encoding: 'cp949' })), ['삼성', 'b']);
    });

    it('compressed by gzip, whatever the file is called', async () => {
      assert.deepEqual(names(await project.csv(gzipSync(text))), ['Müller', 'Süß']);
    });

    it('in a zip archive, of which one file has them', async () => {
      const hidden = { 'bars.csv': text, '__MACOSX/._bars.csv': 'x' };
      assert.deepEqual(names(await project.csv(zipOf(hidden))), ['Müller', 'Süß']);
      await fails(
        project.csv(zipOf({ 'a.csv': text, 'b.csv': text })),
        'source',
        /holds 2 files \(a\.csv, b\.csv\): unpack it/,
      );
      const workbook = zipOf({ '[Content_Types].xml': '<Types/>', 'xl/workbook.xml': '<workbook/>' });
      await fails(project.csv(workbook), 'source', /an Excel workbook, not text: save .* as CSV/);
    });

    it('compressed by what is not read are refused with what to do', () =>
      fails(project.csv(Buffer.from('BZh91AY&SY')), 'source', /bzip2.*gzip, zstd or zip/));
  });

  describe('many files', () => {
    const write = (name: string, rows: readonly (readonly [number, number])[]) => {
      project.write(name, `time,x\n${rows.map((row) => `${row.join(',')}\n`).join('')}`);
    };
    const read = (path: string | string[], options = {}): Promise<SourceReader> =>
      project.open('csv', { path, ...options });

    it('are joined by time and not by name, equal rows of two files once', async () => {
      write('m-a.csv', [
        [120, 3],
        [180, 4],
      ]);
      write('m-b.csv', [
        [0, 1],
        [60, 2],
        [120, 3],
      ]);
      const reader = await read('m-*.csv');
      assert.deepEqual(
        rowsOf(await readAll(reader)),
        [0, 1, 2, 3].map((i) => [i * 60, { x: i + 1 }]),
      );
      assert.deepEqual(reader.notes?.(), [
        { what: 'rows that are in two files taken once', count: 1, example: '1970-01-01T00:02:00Z' },
      ]);
    });

    it('that contradict each other are refused, and read as the message says', async () => {
      write('c-a.csv', [
        [0, 1],
        [60, 2],
      ]);
      write('c-b.csv', [
        [60, 7],
        [120, 3],
      ]);
      await fails(readAll(await read('c-*.csv')), 'source-row', /conformance: 'permissive'/);
      const table = await readAll(await read('c-*.csv', { conformance: 'permissive' }));
      assert.deepEqual(rowsOf(table), [
        [0, { x: 1 }],
        [60, { x: 2 }],
        [120, { x: 3 }],
      ]);
    });

    it('of other columns get nulls, of other types a sentence', async () => {
      project.write('t-a.csv', 'time,x\n0,1\n');
      project.write('t-b.csv', 'time,x,y\n60,2,5\n');
      assert.deepEqual(rowsOf(await readAll(await read('t-*.csv'))), [
        [0, { x: 1, y: null }],
        [60, { x: 2, y: 5 }],
      ]);
      project.write('t-c.csv', 'time,x\n120,abc\n');
      await fails(
        readAll(await read('t-*.csv')),
        'source',
        /column x holds a number in .*a string in t-c\.csv/,
      );
    });

    it('give the same bars however the rows are spread over them', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 40 }),
          fc.array(fc.nat(2), { minLength: 40, maxLength: 40 }),
          fc.nat(5),
          async (slots, homes, doubled) => {
            const sorted = [...slots].sort((a, b) => a - b);
            const files: [number, number][][] = [[], [], []];
            sorted.forEach((slot, i) => {
              const row: [number, number] = [slot * 60, slot];
              files[homes[i] ?? 0]?.push(row);
              if (i % 6 === doubled) files[((homes[i] ?? 0) + 1) % 3]?.push(row);
            });
            files.forEach((rows, i) => {
              write(`s-${i}.csv`, rows);
            });
            const table = await readAll(await read(['s-0.csv', 's-1.csv', 's-2.csv']));
            assert.deepEqual(
              [...table.ts],
              sorted.map((slot) => slot * 60),
            );
          },
        ),
        cases(40),
      );
    });
  });

  describe('rows that cannot be bars', () => {
    it('are refused with what works when it is followed', async () => {
      const text = 'time,x\n0,1\n60,2\n120.4,3\n180,4\n';
      await fails(project.csv(text), 'source-row', /snap: '1s'/, /conformance: 'permissive'/);
      assert.deepEqual(await times(text, { snap: '1s' }), [0, 60, 120, 180]);
      project.write('off.csv', text);
      const snapped = await project.open('csv', { path: 'off.csv', snap: '1s' });
      assert.match((await snapped.taken?.())?.timeWords ?? '', /, rounded to 1s$/);
      const rounded = 'times rounded, as snap says';
      const example = '1970-01-01T00:02:00.400Z, taken for 1970-01-01T00:02:00Z';
      await readAll(snapped);
      assert.deepEqual(snapped.notes?.(), [{ what: rounded, count: 1, example }]);
      const sql = { query: "SELECT * FROM 'off.csv'", time: 'time', snap: '1s', stamp: 'close' };
      const query = await project.open('sql', sql, { spacing: 'unknown' });
      await readAll(query);
      assert.deepEqual(query.notes?.(), [{ what: rounded, count: 1, example }]);
      project.write('many.csv', 'time,sym,x\n0,A,1\n0,B,1\n60.2,A,2\n59.9,B,2\n120,A,3\n120.1,B,3\n');
      const one = await project.open('csv', { path: 'many.csv', symbol: 'B', snap: '1s' });
      await readAll(one);
      assert.equal(one.notes?.()[0]?.count, 2);
      assert.deepEqual(await times(text, { conformance: 'permissive' }), [0, 60, 180]);
      const late = 'time,x\n14,1\n74,2\n134,3\n';
      await fails(project.csv(late), 'source-row', /phase: 14/);
      assert.deepEqual(await times(late, { phase: 14 }, { phase: 14 }), [14, 74, 134]);
    });

    it('are left out and counted where that was asked for', async () => {
      project.write('dirty.csv', 'time,x\n120,3\n0,1\n60,oops\n60,9\nnever,5\n');
      const reader = await project.open('csv', { path: 'dirty.csv', conformance: 'permissive' });
      assert.deepEqual(rowsOf(await readAll(reader)), [
        [0, { x: 1 }],
        [60, { x: null }],
        [120, { x: 3 }],
      ]);
      assert.deepEqual(
        reader.notes?.().map(({ what, count }) => [what, count]),
        [
          ['invalid cells of x in dirty.csv left empty', 1],
          ['rows with a repeated time left out', 1],
          ['rows without a time left out', 1],
        ],
      );
    });

    it('spaced by more than the interval are refused, with the interval that they have', async () => {
      const weekly = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(
        (i) => `${new Date((i * 7 + 4) * DAY * 1000).toISOString().slice(0, 10)},1`,
      );
      await fails(
        project.csv(`date,x\n${weekly.join('\n')}\n`, {}, { interval: DAY }),
        'source',
        /1w apart.*interval: '1w'/,
      );
    });
  });
});
