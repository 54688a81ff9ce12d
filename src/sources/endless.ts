import type { BigIntStats, Stats } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { OpenStream } from '../engine/ports/source.js';
import { type Database } from './sql/database.js';
import { sourceError } from './faults.js';
import { sqlText } from '../sdk/sql-text.js';

/** Linux file systems with generated files, by their statfs(2) numbers: proc, debugfs, tracefs. */
const MADE_WHEN_READ: ReadonlySet<number> = new Set([0x9fa0, 0x64626720, 0x74726163]);

/** @throws SeamlessError `source` for pipes and devices, and for files that the system generates */
export async function refuseEndless(
  stream: OpenStream,
  shown: string,
  path: string,
  stats: Stats | BigIntStats,
): Promise<void> {
  if (stats.isDirectory()) return;
  let what = 'a pipe or a device';
  if (stats.isFile()) {
    // Generated files report a size of 0.
    if (Number(stats.size) > 0 || !(await isMadeWhenRead(path))) return;
    what = 'a file that the system generates when it is read';
  }
  throw sourceError(
    stream,
    `${shown} is ${what}, which has no end to wait for: save what it gives in a file.`,
  );
}

async function isMadeWhenRead(path: string): Promise<boolean> {
  return MADE_WHEN_READ.has(
    await statfs(path).then(
      ({ type }) => type,
      () => 0,
    ),
  );
}

/**
 * The same for paths and patterns that a database will read. Missing files are reported elsewhere.
 * @param paths absolute
 */
export async function refuseEndlessFiles(
  stream: OpenStream,
  database: Database,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    const stats = await stat(path).catch(() => null);
    if (stats !== null) await refuseEndless(stream, path, path, stats);
    else await refuseMatched(stream, database, path);
  }
}

/** @throws SeamlessError `source` for pipes and devices that match a pattern */
async function refuseMatched(stream: OpenStream, database: Database, pattern: string): Promise<void> {
  const folder = dirname(pattern);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isFile() || entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const stats = await stat(path).catch(() => null);
    if (stats === null || stats.isFile()) continue;
    const [row] = await database.rows(
      `SELECT ${sqlText(entry.name)} GLOB ${sqlText(basename(pattern))} AS fits`,
    );
    if (row?.['fits'] === true) await refuseEndless(stream, path, path, stats);
  }
}
