import { readFile } from 'node:fs/promises';
import { zipEntries, type ZipEntry } from './zip.js';
import type { Pinned, Target } from './targets.js';

/** What a package must never hold, and why a reader would care. */
const barred: readonly (readonly [RegExp, string])[] = [
  [/\.map$/, 'a source map'],
  [/\.tsx?$/, 'TypeScript source'],
  [/(?:^|\/)(?:test|src|\.git)(?:\/|$)/, 'a file of the repository'],
  [/(?:^|\/)\.(?:env|npmrc)[^/]*$/, 'a file of secrets'],
  [/\.(?:duckdb|wal|log)$/, 'a cache or a log'],
];

/** What a package of binaries is for. */
const runs: readonly (readonly [string, RegExp])[] = [
  ['@duckdb/node-bindings-', /\/duckdb\.node$/],
  ['@duckdb/node-bindings-', /\/(?:lib)?duckdb\.(?:so|dylib|dll)$/],
  ['@esbuild/', /\/esbuild(?:\.exe)?$/],
];

export interface Inspection {
  readonly files: number;
  /** Bytes of the archive, and of its contents once installed. */
  readonly packed: number;
  readonly installed: number;
}

/** Opens a package again and throws unless it holds one target's binaries alone, its programs can be run, and nothing else slipped in. */
export async function inspect(
  path: string,
  target: Target,
  dependencies: readonly Pinned[],
): Promise<Inspection> {
  const archive = await readFile(path);
  const entries = zipEntries(archive);
  const faults = [...faultsOf(entries, target, dependencies)];
  if (faults.length > 0) throw new Error(`${path} is not fit to publish:\n  ${faults.join('\n  ')}`);
  return {
    files: entries.length,
    packed: archive.length,
    installed: entries.reduce((sum, { size }) => sum + size, 0),
  };
}

function* faultsOf(
  entries: readonly ZipEntry[],
  target: Target,
  dependencies: readonly Pinned[],
): Iterable<string> {
  const paths = new Map(entries.map((entry) => [entry.path, entry]));
  for (const needed of [
    'extension/dist/extension.cjs',
    'extension/dist/discovery-worker.cjs',
    'extension/dist/settings-checks.cjs',
    'extension/dist/child.js',
    'extension/dist/cli.js',
    'extension/bin/seamless',
    'extension/bin/seamless.cmd',
    'extension/media/icon.png',
    'extension/dist/types/index.d.ts',
    'extension/l10n/bundle.l10n.json',
  ]) {
    if (!paths.has(needed)) yield `${needed} is missing`;
  }
  const allowed = new Set(dependencies.map(({ name }) => name));
  for (const { path, mode } of entries) {
    const name = /^extension\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (name !== undefined && !allowed.has(name))
      yield `${path} is of a package ${target.name} does not need`;
    // What a strategy is written with and against is TypeScript.
    const typed = path.startsWith('extension/media/sample/') || path.endsWith('.d.ts');
    const fault = barred.find(
      ([pattern, what]) => pattern.test(path) && !(typed && what === 'TypeScript source'),
    )?.[1];
    if (fault !== undefined) yield `${path} is ${fault}`;
    const program = /^extension\/(?:node_modules\/@esbuild\/[^/]+\/bin\/|bin\/seamless$)/.test(path);
    if (program && target.os !== 'win32' && (mode & 0o111) === 0) yield `${path} has lost its run bit`;
  }
  for (const { name } of dependencies) {
    const within = entries.filter(({ path }) => path.startsWith(`extension/node_modules/${name}/`));
    const needed = runs.filter(([prefix]) => name.startsWith(prefix)).map(([, pattern]) => pattern);
    if (needed.length === 0) needed.push(/\.js$/);
    for (const pattern of needed) {
      if (!within.some(({ path }) => pattern.test(path))) yield `${name} lacks ${String(pattern)}`;
    }
  }
}
