import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { SeamlessError } from '../sdk/errors.js';
import { Lineage, type SourceText } from './lineage.js';
import { candidatesOf, isScript, isSkippedFolder, LARGEST_SCRIPT } from './scripts.js';
import { strategiesIn, type DiscoveredStrategy } from './strategies.js';

interface DiscoverOptions {
  /** Receives each script that was read, with its strategies; null: it does not parse. */
  readonly onFile?: ((file: string, strategies: readonly DiscoveredStrategy[] | null) => void) | undefined;
}

/**
 * The strategy classes in a folder's scripts, by file and line. Dependencies, build output and hidden folders are skipped, links
 * not followed; nothing is run.
 * @throws SeamlessError `not-found` when there is no such folder
 */
export async function discoverStrategies(
  root: string,
  { onFile }: DiscoverOptions = {},
): Promise<readonly DiscoveredStrategy[]> {
  const folder = resolve(root);
  if (!(await isFolder(folder))) {
    throw new SeamlessError('not-found', `There is no folder ${root}: name one that holds strategies.`);
  }
  const lineage = new Lineage(resolveFile);
  const all: DiscoveredStrategy[] = [];
  for await (const file of scripts(folder)) {
    const source = await readScript(file);
    if (!source) continue;
    const found = await strategiesIn(source, lineage);
    onFile?.(file, found);
    all.push(...(found ?? []));
  }
  return all;
}

/** The file that a relative import refers to, by the rules of TypeScript and bundlers. */
export async function resolveFile(specifier: string, fromFile: string): Promise<SourceText | null> {
  for (const candidate of candidatesOf(specifier, fromFile)) {
    const source = await readScript(candidate);
    if (source) return source;
  }
  return null;
}

async function* scripts(folder: string): AsyncGenerator<string> {
  // An unreadable folder has nothing to show.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !isSkippedFolder(entry.name)) yield* scripts(path);
    else if (entry.isFile() && isScript(entry.name)) yield path;
  }
}

async function readScript(file: string): Promise<SourceText | null> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile() || found.size > LARGEST_SCRIPT) return null;
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : { file, text };
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}
