import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { messageOf, SeamlessError } from '../sdk/errors.js';
import { placeTypes } from './types.js';

interface CopiedSample {
  /** Absolute path of the file to open first. */
  readonly file: string;
  /** The class in it to begin with. */
  readonly className: string;
}

const FIRST = { file: 'strategies/sp-trend.ts', className: 'SpTrend' };

/** Leftovers of trying the sample in place. */
const LEFT: ReadonlySet<string> = new Set(['.seamless', 'node_modules']);

/** Files that file managers create: a folder with nothing else counts as empty. */
const LITTER: ReadonlySet<string> = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

/**
 * Copies the sample project and the SDK's types into an empty or new folder.
 * @param packageFolder the installed extension's folder
 * @throws SeamlessError `usage` when the folder is not empty or is a file; `internal` when it cannot be written
 */
export async function copySample(target: string, packageFolder: string): Promise<CopiedSample> {
  const folder = resolve(target);
  await checkEmpty(folder);
  const files = await readSample(join(packageFolder, 'media', 'sample'));
  try {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    await placeTypes(folder, packageFolder);
  } catch (cause) {
    await takeBack(folder);
    throw cause instanceof SeamlessError ? cause : notCopied(folder, cause);
  }
  return { file: join(folder, FIRST.file), className: FIRST.className };
}

async function checkEmpty(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (!found) return;
  if (!found.isDirectory()) {
    throw new SeamlessError('usage', `${folder} is a file: choose an empty folder for the sample.`);
  }
  const inside = (await readdir(folder)).filter((name) => !LITTER.has(name));
  if (inside.length === 0) return;
  throw new SeamlessError(
    'usage',
    `${folder} is not empty (${inside[0]}${inside.length > 1 ? ' and more' : ''}): choose an empty folder for the sample.`,
  );
}

/** Contents by path. Written as new files: an extension's files may be read-only, and so would be copies. */
async function readSample(source: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  try {
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      const path = relative(source, join(entry.parentPath, entry.name));
      if (!entry.isFile() || path.split(sep).some((name) => LEFT.has(name))) continue;
      files.set(path, await readFile(join(source, path)));
    }
    return files;
  } catch (cause) {
    throw new SeamlessError(
      'internal',
      `The sample cannot be read (${messageOf(cause)}): install the extension again.`,
      { cause },
    );
  }
}

/** Empties the folder again, so that the next attempt is not refused. */
async function takeBack(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!LITTER.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function notCopied(folder: string, cause: unknown): SeamlessError {
  const text = `The sample could not be copied to ${folder} (${messageOf(cause)}): choose another folder.`;
  return new SeamlessError('internal', text, { cause });
}
