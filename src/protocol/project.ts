import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { parseRange, parseTime, type Range, type TimeInput } from '../sdk/time/time.js';
import type { StrategyRef } from './payloads.js';

/** Name of the cache's folder. */
export const CACHE_FOLDER = '.seamless';

/**
 * The folder that a strategy's cache and relative data paths start from: the nearest ancestor of the file that has
 * `.seamless/` or `package.json`, else the workspace folder, else the file's own folder. Absolute.
 */
export function findProjectRoot(file: string, workspaceFolder?: string): string {
  const own = dirname(resolve(file));
  return nearestRoot(own) ?? (workspaceFolder === undefined ? own : resolve(workspaceFolder));
}

/** The project root for a folder: the nearest folder, itself included, with a mark of a project; else itself. */
export function projectRootOf(folder: string): string {
  const own = resolve(folder);
  return nearestRoot(own) ?? own;
}

function nearestRoot(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, CACHE_FOLDER)) || existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

/** The cache's folder: the one asked for, relative to the working folder, else `.seamless` in the project root. */
export function cacheFolder(projectRoot: string, asked?: string): string {
  return asked === undefined ? join(projectRoot, CACHE_FOLDER) : resolve(asked);
}

/** Differs from one state of a cache to another, without opening it; empty when there is none. */
export async function cacheState(folder: string): Promise<string> {
  const states = ['cache.duckdb', 'cache.duckdb.wal'].map(async (name) => {
    // What cannot be seen counts as absent: opening it gives the reason.
    const found = await stat(join(folder, name), { bigint: true }).catch(() => null);
    // An empty log comes and goes.
    return found === null || found.size === 0n ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`;
  });
  return (await Promise.all(states)).join(' ').trim();
}

/** What a cache's folder takes on disk, in bytes; 0 when there is none. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Files come and go while a run is at work.
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else bytes += (await stat(path).catch(() => null))?.size ?? 0;
  }
  return bytes;
}

/** A strategy by its file, which may be relative to the working folder. */
export function strategyRef(file: string, className: string | null): StrategyRef {
  const absolute = resolve(file);
  return { file: absolute, className, projectRoot: findProjectRoot(absolute) };
}

/** What the cache knows a strategy by: `file#Class`, the file as seen from the project root. */
export function storedName(
  { file, projectRoot }: Pick<StrategyRef, 'file' | 'projectRoot'>,
  className: string,
): string {
  return `${relative(projectRoot, file).split(sep).join('/')}#${className}`;
}

/** `file#Class`, or `file` alone for its only strategy. A file's own name may hold a `#` if that file exists. */
export function parseStrategySpec(spec: string): {
  readonly file: string;
  readonly className: string | null;
} {
  const hash = spec.lastIndexOf('#');
  if (hash <= 0 || existsSync(spec)) return { file: spec, className: null };
  return { file: spec.slice(0, hash), className: spec.slice(hash + 1) || null };
}

/** A range of which either end may be left open. @throws SeamlessError `time` or `range` when it is none. */
export function partialRange(start: TimeInput | undefined, end: TimeInput | undefined): Partial<Range> {
  if (start !== undefined && end !== undefined) return parseRange(start, end);
  return {
    ...(start !== undefined && { start: parseTime(start, 'The start') }),
    ...(end !== undefined && { end: parseTime(end, 'The end') }),
  };
}
