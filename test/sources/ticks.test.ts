import assert from 'node:assert/strict';
import { TICKS } from '../../src/sdk/time/grid.js';
import { Database } from '../../src/sources/sql/database.js';
import { fails, Project, readAll, rowsOf } from './support.js';
import { sqlText } from '../../src/sdk/sql-text.js';

const T = Date.parse('2024-03-04T14:30:00Z') / 1000;

describe('ticks', () => {
  let project: Project;
  beforeEach(() => (project = new Project()));
  afterEach(() => project.remove());

  const csv = (text: string, options: Record<string, unknown> = {}) => project.csv(text, options, TICKS);
  const named = async (text: string, options: Record<string, unknown> = {}) =>
    rowsOf(await csv(text, options)).map(([ts, value]) => [ts, (value as { id: number }).id]);

  it('have times to the microsecond, in any unit and spelling', async () => {
    const expected = [
      [T + 0.000001, 1],
      [T + 0.000001, 2],
      [(T * 1e6 + 999_999) / 1e6, 3],
    ];
    for (const [kind, text] of Object.entries({
      microseconds: `time,id\n${T}000001,1\n${T}000001,2\n${T}999999,3\n`,
      // Of nanoseconds the rest is cut: none moves into the bar behind it.
      nanoseconds: `time,id\n${T}000001000,1\n${T}000001999,2\n${T}999999999,3\n`,
      seconds: `time,id\n${T}.000001,1\n${T}.000001,2\n${T}.999999,3\n`,
      ISO: 'time,id\n2024-03-04T14:30:00.000001Z,1\n2024-03-04T14:30:00.000001Z,2\n2024-03-04T14:30:00.999999Z,3\n',
      'ISO to the nanosecond':
        'time,id\n2024-03-04T14:30:00.000001000Z,1\n2024-03-04T14:30:00.000001999Z,2\n2024-03-04T14:30:00.999999999Z,3\n',
      'date and time':
        'date,time,id\n2024.03.04,14:30:00.000001,1\n2024.03.04,14:30:00.000001,2\n2024.03.04,14:30:00.999999,3\n',
      compact: 'time,id\n20240304 143000.000001,1\n20240304 143000.000001,2\n20240304 143000.999999,3\n',
    }))
      assert.deepEqual(await named(text), expected, kind);
  });

  it('keep the order of the file where their times are equal', async () => {
    const rows = Array.from({ length: 5000 }, (_, id) => [T + Math.floor(id / 7) / 1000, id] as const);
    const ids = rows.map(([, id]) => id);
    const text = (list: readonly (readonly [number, number])[]): string =>
      `time,id\n${list.map(([ts, id]) => `${Math.round(ts * 1000)},${id}`).join('\n')}\n`;
    const idsOf = async (...given: Parameters<typeof named>) => (await named(...given)).map(([, id]) => id);
    assert.deepEqual(await idsOf(text(rows)), ids);
    assert.deepEqual(await idsOf(text(rows), { conformance: 'permissive' }), ids);
    assert.deepEqual(await idsOf(text([...rows].reverse())), ids, 'newest first');
    const mixed = [...rows.slice(2500), ...rows.slice(0, 2500)];
    assert.deepEqual(await idsOf(text(mixed), { conformance: 'permissive' }), [
      // Where the two parts meet they have a time in common.
      ...ids.slice(0, 2499),
      ...ids.slice(2500, 2506),
      2499,
      ...ids.slice(2506),
    ]);
    await fails(csv(text(mixed)), 'source-row', /must be in ascending order of time/);
  });

  it('are joined from many files: what two have alike counts once, and equal rows of one file each', async () => {
    project.write('a-1.csv', `time,id\n${T},1\n${T + 1},2\n${T + 1},2\n${T + 2},3\n`);
    project.write('a-2.csv', `time,id\n${T + 1},2\n${T + 1},2\n${T + 2},3\n${T + 3},4\n`);
    const reader = await project.open('csv', { path: 'a-*.csv' }, TICKS);
    const joined = rowsOf(await readAll(reader)).map(([ts, value]) => [ts - T, (value as { id: number }).id]);
    assert.deepEqual(joined, [
      [0, 1],
      [1, 2],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    assert.match(JSON.stringify(reader.notes?.()), /taken once","count":3/);
    // A file that was cut by its number of rows goes on at the time at which the one before it ends.
    project.write('b-1.csv', `time,id\n${T},1\n${T + 1},2\n`);
    project.write('b-2.csv', `time,id\n${T + 1},3\n${T + 2},4\n`);
    const cut = await project.read('csv', { path: 'b-*.csv' }, TICKS);
    assert.deepEqual(
      rowsOf(cut).map(([, value]) => (value as { id: number }).id),
      [1, 2, 3, 4],
    );
    project.write('c-1.csv', `time,id\n${T},1\n${T + 1},2\n${T + 2},2\n`);
    project.write('c-2.csv', `time,id\n${T},1\n${T + 1},3\n${T + 2},2\n`);
    await fails(project.read('csv', { path: 'c-*.csv' }, TICKS), 'source-row', /has other values at/);
    const early = await project.read('csv', { path: 'c-*.csv', conformance: 'permissive' }, TICKS);
    assert.deepEqual(
      rowsOf(early).map(([, value]) => (value as { id: number }).id),
      [1, 2, 2],
    );
  });

  it('come from Parquet files and queries alike', async () => {
    const database = new Database(project.root);
    const rows = `SELECT make_timestamp(${T}000000 + (i // 3) * 250000) AS time, i AS id FROM range(10000) r(i)`;
    await database.rows(`COPY (${rows}) TO ${sqlText(project.path('t.parquet'))} (FORMAT parquet)`);
    await database.rows(
      `COPY (SELECT epoch_ns(time) AS ns, id FROM (${rows})) TO ${sqlText(project.path('ns.parquet'))} (FORMAT parquet)`,
    );
    database.close();
    const expected = Array.from({ length: 10_000 }, (_, i) => [T + Math.floor(i / 3) / 4, i]);
    const idsOf = async (kind: string, options: Record<string, unknown>) =>
      rowsOf(await project.read(kind, options, TICKS)).map(([ts, value]) => [
        ts,
        (value as { id: number }).id,
      ]);
    assert.deepEqual(await idsOf('parquet', { path: 't.parquet' }), expected);
    assert.deepEqual(await idsOf('parquet', { path: 'ns.parquet' }), expected);
    assert.deepEqual(
      await idsOf('sql', { query: "SELECT time, id FROM 't.parquet' ORDER BY time, id" }),
      expected,
    );
    const reader = await project.open('parquet', { path: 't.parquet' }, TICKS);
    assert.deepEqual(await reader.bounds(), { first: T, last: T + 3333 / 4 });
    const part = await readAll(reader, { start: T + 0.25, end: T + 0.5 });
    assert.deepEqual(
      rowsOf(part).map(([, value]) => (value as { id: number }).id),
      [3, 4, 5],
    );
  });

  it('in local times are told apart where the clock is set back, also where several have one time', async () => {
    const text = [
      'time,id',
      '2024-11-03 01:59:59.9,1',
      '2024-11-03 01:59:59.9,2',
      '2024-11-03 01:00:00.0,3',
      '2024-11-03 01:00:00.0,4',
    ].join('\n');
    const found = await named(`${text}\n`, { timeZone: 'America/New_York' });
    const first = Date.parse('2024-11-03T05:59:59.9Z') / 1000;
    assert.deepEqual(found, [
      [first, 1],
      [first, 2],
      [first + 0.1, 3],
      [first + 0.1, 4],
    ]);
  });

  it('have no close, and the demo has none', async () => {
    await fails(csv('time,id\n1,1\n', { stamp: 'close' }), 'source', /ticks have no close.*leave stamp out/);
    await fails(project.read('demo', {}, TICKS), 'source', /gives bars, and no ticks/);
  });
});
