/**
 * What reading a clean CSV file costs beside DuckDB's read_csv of the same columns: processor seconds of a process of its own for each,
 * in turns, without what starting it took. Run: `node --import tsx bench/csv.ts [rounds]`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { openSourceLibrary } from '../src/sources/library.js';
import { plainGrid } from '../src/sdk/time/grid.js';
import { median } from './measure.js';
import { PROJECT, writeProject } from './project.js';

const FILE = join(PROJECT, 'year.csv');

/** All chunks of the file's columns, as DuckDB hands them on. */
async function peer(): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const result = await connection.run(
    `SELECT epoch(ts) AS ts, open, high, low, close, volume FROM read_csv('${FILE}')`,
  );
  let rows = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return rows;
    rows += chunk.rowCount;
  }
}

/** The same as tables, found out how, checked, and known by its content. @param version also hashes it */
async function own(version: boolean): Promise<number> {
  const library = openSourceLibrary({ projectRoot: PROJECT });
  const source = { kind: 'csv', options: { path: 'year.csv' } };
  const reader = await library.open({ node: 0, name: 'price', location: null, source, ...plainGrid(60) });
  if (version) await reader.version();
  let rows = 0;
  for await (const { ts } of reader.read({ start: -Infinity, end: Infinity })) rows += ts.length;
  library.close();
  return rows;
}

const JOBS = { peer, own: () => own(false), 'own, hashed': () => own(true) } as const;

const [what = '3'] = process.argv.slice(2);
if (what in JOBS) {
  const before = process.cpuUsage();
  const rows = await JOBS[what as keyof typeof JOBS]();
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(JSON.stringify({ rows, seconds: (user + system) / 1e6 }));
} else {
  if (!existsSync(FILE)) await writeProject(3);
  const taken = new Map<string, number[]>();
  for (let round = 0; round < Number(what); round++) {
    for (const job of Object.keys(JOBS)) {
      const args = ['--import', 'tsx', fileURLToPath(import.meta.url), job];
      const { rows, seconds } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
        rows: number;
        seconds: number;
      };
      taken.set(job, [...(taken.get(job) ?? []), seconds]);
      console.log(`${job}: ${rows} rows, ${seconds.toFixed(2)} s`);
    }
  }
  const beside = median(taken.get('peer') ?? []);
  for (const [job, seconds] of taken)
    console.log(
      `${job}: ${median(seconds).toFixed(2)} s, ${(median(seconds) / beside).toFixed(2)} of DuckDB`,
    );
}
