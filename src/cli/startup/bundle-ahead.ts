import { mkdirSync, rmdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { builtFile } from '../../protocol/built-file.js';
import { bundleCode, type BundledCode } from '../../hosts/typescript/bundle/bundle.js';
import type { StrategyRef } from '../../protocol/payloads.js';

/**
 * Bundles a strategy in this process while its child starts: a small run takes 0.2 s less of 2.4. Runs none of its code.
 * Undefined if it cannot be bundled: the child then tries itself and reports why.
 * @param cacheDir made if it is missing; null: not needed
 */
export async function bundleAhead(
  { file, projectRoot }: StrategyRef,
  cacheDir: string | null,
): Promise<BundledCode | undefined> {
  const made = cacheDir !== null && makeFolder(cacheDir);
  try {
    const sdkUrl = pathToFileURL(builtFile('index.js')).href;
    return await bundleCode({ file, projectRoot, sdkUrl });
  } catch {
    // The child meets the same error and reports it.
    if (made) removeEmpty(cacheDir);
    return undefined;
  }
}

/** Makes the cache's folder first: made later, it changes the project's folder after bundling began, and no sidecar is written. */
function makeFolder(dir: string): boolean {
  try {
    return mkdirSync(dir, { recursive: true }) !== undefined;
  } catch {
    // The child meets the same error and reports it.
    return false;
  }
}

function removeEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It is in use.
  }
}
