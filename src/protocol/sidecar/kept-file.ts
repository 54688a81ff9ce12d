import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheState } from '../project.js';
import { folderState } from './evidence.js';

/* Files beside the catalog that are valid for one state of the cache. They save a reader from opening the catalog. */

export interface Kept {
  /** Raised when the content of such a file changes meaning. */
  readonly format: number;
  /** The state of the cache; see `cacheText`. */
  readonly cache: string;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** Valid only while further reads and runs record no use in the cache either. */
const VALID_MS = 3_600_000;

/** The cache folders that hold such files. */
export const HITS = 'hits';
export const PLACES = 'places';

/** The folder of packs in a cache. */
export const PACKS = 'packs';

/** The state of the catalog and all packs, from the file system. */
export async function cacheText(dir: string): Promise<string> {
  return `${await cacheState(dir)} ${folderState(join(dir, PACKS))}`;
}

export function isRecent(writtenAt: number): boolean {
  const age = Date.now() - writtenAt;
  return age >= 0 && age < VALID_MS;
}

/**
 * Writes such a file and deletes those of other states of the cache. Only for the process that has the cache open.
 * @throws the file system's error
 */
export function writeKept(path: string, value: Kept): void {
  const text = JSON.stringify(value);
  mkdirSync(dirname(path), { recursive: true });
  for (const name of readdirSync(dirname(path))) {
    const other = join(dirname(path), name);
    if (readKept(other, value.format)?.cache !== value.cache) rmSync(other, { force: true });
  }
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${digestOf(text)}\n${text}`);
  renameSync(draft, path);
}

/** Deletes all such files of a cache: the rows they describe are being deleted. */
export function removeKept(dir: string): void {
  for (const folder of [HITS, PLACES]) rmSync(join(dir, folder), { recursive: true, force: true });
}

/** The exact content as written; null if there is no such file, or it is damaged or of another format. */
export function readKept(path: string, format: number): Kept | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const end = text.indexOf('\n');
  if (end < 0 || text.slice(0, end) !== digestOf(text.slice(end + 1))) return null;
  const value = JSON.parse(text.slice(end + 1)) as Kept;
  return value.format === format ? value : null;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
