import * as nodeModule from 'node:module';

/**
 * Has Node keep what it compiles of this program, where it can (from 22.8 on), so that the next start need not compile it again. Node
 * itself checks that what it kept is of the very text it is about to run. Electron is left to its own ways.
 */
export function keepCompiled(): void {
  const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown };
  if (process.versions.electron === undefined) enableCompileCache?.();
}
