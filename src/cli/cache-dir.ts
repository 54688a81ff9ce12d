import { resolve } from 'node:path';

import { cacheFolder } from '../protocol/project.js';

/** The cache folder of a project, or the one that `--cache` names. */
export function cacheDirOf(cwd: string, projectRoot: string, { cache }: { readonly cache?: string }): string {
  return cacheFolder(projectRoot, cache && resolve(cwd, cache));
}
