/*
 * A client of DuckDB like any other: opens the cache to read, again and again, tries anew when it is locked, and expects that what
 * it sees is of one piece. Reports when it is told to stop.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , file = ''] = process.argv;
const LOCKED = /lock|being used by another process/i;
const PAUSE_MS = 30;

const tally = { reads: 0, locked: 0, rows: 0, faults: [] };
let stopped = false;
process.once('message', () => (stopped = true));

/** Rows of views, as many as segments say that are covered as a whole: else this client sees half a commit. */
const COUNTS = `
  SELECT n.strategy, n.node, sum(g.row_count)::INTEGER AS rows, bool_and(c.start_ts = g.start_ts AND c.end_ts = g.end_ts) AS whole
  FROM names n JOIN coverage c USING (fingerprint) JOIN segments g ON g.id = c.segment
  WHERE n.replaced_at IS NULL AND n.listed AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'views stale') GROUP BY ALL`;
const SCHEMAS = 'SELECT DISTINCT schema_name AS name FROM duckdb_views() WHERE NOT internal';
const LOST = 'SELECT count(*)::INTEGER AS lost FROM coverage WHERE segment NOT IN (SELECT id FROM segments)';

async function look() {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    await connection.run(`SET file_search_path = '${dirname(dirname(file))}'`);
    const rowsOf = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS();
    const [{ lost }] = await rowsOf(LOST);
    if (lost > 0) tally.faults.push(`${lost} covered ranges have no segment`);
    let all = 0;
    // Where two strategies have one class, each goes by its full name.
    const names = new Set((await rowsOf(SCHEMAS)).map(({ name }) => name));
    for (const { strategy, node, rows, whole } of await rowsOf(COUNTS)) {
      const schema = names.has(strategy) ? strategy : strategy.replace(/^.*#/, '');
      const [{ seen }] = await rowsOf(`SELECT count(*)::INTEGER AS seen FROM "${schema}"."${node}"`);
      if (whole && seen !== rows) tally.faults.push(`${node} shows ${seen} of ${rows} rows`);
      all += seen;
    }
    tally.reads += 1;
    tally.rows = all;
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
