import assert from 'node:assert/strict';
import vm from 'node:vm';
import * as providers from '../../../src/sdk/providers/providers.js';
import type { HistoryProvider } from '../../../src/sdk/providers/providers.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { plainGrid } from '../../../src/sdk/time/grid.js';
import { formatTime, MONTH } from '../../../src/sdk/time/time.js';
import { Project, fails, rowsOf } from '../support.js';

const DAY = 86_400;
const DATES = ['2024-01-15', '2024-01-16', '2024-01-17', '2024-01-18'];
const rows = (row: (date: string, at: number) => string, end = '\n'): string =>
  DATES.map((date, at) => `${row(date, at)}${end}`).join('');

/** Lines as spreadsheets, statistics offices and concatenated files have them. */
describe('lines of files', () => {
  const project = new Project();
  after(() => project.remove());

  const read = async (text: string, options = {}) => {
    const found = rowsOf(await project.csv(text, options, plainGrid(DAY)));
    assert.deepEqual(
      found.map(([ts]) => formatTime(ts)),
      DATES,
    );
    return found.map(([, row]) => row);
  };

  it('end with a delimiter that the header lacks, or the header with one that they lack', async () => {
    const found = await read(`Date,Open,Close\n${rows((date, at) => `${date},1${at},2${at},`)}`);
    assert.deepEqual(found[1], { Open: 11, Close: 21, column3: null });
    const header = await read(`Date,Open,Close,\n${rows((date, at) => `${date},1${at},2${at}`)}`);
    assert.deepEqual(header[1], { Open: 11, Close: 21 });
    // R writes names of rows without a name of their column.
    const named = await read(`Open,Close\n${rows((date, at) => `${date},1${at},2${at}`)}`);
    assert.deepEqual(named[1], { Open: 11, Close: 21 });
  });

  it('with one decimal comma among texts are divided where their header is', async () => {
    const text = `FREQ;Unit;Base;TIME_PERIOD;OBS_VALUE\n${rows((date, at) => `B;Business;USD;${date};10,${at + 1}`)}`;
    assert.deepEqual((await read(text))[2], { FREQ: 'B', Unit: 'Business', Base: 'USD', OBS_VALUE: 10.3 });
  });

  it('above the rows may hold numbers and dates: rows begin where the times do', async () => {
    const fed = `"Series","Yield"\n"Unit:","Percent"\n"Multiplier:","1"\n"Time Period","DGS10"\n${rows((date, at) => `${date},4.${at}`)}`;
    assert.deepEqual((await read(fed))[3], { DGS10: 4.3 });
    const rba = `Title,Cash Rate,Interbank\nUnits,Per cent,Per cent\nPublication date,08-Mar-2024,08-Mar-2024\nSeries ID,FIRM1,FIRM2\n${rows((date, at) => `${date},4.${at},5.${at}`)}`;
    assert.deepEqual((await read(rba))[1], { FIRM1: 4.1, FIRM2: 5.1 });
  });

  it('that end in two ways are read', async () => {
    const text = `Date,Close\r\n${rows((date, at) => `${date},${at}${at % 2 ? '\r' : ''}`)}`;
    assert.deepEqual(await read(text), [{ Close: 0 }, { Close: 1 }, { Close: 2 }, { Close: 3 }]);
    project.write('two.csv', text);
    const reader = await project.open('csv', { path: 'two.csv' }, plainGrid(DAY));
    assert.match((await reader.taken?.())?.details.join() ?? '', /lines that end in two ways/);
  });

  it('with a zero byte are refused as such', () =>
    fails(
      read(`Date,Close\n${rows((date, at) => `${date},${at}${at === 2 ? '\0' : ''}`)}`),
      'source',
      /has a zero byte at position 49.*remove all zero bytes/,
    ));

  it('of a table whose columns are times are refused with the query that turns it', async () => {
    const series = (name: string, code: string, from: number): string =>
      `"${name}","${code}","GDP","${from}","${from + 0.5}","","${from + 1}",\n`;
    const text = `"Data Source","World",\n\n"Last Updated","2024-03-28",\n\n"Country Name","Country Code","Indicator","2019","2020","2021","2022",\n${series("Cote d'Ivoire", 'CIV', 1)}${series('Chad', 'TCD', 7)}`;
    project.write('wide.csv', text);
    const error: unknown = await project
      .read('csv', { path: 'wide.csv' }, plainGrid(12 * MONTH))
      .catch((each: unknown) => each);
    assert.ok(error instanceof SeamlessError);
    assert.match(error.message, /columns of wide\.csv are times \(2019, 2020, …\), and each row is a series/);
    const [line = ''] = /sqlHistory\(`.*`, \{.*\}\)/.exec(error.message) ?? [];
    const { kind, options } = vm.runInNewContext(line, { ...providers }) as HistoryProvider;
    const plain = JSON.parse(JSON.stringify(options)) as Record<string, unknown>;
    const found = rowsOf(await project.read(kind, plain, plainGrid(12 * MONTH)));
    assert.deepEqual(
      found.map(([ts, row]) => [formatTime(ts), row]),
      [
        ['2019-01-01', { value: 1 }],
        ['2020-01-01', { value: 1.5 }],
        ['2022-01-01', { value: 2 }],
      ],
    );
  });

  it('without a header, of a date and a number for the time of day, are told both names', async () => {
    const text = DATES.map((date, at) => `${date.replaceAll('-', '')},0930,10${at},105,99,100,5\n`).join('');
    await fails(
      project.csv(text, {}, plainGrid(60)),
      'source',
      /columns: \['time', 'clock', 'open', 'high', 'low', 'close', 'volume'\]/,
    );
  });
});
