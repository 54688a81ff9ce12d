/*
 * A client of DuckDB like any other: opens the cache to read, again and again, tries anew when it is locked, and expects that what
 * it sees is of one piece. Reports when it is told to stop.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , file = ''] = process.argv;
const LOCKED = /lock|being used by another process/i;
const PAUSE_MS = 30;

const tally = { reads: 0, locked: 0, rows: 0, faults: [] };
let stopped = false;
process.once('message', () => (stopped = true));

/** Covered rows by their segments' counts and by their values: the same, or this client sees half a commit. */
const QUERY = `
  WITH whole AS (
    SELECT c.fp, c.segment, g.row_count FROM coverage c JOIN segments g ON g.id = c.segment
    WHERE c.start_ts = g.start_ts AND c.end_ts = g.end_ts)
  SELECT (SELECT count(*) FROM coverage WHERE segment NOT IN (SELECT id FROM segments))::INTEGER AS lost,
    (SELECT count(*) FROM whole WHERE row_count > 0 AND segment NOT IN (SELECT segment FROM cells))::INTEGER AS hollow,
    (SELECT count(*) FROM node_rows)::INTEGER AS rows`;

async function look() {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    const [row] = (await connection.runAndReadAll(QUERY)).getRowObjectsJS();
    if (row.lost > 0 || row.hollow > 0) tally.faults.push(JSON.stringify(row));
    tally.reads += 1;
    tally.rows = row.rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

while (!stopped) {
  if (existsSync(file)) {
    try {
      await look();
    } catch (error) {
      if (LOCKED.test(error.message)) tally.locked += 1;
      else tally.faults.push(error.message);
    }
  }
  await sleep(PAUSE_MS);
}
process.send(tally);
process.disconnect();
