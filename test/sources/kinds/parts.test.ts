import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { checkSlices, Project, readAll, rowsOf } from '../support.js';

/** Kinds of times in a Parquet file: SQL for the one of row i, and the options that it is read with. */
const KINDS: readonly [kind: string, sql: string, options?: Record<string, unknown>][] = [
  ['instants', "TIMESTAMPTZ '2024-01-01' + INTERVAL (i) DAY"],
  ['instants to nanoseconds', "(TIMESTAMP '2024-01-01' + INTERVAL (i) DAY)::TIMESTAMP_NS"],
  ['times of no zone', "TIMESTAMP '2024-01-01' + INTERVAL (i) DAY"],
  ['midnights of a zone', "TIMESTAMP '2024-01-01' + INTERVAL (i) DAY", { timeZone: 'America/New_York' }],
  ['closes', "TIMESTAMPTZ '2024-01-02' + INTERVAL (i) DAY", { stamp: 'close' }],
  [
    'closes a moment early',
    "TIMESTAMPTZ '2024-01-01 23:59:59.999' + INTERVAL (i) DAY",
    { stamp: 'close', snap: '1m' },
  ],
  ['dates', "(TIMESTAMP '2024-01-01' + INTERVAL (i) DAY)::DATE"],
  ['dates as texts', "(TIMESTAMP '2024-01-01' + INTERVAL (i) DAY)::DATE::VARCHAR"],
  ['dates as numbers', "strftime(TIMESTAMP '2024-01-01' + INTERVAL (i) DAY, '%Y%m%d')::BIGINT"],
  ['days of spreadsheets', '(45292 + i)::DOUBLE'],
  ['seconds', '1704067200 + i * 86400'],
  ['seconds with a fraction', '(1704067200 + i * 86400)::DOUBLE'],
  ['milliseconds', '(1704067200 + i * 86400) * 1000'],
  ['nanoseconds', '(1704067200 + i * 86400) * 1000000000'],
];

describe('parts of a Parquet file', () => {
  const project = new Project();
  let duckdb: DuckDBConnection;

  before(async () => {
    duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    await duckdb.run("SET TimeZone = 'UTC'");
  });
  after(() => {
    duckdb.closeSync();
    project.remove();
  });

  for (const [index, [kind, sql, options]] of KINDS.entries()) {
    it(`are slices of the whole, however its times are written: ${kind}`, async () => {
      const path = `times-${index}.parquet`;
      const rows = `SELECT ${sql} AS date, i * 0.5 AS close FROM range(400) AS r(i) WHERE i % 11 <> 0`;
      await duckdb.run(`COPY (${rows}) TO '${project.path(path)}' (ROW_GROUP_SIZE 64)`);
      const reader = await project.open('parquet', { path, ...options }, { interval: 86_400 });
      const whole = rowsOf(await readAll(reader));
      assert.equal(whole.length, 363);
      await checkSlices(reader, whole, 2 * 86_400, 12);
    });
  }
});
