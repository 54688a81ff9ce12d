import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import { SeamlessError } from '../sdk/errors.js';
import { ModuleCache } from './module-cache.js';
import { scriptsIn } from './scripts.js';
import { strategiesOf, type DiscoveredStrategy } from './strategies.js';

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
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SeamlessError('not-found', `There is no folder ${root}: name one that holds strategies.`);
  }
  const modules = new ModuleCache();
  const all: DiscoveredStrategy[] = [];
  for (const file of scriptsIn([folder])) {
    const found = file === null ? undefined : await strategiesIn(file, modules);
    if (file === null || found === undefined) continue;
    onFile?.(file, found);
    all.push(...(found ?? []));
  }
  return all;
}

/** The strategies in a file; null: it does not parse, undefined: there is no such script. */
export async function strategiesIn(
  file: string,
  modules = new ModuleCache(),
): Promise<readonly DiscoveredStrategy[] | null | undefined> {
  const module = modules.skim(file);
  if (!module?.parses) return module ? null : undefined;
  if (!module.scope) return [];
  return strategiesOf(module.scope, (specifier, from) => modules.find(specifier, from, new Set()));
}
