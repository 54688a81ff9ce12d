import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { changedNs, isSettled } from '../../sdk/file-stamps.js';
import { CACHE_FOLDER } from '../project.js';

/**
 * What a result depends on: files, folders and missing paths, each identified by its `stat`, and if that differs, by its content.
 * Synchronous, since the caller has nothing else to do.
 */

/** Null: there was no file. If the hash is null, the very same file is required. */
export interface FileEvidence {
  readonly path: string;
  readonly signature: string | null;
  readonly hash: string | null;
}

/** The names in a folder, and the targets of links. Null: there was no folder. */
interface FolderEvidence {
  readonly path: string;
  readonly signature: string | null;
  readonly listing: string | null;
}

export interface Evidence {
  readonly files: readonly FileEvidence[];
  readonly folders: readonly FolderEvidence[];
}

interface Look {
  readonly signature: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly stats: BigIntStats;
}

function lookAt(path: string): Look | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!found) return null;
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  return {
    signature: [dev, ino, size, mtimeNs, ctimeNs].join('|'),
    kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other',
    stats: found,
  };
}

/**
 * Records a file. Throws `Unsettled` when it changed at about `since` or later: what was read may be outdated.
 * @param exact requires the very same file
 */
export function fileEvidence(path: string, since: number, exact = false): FileEvidence {
  const found = lookAt(path);
  if (found?.kind !== 'file') return { path, signature: null, hash: null };
  if (since !== Infinity && !isSettled(found.stats, since)) throw new Unsettled(path);
  return { path, signature: found.signature, hash: exact ? null : hashOf(path) };
}

/** Records a folder. Throws `Unsettled` when it changed at `since` or later: any change of it gives it a new time. */
export function folderEvidence(path: string, since: number): FolderEvidence {
  const found = lookAt(path);
  if (found?.kind !== 'folder') return { path, signature: null, listing: null };
  if (changedNs(found.stats) >= BigInt(since) * 1_000_000n) throw new Unsettled(path);
  return { path, signature: found.signature, listing: listingOf(path) };
}

/** Something changed while evidence was recorded. */
class Unsettled extends Error {
  constructor(path: string) {
    super(`${path} changed just now`);
  }
}

/** Whether everything is unchanged. */
export function stillHolds({ files, folders }: Evidence): boolean {
  return files.every(holdsFile) && folders.every(holdsFolder);
}

function holdsFile({ path, signature, hash }: FileEvidence): boolean {
  const found = lookAt(path);
  if (found?.kind !== 'file') return signature === null;
  if (signature === null) return false;
  return found.signature === signature || (hash !== null && hashOf(path) === hash);
}

function holdsFolder({ path, signature, listing }: FolderEvidence): boolean {
  const found = lookAt(path);
  if (found?.kind !== 'folder') return signature === null;
  if (signature === null) return false;
  return found.signature === signature || listingOf(path) === listing;
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function listingOf(path: string): string {
  const entries = readdirSync(path, { withFileTypes: true })
    // What the cache itself writes beside a strategy.
    .filter(({ name }) => name !== CACHE_FOLDER)
    .map((entry) => {
      const link = entry.isSymbolicLink() ? readlinkSync(join(path, entry.name)) : '';
      return JSON.stringify([entry.name, entry.isDirectory(), link]);
    });
  return createHash('sha256').update(entries.sort().join('\n')).digest('hex');
}

/** The `stat` signatures of all files in a folder as one text; empty if there are none. */
export function folderState(folder: string): string {
  const names = lookAt(folder)?.kind === 'folder' ? readdirSync(folder).sort() : [];
  const sha = createHash('sha256');
  for (const name of names) sha.update(`${name} ${lookAt(join(folder, name))?.signature ?? ''}\n`);
  return names.length === 0 ? '' : sha.digest('hex');
}
