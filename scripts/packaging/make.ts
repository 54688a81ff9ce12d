import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inspect, type Inspection } from './inspect.js';
import { stageDependencies } from './stage.js';
import { fetchTarballs, run } from './tarballs.js';
import { dependenciesOf, whyNot, type Lock, type Target } from './targets.js';

const vsce = join(dirname(createRequire(import.meta.url).resolve('@vscode/vsce/package.json')), 'vsce');

/** Where a package is made. */
export interface Workplace {
  /** A staged folder; its `node_modules` are replaced. */
  readonly folder: string;
  /** Where fetched tarballs are kept. */
  readonly tarballs: string;
  /** Where the package goes. */
  readonly out: string;
  readonly version: string;
}

/** Makes one target's package and opens it again. Throws when it is not fit to publish; a string says why none can be. */
export async function makePackage(
  target: Target,
  lock: Lock,
  { folder, tarballs, out, version }: Workplace,
): Promise<Inspection | string> {
  const dependencies = dependenciesOf(target, lock);
  const reason = whyNot(target, dependencies);
  if (reason !== undefined) return reason;
  await stageDependencies(folder, dependencies, await fetchTarballs(dependencies, tarballs));
  const path = join(out, `seamless-dag-${target.name}-${version}.vsix`);
  const options = [
    '--target',
    target.name,
    '--out',
    path,
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
  ];
  await run(process.execPath, [vsce, 'package', ...options], folder);
  return inspect(path, target, dependencies);
}
