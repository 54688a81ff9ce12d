import * as nodeModule from 'node:module';

/**
 * Enables Node's compile cache (from 22.8 on), so that the next start need not compile this program again. Node checks that a
 * cached entry fits the source. Electron manages its own.
 */
export function keepCompiled(): void {
  const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown };
  if (process.versions.electron === undefined) enableCompileCache?.();
}
