import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { parseRange, parseTime, type Range, type TimeInput } from '../sdk/time/time.js';
import type { StrategyRef } from './payloads.js';

/** Name of the cache's folder. */
export const CACHE_FOLDER = '.seamless';

/**
 * The folder where a strategy's cache and relative data paths start: the nearest ancestor of the file with `.seamless/` or
 * `package.json`, else the workspace folder, else the file's own folder. Absolute.
 */
export function findProjectRoot(file: string, workspaceFolder?: string): string {
  const own = dirname(resolve(file));
  return nearestRoot(own) ?? (workspaceFolder === undefined ? own : resolve(workspaceFolder));
}

/** The project root for a folder: the nearest ancestor (or itself) with a project marker; else itself. */
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

/** The cache folder: the requested one, relative to the working folder, else `.seamless` in the project root. */
export function cacheFolder(projectRoot: string, asked?: string): string {
  return asked === undefined ? join(projectRoot, CACHE_FOLDER) : resolve(asked);
}

/** Changes with the state of a cache, without opening it; empty when there is none. */
export async function cacheState(folder: string): Promise<string> {
  const states = ['cache.duckdb', 'cache.duckdb.wal'].map(async (name) => {
    // An unreadable cache counts as absent: opening it reports the reason.
    const found = await stat(join(folder, name), { bigint: true }).catch(() => null);
    // An empty log appears and disappears.
    return found === null || found.size === 0n ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`;
  });
  return (await Promise.all(states)).join(' ').trim();
}

/** The size of a cache folder on disk, in bytes; 0 when there is none. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // Files appear and disappear during a run.
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

/** The strategy's name in the cache: `file#Class`, the file relative to the project root. */
export function storedName(
  { file, projectRoot }: Pick<StrategyRef, 'file' | 'projectRoot'>,
  className: string,
): string {
  return `${relative(projectRoot, file).split(sep).join('/')}#${className}`;
}

/** Parses `file#Class`, or `file` for its only strategy. A file name may contain a `#` if that file exists. */
export function parseStrategySpec(spec: string): {
  readonly file: string;
  readonly className: string | null;
} {
  const hash = spec.lastIndexOf('#');
  if (hash <= 0 || existsSync(spec)) return { file: spec, className: null };
  return { file: spec.slice(0, hash), className: spec.slice(hash + 1) || null };
}

/** A range with optional ends. @throws SeamlessError `time` or `range` when it is invalid */
export function partialRange(start: TimeInput | undefined, end: TimeInput | undefined): Partial<Range> {
  if (start !== undefined && end !== undefined) return parseRange(start, end);
  return {
    ...(start !== undefined && { start: parseTime(start, 'The start') }),
    ...(end !== undefined && { end: parseTime(end, 'The end') }),
  };
}
