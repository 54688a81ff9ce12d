import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process reads its bundle right after it was written; a day is kept for debuggers that look at it later. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Writes a bundle into the project's own temporary folder, or the system's where the project is read-only. */
export async function writeBundle(projectRoot: string, name: string, code: string): Promise<string> {
  const cache = join(projectRoot, '.seamless');
  try {
    await mkdir(join(cache, 'tmp'), { recursive: true });
    await writeFile(join(cache, '.gitignore'), '*\n', { flag: 'wx' }).catch(ignoreExisting);
    return await writeInto(join(cache, 'tmp'), name, code);
  } catch (error) {
    if (!isReadOnly(error)) throw error;
    const folder = join(tmpdir(), 'seamless-bundles');
    await mkdir(folder, { recursive: true });
    return writeInto(folder, name, code);
  }
}

async function writeInto(folder: string, name: string, code: string): Promise<string> {
  const path = join(folder, name);
  await removeOld(folder);
  const draft = `${path}.${process.pid}.tmp`;
  // Another process may import the same bundle at this moment: it must never see half of it.
  await writeFile(draft, code);
  await rename(draft, path);
  return path;
}

async function removeOld(folder: string): Promise<void> {
  const now = Date.now();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found && now - found.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function isReadOnly(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
