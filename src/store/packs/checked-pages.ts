import { fstatSync } from 'node:fs';
import { isSettled } from '../../sdk/file-stamps.js';

/** The most packs remembered. */
const MOST_PACKS = 4096;

/** Digests of pages, by their offset. */
type Digests = Map<number, string>;

const known = new Map<string, { readonly signature: string; readonly digests: Digests }>();

/**
 * The pages of a pack that this process has already verified; verified pages are added to it. Null if the file was written a
 * moment ago, since another write could go unnoticed. A file that changed has its own entry.
 * @param file open for reading
 */
export function checkedPages(path: string, file: number, now = Date.now()): Digests | null {
  const stats = fstatSync(file, { bigint: true });
  if (!isSettled(stats, now)) return null;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  const signature = [dev, ino, size, mtimeNs, ctimeNs].join('|');
  const before = known.get(path);
  if (before?.signature === signature) return before.digests;
  if (known.size >= MOST_PACKS) known.clear();
  const digests: Digests = new Map();
  known.set(path, { signature, digests });
  return digests;
}
