import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableToIPC, timeMicrosecond, dateDay } from '@uwdata/flechette';
import { plainGrid } from '../../../src/sdk/time/grid.js';
import { formatTime } from '../../../src/sdk/time/time.js';
import { Database } from '../../../src/sources/sql/database.js';
import { Project, fails, readAll, rowsOf } from '../support.js';
import { sqlText } from '../../../src/sdk/sql-text.js';

const DAY = 86_400;
const PLAIN = plainGrid(DAY);

/** A Parquet file of one bar, 2024-01-02, whose close is 1.50 as a decimal of 40 digits: DuckDB can write none. */
const WIDE_DECIMAL = [
  'UEFSMRUAFRQVFCwVAhUAFQYVBhwAAAACAAAAAgEMTQAAFQAVLhUuLBUCFQAVBhUGHAAAAAIAAAACAQAAAAAAAAAAAAAAAAAAAACW',
  'FQQZPDUAGAZzY2hlbWEVBAAVAiUCGARkYXRlJQxMbAAAABUOFSIVAhgFY2xvc2UlChUEFVAsXBUEFVAAAAAWAhkcGSwmABwVAhkl',
  'BgAZGARkYXRlFQAWAhY6FjomCEkcFQAVABUCADwpBhkmAAIAAAAmABwVDhklBgAZGAVjbG9zZRUAFgIWVBZUJkJJHBUAFQAVAgA8',
  'KQYZJgACAAAAFo4BFgImCBaOAQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGSwcAAAcAAAA1QAAAFBBUjE=',
].join('');

describe('folders, Parquet and Arrow files of rarer kinds', () => {
  const project = new Project();
  const database = new Database(project.root);
  after(() => {
    database.close();
    project.remove();
  });

  const parquet = (name: string, query: string): Promise<unknown> =>
    database.rows(`COPY (${query}) TO ${sqlText(project.path(name))} (FORMAT parquet)`);

  it('are read by the name of the folder, packed or not, and without what is no table', async () => {
    mkdirSync(project.path('days'));
    project.write('days/a.csv', 'date,x\n2024-01-01,1\n');
    project.write('days/b.csv.gz', gzipSync('date,x\n2024-01-02,2\n'));
    project.write('days/README.txt', 'Prices of two days.\n');
    for (const path of ['days', 'days/']) {
      const found = rowsOf(await project.read('csv', { path }, PLAIN));
      assert.deepEqual(
        found.map(([ts, row]) => [formatTime(ts), row]),
        [
          ['2024-01-01', { x: 1 }],
          ['2024-01-02', { x: 2 }],
        ],
      );
    }
    mkdirSync(project.path('hive/year=2024'), { recursive: true });
    await parquet('hive/year=2024/x.parquet', "SELECT DATE '2024-01-01' AS date, 1 AS x");
    assert.equal((await project.read('parquet', { path: 'hive' }, PLAIN)).ts.length, 1);
    mkdirSync(project.path('none'));
    await fails(project.read('csv', { path: 'none' }, PLAIN), 'source', /none is a folder/);
  });

  it('of Parquet with the newest row first are put in order, and said to be', async () => {
    await parquet(
      'newest.parquet',
      "SELECT DATE '2024-01-10' - i::INTEGER AS date, i AS x FROM range(9) r(i) ORDER BY i",
    );
    const reader = await project.open('parquet', { path: 'newest.parquet' }, PLAIN);
    const found = await readAll(reader);
    assert.deepEqual(
      [formatTime(found.ts[0] ?? 0), formatTime(found.ts[8] ?? 0)],
      ['2024-01-02', '2024-01-10'],
    );
    assert.deepEqual(rowsOf(found)[0]?.[1], { x: 8 });
    assert.match(reader.notes?.()[0]?.what ?? '', /newest row first/);
    const part = await readAll(reader, { start: found.ts[2] ?? 0, end: found.ts[4] ?? 0 });
    assert.deepEqual(
      rowsOf(part).map(([, row]) => row),
      [{ x: 6 }, { x: 5 }],
    );
  });

  it('of Parquet with decimals that DuckDB would misread are refused', async () => {
    project.write('wide.parquet', Buffer.from(WIDE_DECIMAL, 'base64'));
    await fails(
      project.read('parquet', { path: 'wide.parquet' }, PLAIN),
      'source',
      /column close of decimals with 40 digits, and at most 38 are read: write it as a double/,
    );
  });

  it('of Arrow with a date and a time of day are read by both', async () => {
    const columns = {
      date: [new Date('2024-01-02'), new Date('2024-01-02')],
      time: [34_200_000_000n, 34_260_000_000n],
      close: [1.5, 2.5],
    };
    const table = tableFromArrays(columns, { types: { date: dateDay(), time: timeMicrosecond() } });
    project.write('clock.feather', Buffer.from(tableToIPC(table, { format: 'file' }) ?? []));
    const found = rowsOf(await project.read('parquet', { path: 'clock.feather' }, plainGrid(60)));
    assert.deepEqual(
      found.map(([ts, row]) => [formatTime(ts), row]),
      [
        ['2024-01-02T09:30:00Z', { close: 1.5 }],
        ['2024-01-02T09:31:00Z', { close: 2.5 }],
      ],
    );
  });
});
