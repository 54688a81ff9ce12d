import { DuckDBInstance } from '@duckdb/node-api';
import { renameSync } from 'node:fs';

/** The tables of caches as they were made, kept here word for word; later formats are these with changes. */
const FORMAT_1 = `
  CREATE TABLE meta(key VARCHAR, value VARCHAR);
  CREATE TABLE fingerprints(id INTEGER, fingerprint VARCHAR);
  CREATE TABLE nodes(fp INTEGER, own VARCHAR, kind VARCHAR, interval_s DOUBLE, phase_s DOUBLE, label VARCHAR);
  CREATE TABLE node_inputs(fp INTEGER, position INTEGER, input INTEGER);
  CREATE TABLE names(strategy VARCHAR, node VARCHAR, position INTEGER, fp INTEGER, registered_at TIMESTAMP,
    replaced_at TIMESTAMP, listed BOOLEAN);
  CREATE TABLE runs(strategy VARCHAR, start_ts DOUBLE, end_ts DOUBLE, ran_at TIMESTAMP);
  CREATE TABLE schemas(id INTEGER, shape VARCHAR, names VARCHAR[], types VARCHAR[]);
  CREATE TABLE axes(id INTEGER, digest VARCHAR, row_count INTEGER);
  CREATE TABLE axis_cells(axis INTEGER, block INTEGER, ts BLOB);
  CREATE TABLE segments(id INTEGER, fp INTEGER, own VARCHAR, start_ts DOUBLE, end_ts DOUBLE, row_count INTEGER,
    digest VARCHAR, input_digests VARCHAR, axis INTEGER, schema INTEGER, bytes DOUBLE, created_at TIMESTAMP);
  CREATE TABLE cells(fp INTEGER, segment INTEGER, position INTEGER, block INTEGER, data BLOB, valid BLOB);
  CREATE TABLE coverage(fp INTEGER, start_ts DOUBLE, end_ts DOUBLE, segment INTEGER);
  CREATE TABLE sources(fp INTEGER, version VARCHAR, first_ts DOUBLE, last_ts DOUBLE);
`;

const FORMAT_2 = `${FORMAT_1} CREATE TABLE uses(strategy VARCHAR, used_at TIMESTAMP);`;
const FORMAT_3 = `${FORMAT_2} ALTER TABLE segments ADD COLUMN seal VARCHAR;`;

const FORMAT_4 = `${FORMAT_3}
  CREATE TABLE parts(id INTEGER, key VARCHAR, kind VARCHAR, name VARCHAR, owner VARCHAR, title VARCHAR, file VARCHAR, hash VARCHAR,
    text VARCHAR);
  CREATE TABLE makeups(own VARCHAR, parts VARCHAR);`;
const FORMAT_5 = `${FORMAT_4} CREATE TABLE pins(strategy VARCHAR, node VARCHAR);`;

const TABLES: Readonly<Record<1 | 2 | 3 | 4 | 5, string>> = {
  1: FORMAT_1,
  2: FORMAT_2,
  3: FORMAT_3,
  4: FORMAT_4,
  5: FORMAT_5,
};

export type EarlierFormat = keyof typeof TABLES;
export const EARLIER_FORMATS: readonly EarlierFormat[] = [1, 2, 3, 4, 5];

/** Makes a closed cache one that an earlier version of Seamless made, with all that such a one could hold. */
export async function makeEarlier(file: string, format: EarlierFormat): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `ATTACH '${file}' AS now; ATTACH '${file}.earlier' AS earlier (ROW_GROUP_SIZE 2048); USE earlier;`,
  );
  await connection.run(TABLES[format]);
  const views = await connection.runAndReadAll(
    "SELECT sql FROM duckdb_views() WHERE database_name = 'now' AND view_name = 'node_rows'",
  );
  for (const [sql] of views.getRows()) await connection.run(String(sql));
  const columns = await connection.runAndReadAll(
    `SELECT table_name, string_agg('"' || column_name || '"', ', ' ORDER BY column_index)
     FROM duckdb_columns() WHERE database_name = 'earlier' AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = 'earlier')
     GROUP BY table_name`,
  );
  for (const [table, names] of columns.getRows()) {
    const [to, from] = [`earlier.${String(table)}`, `now.${String(table)}`];
    await connection.run(`INSERT INTO ${to} SELECT ${String(names)} FROM ${from} ORDER BY rowid`);
  }
  await connection.run(
    `UPDATE earlier.meta SET value = '${format}' WHERE key = 'format'; CHECKPOINT earlier;`,
  );
  connection.closeSync();
  instance.closeSync();
  renameSync(`${file}.earlier`, file);
}
