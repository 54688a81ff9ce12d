// The peer: DuckDB alone reads the same file, computes the same windows in SQL, and stores them.
import { DuckDBInstance } from '@duckdb/node-api';
import { rm } from 'node:fs/promises';

const [csv = '', file = '', end = ''] = process.argv.slice(2);
await Promise.all([rm(file, { force: true }), rm(`${file}.wal`, { force: true })]);
const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
const windows = [5, 20, 60, 240];
const columns = [
  ...windows.flatMap((period) => {
    const over = `OVER (ORDER BY ts ROWS ${period - 1} PRECEDING)`;
    return [
      `avg(close) ${over} AS mean${period}`,
      `min(close) ${over} AS min${period}`,
      `max(close) ${over} AS max${period}`,
      `stddev_samp(close) ${over} AS std${period}`,
    ];
  }),
  ...[1, 5, 15, 60].map((bars) => `close / lag(close, ${bars}) OVER (ORDER BY ts) - 1 AS return${bars}`),
];
await connection.run(
  `CREATE TABLE price AS SELECT * FROM read_csv('${csv}') WHERE ts < to_timestamp(${end})`,
);
await connection.run(`CREATE TABLE history AS SELECT ts, ${columns.join(', ')} FROM price`);
await connection.run('CHECKPOINT');
connection.closeSync();
instance.closeSync();
