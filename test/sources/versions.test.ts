import assert from 'node:assert/strict';
import { renameSync, statSync, utimesSync } from 'node:fs';
import { Project, readAll } from './support.js';

/** A clock's tick long past: what is changed now was changed long ago. */
const LONG_AGO = new Date('2020-01-01');

describe('the version of a file', () => {
  let project: Project;
  let hints: Map<string, string>;

  beforeEach(() => {
    hints = new Map();
    project = new Project({ hints });
  });
  afterEach(() => project.remove());

  const version = async (options = {}) =>
    String(await (await project.open('csv', { path: 'bars.csv', ...options })).version());

  it('is that of its bytes, whatever its times and name', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    const before = await version();
    project.write('bars.csv', 'time,x\n0,1\n');
    utimesSync(project.path('bars.csv'), LONG_AGO, LONG_AGO);
    assert.equal(await version(), before);
    renameSync(project.path('bars.csv'), project.path('other.csv'));
    assert.equal(await (await project.open('csv', { path: 'other.csv' })).version(), before);
  });

  it('differs for other bytes of the same length and times, and for other options', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    utimesSync(project.path('bars.csv'), LONG_AGO, LONG_AGO);
    const before = await version();
    project.write('bars.csv', 'time,x\n0,2\n');
    utimesSync(project.path('bars.csv'), LONG_AGO, LONG_AGO);
    assert.notEqual(await version(), before);
    assert.notEqual(await version({ stamp: 'close' }), await version());
    assert.notEqual(await version({ timeZone: 'Asia/Seoul' }), await version());
  });

  it('is not remembered of a file that was written a moment ago', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    await version();
    assert.equal(hints.size, 0);
  });

  it('is remembered of a file that has not changed for a while', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    const before = await version();
    const { now } = Date;
    Date.now = () => now() + 10_000;
    try {
      assert.equal(await version(), before);
    } finally {
      Date.now = now;
    }
    assert.deepEqual([...hints.values()], [before.split(':')[1]]);
  });

  it('is taken from the hints where the file is known, and the hash follows the file where it is not', async () => {
    project.write('bars.csv', 'time,x\n0,1\n');
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(project.path('bars.csv'), { bigint: true });
    hints.set([project.path('bars.csv'), dev, ino, size, mtimeNs, ctimeNs].join('|'), 'known');
    assert.match(await version(), /^sha256:known:/);
    project.write('bars.csv', 'time,x\n0,1\n60,2\n');
    assert.doesNotMatch(await version(), /known/);
  });

  it('of several Parquet files changes with any of them', async () => {
    const writer = new Project({ projectRoot: project.root });
    const write = async (name: string, value: number) => {
      const { DuckDBInstance } = await import('@duckdb/node-api');
      const connection = await (await DuckDBInstance.create(':memory:')).connect();
      await connection.run(`COPY (SELECT ${value} * 60 AS time, ${value} AS x) TO '${project.path(name)}'`);
      connection.closeSync();
    };
    await write('a.parquet', 0);
    await write('b.parquet', 1);
    const all = async () => (await writer.open('parquet', { path: '*.parquet' })).version();
    const before = await all();
    assert.equal(await all(), before);
    await write('b.parquet', 2);
    const changed = await all();
    assert.notEqual(changed, before);
    await write('c.parquet', 3);
    assert.notEqual(await all(), changed);
    assert.equal((await readAll(await writer.open('parquet', { path: '*.parquet' }))).ts.length, 3);
    writer.library.close();
  });
});
