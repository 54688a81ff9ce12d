import { resolve } from 'node:path';

import { cacheFolder } from '../protocol/project.js';

/** Flags of every command on a cache. */
export interface CommonFlags {
  readonly cache?: string;
  readonly json?: boolean;
}

/** Those of a command over a range. */
export interface RangeFlags extends CommonFlags {
  readonly start?: string;
  readonly end?: string;
}

/** The cache folder of a project, or the one that `--cache` names. */
export function cacheDirOf(cwd: string, projectRoot: string, { cache }: { readonly cache?: string }): string {
  return cacheFolder(projectRoot, cache && resolve(cwd, cache));
}
