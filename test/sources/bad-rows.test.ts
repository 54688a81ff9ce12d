import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SkippedRow, SourceReader } from '../../src/engine/ports/source.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { EVERYTHING, fails, Project, readAll } from './support.js';

/** Rows of minutes, of which one or another cannot be a bar. */
describe('a CSV row that cannot be a bar', () => {
  const project = new Project();
  after(() => project.remove());

  const minutes = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, index) => `${(from + index) * 60},${from + index},x`);
  const open = (lines: readonly string[], options = {}, end = '\n') => {
    project.write('bad.csv', `time,close,name\n${lines.join('\n')}${end}`);
    return project.open('csv', { path: 'bad.csv', ...options });
  };

  for (const [what, row, start, end] of [
    ['with a text for a number', '600,ten,x', 600, 660],
    ['with a cell too few', '600,10', 600, 660],
    ['with a cell too many', '600,10,x,y', 600, 660],
    ['off the grid', '617,10,x', 600, 660],
    ['that comes twice', '540,11,x', 540, 600],
    ['out of order', '120,11,x', 120, 180],
  ] as const) {
    it(`${what} is told to who asks for its time, and to nobody else`, async () => {
      const lines = [...minutes(0, 10), row, ...minutes(11, 20)];
      const reader = await open(lines);
      await fails(readAll(reader), 'source-row', /line 12 of bad\.csv/);
      await fails(readAll(reader, { start, end }), 'source-row', /line 12 of bad\.csv/);
      assert.equal((await readAll(reader, { start: 660, end: 1200 })).ts.length, 9);
      const skipped: SkippedRow[] = [];
      for await (const table of reader.read(EVERYTHING, (each) => skipped.push(each))) {
        assert.equal(table.ts.length, 19);
      }
      const [note] = reader.notes?.() ?? [];
      assert.match(
        `${note?.count} ${note?.what} ${note?.example}`,
        /^1 rows that cannot be bars .*line 12 of bad/,
      );
      assert.deepEqual(
        skipped.map(({ range }) => range),
        [{ start, end }],
      );
    });
  }

  it('without a time hides the bars beside it', async () => {
    const reader = await open(
      [...minutes(0, 10), 'soon,1,x', ...minutes(11, 20)].map((line) =>
        line.replace(/^\d+/, (seconds) => new Date(Number(seconds) * 1000).toISOString()),
      ),
    );
    await fails(readAll(reader, { start: 540, end: 600 }), 'source-row', /"soon" for a time/);
    await fails(readAll(reader, { start: 660, end: 720 }), 'source-row', /"soon" for a time/);
    assert.equal((await readAll(reader, { start: 0, end: 540 })).ts.length, 9);
    assert.equal((await readAll(reader, { start: 720, end: 1200 })).ts.length, 8);
  });

  it('is no error as the last line that a recorder has not finished, but is said', async () => {
    for (const piece of ['600', '600,1', '60']) {
      const reader = await open([...minutes(0, 10), piece], {}, '');
      assert.equal((await readAll(reader)).ts.length, 10);
      assert.deepEqual(reader.notes?.(), [
        { what: 'unfinished last lines left out', count: 1, example: piece },
      ]);
    }
    await fails(readAll(await open([...minutes(0, 10), '600,1'])), 'source-row', /line 12 .* has 2 cells/);
  });

  for (const [packing, pack] of [
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdFrame(text)],
  ] as const) {
    it(`is no error as an unfinished last line or a footer of a file packed by ${packing}`, async () => {
      const whole = `time,close,name\n${minutes(0, 5000).join('\n')}\n`;
      for (const [end, what] of [
        ['300000,1', 'unfinished last lines left out'],
        ['Source: the exchange\n', 'lines after the last bar left out'],
      ] as const) {
        project.write('bad.csv', pack(whole + end));
        const reader = await project.open('csv', { path: 'bad.csv' });
        assert.equal((await readAll(reader)).ts.length, 5000);
        assert.deepEqual(reader.notes?.(), [{ what, count: 1, example: end.trim() }]);
      }
    });
  }

  it('is no error as a footer, but is said', async () => {
    const reader = await open([...minutes(0, 10), 'Source: the exchange']);
    assert.equal((await readAll(reader)).ts.length, 10);
    assert.deepEqual(reader.notes?.(), [
      { what: 'lines after the last bar left out', count: 1, example: 'Source: the exchange' },
    ]);
  });

  it('is left out and counted where that was asked for', async () => {
    const reader = await open([...minutes(0, 10), '600,10', '660,11,x'], { conformance: 'permissive' });
    assert.equal((await readAll(reader)).ts.length, 11);
    const [note] = reader.notes?.() ?? [];
    assert.match(`${note?.count} ${note?.what} ${note?.example}`, /^1 lines that are not rows .*line 12/);
  });
});

/** A text as a frame of zstd, in blocks that are not compressed. */
function zstdFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const most = 1 << 16;
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += most) {
    const block = bytes.subarray(at, at + most);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (at + most >= bytes.length ? 1 : 0), 0, 3);
    blocks.push(header, block);
  }
  // No checksum, no size of the content, a window of 128 kB.
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), ...blocks]);
}

/** The same of files that are read in part, and of queries. */
describe('a row of Parquet or of a query that cannot be a bar', () => {
  const project = new Project();
  after(() => project.remove());

  const minutes = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, index) => `(${(from + index) * 60}, ${from + index})`);
  const open = async (kind: string, rows: readonly string[]): Promise<SourceReader> => {
    const query = `FROM (VALUES ${rows.join(', ')}) AS t(time, close)`;
    if (kind === 'sql') return project.open('sql', { query });
    const database = await DuckDBInstance.create();
    const connection = await database.connect();
    await connection.run(`COPY (${query}) TO '${project.path('bad.parquet')}'`);
    connection.closeSync();
    database.closeSync();
    return project.open('parquet', { path: 'bad.parquet' });
  };

  for (const kind of ['parquet', 'sql']) {
    for (const [what, row, start, end] of [
      ['off the grid', '(617, 10)', 600, 660],
      ['that comes twice', '(540, 11)', 540, 600],
    ] as const) {
      it(`${what} is told to who asks for its time, and to nobody else: ${kind}`, async () => {
        const reader = await open(kind, [...minutes(0, 10), row, ...minutes(11, 20)]);
        await fails(readAll(reader), 'source-row', /a row of /);
        await fails(readAll(reader, { start, end }), 'source-row', /a row of /);
        assert.equal((await readAll(reader, { start: 660, end: 1200 })).ts.length, 9);
        const skipped: SkippedRow[] = [];
        for await (const table of reader.read(EVERYTHING, (each) => skipped.push(each))) {
          assert.equal(table.ts.length, 19);
        }
        assert.deepEqual(
          skipped.map(({ range }) => range),
          [{ start, end }],
        );
        const [note] = reader.notes?.() ?? [];
        assert.match(`${note?.count} ${note?.what}`, /^1 rows that cannot be bars /);
      });
    }

    it(`hides its slot at the end too, and the file where both ends are off: ${kind}`, async () => {
      const reader = await open(kind, [...minutes(0, 10), '(617, 10)']);
      assert.deepEqual(await reader.bounds(), { first: 0, last: 600 });
      assert.equal((await readAll(reader, { start: 0, end: 600 })).ts.length, 10);
      await fails(
        readAll(reader, { start: 540, end: 660 }),
        'source-row',
        /00:10:17Z, which is not on the stream's grid/,
      );
      const off = await open(
        kind,
        minutes(0, 3).map((row) => row.replace(/^\((\d+)/, '($1 + 7')),
      );
      await fails(off.bounds(), 'source-row', /phase: 7\./);
    });
  }

  it('has no place in a result where it has no time: each way out works', async () => {
    const rows = [...minutes(0, 5), '(NULL, 1)', ...minutes(5, 10)];
    const query = `SELECT * FROM (VALUES ${rows.join(', ')}) AS t("Open time", close)`;
    const message =
      /a row of its query has no time: nothing says which bars it is beside, so add (WHERE "Open time" IS NOT NULL) to the query; or .*(conformance: 'permissive')/;
    const error: unknown = await project.read('sql', { query }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof SeamlessError && error.code === 'source-row');
    const [, where = '', permissive = ''] = message.exec(error.message) ?? [];
    const mended = await project.open('sql', { query: `${query} ${where}` });
    assert.equal((await readAll(mended)).ts.length, 10);
    assert.deepEqual(mended.notes?.(), []);
    const [option = '', value] = permissive.split(/: '|'/);
    const counted = await project.open('sql', { query, [option]: value });
    assert.equal((await readAll(counted)).ts.length, 10);
    assert.equal(counted.notes?.()[0]?.count, 1);
    const texts = ["('2024-01-01T00:00:00Z', 1)", "('soon', 2)", "('2024-01-01T00:01:00Z', 3)"];
    const soon = { query: `SELECT * FROM (VALUES ${texts.join(', ')}) AS t(time, close)` };
    await fails(
      readAll(await project.open('sql', soon)),
      'source-row',
      /"soon" for a time, which is not one: nothing says which bars it is beside, so correct it; or to have such rows left out and counted, say conformance: 'permissive'/,
    );
    assert.equal((await project.read('sql', { ...soon, conformance: 'permissive' })).ts.length, 2);
  });
});
