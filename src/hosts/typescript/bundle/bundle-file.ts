import { readFileSync, utimesSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, SeamlessError } from '../../../sdk/errors.js';

/** A process reads its bundle right after writing it; bundles are kept for a day for debuggers. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** How many files are checked for age each time: all projects may share a folder with thousands of them. */
const LOOKED_AT = 64;

/**
 * Writes a bundle into the project's cache folder or, if there is none or it is read-only, into a temporary folder: merely
 * describing a strategy leaves no trace in its project.
 */
export async function writeBundle(projectRoot: string, name: string, code: string): Promise<string> {
  const cache = join(projectRoot, '.seamless');
  const known = join(cache, 'tmp', name);
  if (isThere(known, code)) return known;
  try {
    await mkdir(join(cache, 'tmp')).catch(ignoreExisting);
    await writeFile(join(cache, '.gitignore'), '*\n', { flag: 'wx' }).catch(ignoreExisting);
    return await writeInto(join(cache, 'tmp'), name, code);
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
    return await temporaryFolder()
      .then((folder) => writeInto(folder, name, code))
      .catch((cause: unknown) => {
        throw nowhere(cache, cause);
      });
  }
}

/** Whether an earlier run wrote the same bundle. Its time is then renewed, so that it is not deleted as old. */
function isThere(path: string, code: string): boolean {
  try {
    if (readFileSync(path, 'utf8') !== code) return false;
    const now = Date.now() / 1000;
    utimesSync(path, now, now);
    return true;
  } catch {
    // Then it is written, which reports any problem with the folder.
    return false;
  }
}

function nowhere(cache: string, cause: unknown): SeamlessError {
  const why = messageOf(cause);
  return new SeamlessError(
    'cache',
    `The strategy cannot be bundled: neither ${cache} nor ${tmpdir()} can be written (${why}). Free some space there, or change their permissions.`,
    { cause },
  );
}

/** A folder that only this user can write: elsewhere, others could replace the code. */
async function temporaryFolder(): Promise<string> {
  const user = process.getuid?.();
  const folder = join(tmpdir(), user === undefined ? 'seamless-bundles' : `seamless-bundles-${user}`);
  await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
  if (user === undefined) return folder;
  const found = await lstat(folder);
  const own = found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0;
  return own ? folder : mkdtemp(`${folder}-`);
}

async function writeInto(folder: string, name: string, code: string): Promise<string> {
  const path = join(folder, name);
  await removeOld(folder);
  const draft = `${path}.${process.pid}.tmp`;
  // Another process may import the same bundle right now: it must never see half of it.
  try {
    await writeFile(draft, code);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return path;
}

async function removeOld(folder: string): Promise<void> {
  const now = Date.now();
  const names = await readdir(folder);
  const first = Math.floor(Math.random() * names.length);
  for (const name of [...names.slice(first), ...names.slice(0, first)].slice(0, LOOKED_AT)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found && now - found.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function isOutOfReach(error: unknown): boolean {
  const codes = ['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC', 'EDQUOT', 'EFBIG'];
  return codes.includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
