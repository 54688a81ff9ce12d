import { readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** No one writes a strategy of a megabyte; bundles are that large. */
export const LARGEST_SCRIPT = 1_000_000;

const SCRIPT = /(?<!\.d)\.[cm]?[jt]sx?$/;

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** TypeScript imports `base.ts` by the name of its output, `base.js`. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/** Whether a file of that name may hold a strategy. */
export function isScript(name: string): boolean {
  return SCRIPT.test(name);
}

/** Folders that are skipped: dependencies, build output and hidden ones. */
export function isSkippedFolder(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules' || name === 'dist';
}

/** The files that an import may refer to, best first, by the rules of TypeScript and bundlers; empty unless it is relative. */
export function candidatesOf(specifier: string, fromFile: string): readonly string[] {
  if (!/^\.{0,2}\//.test(specifier) && specifier !== '.' && specifier !== '..') return [];
  const path = resolve(dirname(fromFile), specifier);
  const [extension = ''] = /\.[cm]?[jt]sx?$/.exec(path) ?? [];
  const stem = path.slice(0, path.length - extension.length);
  return [
    ...(SOURCES[extension] ?? []).map((each) => stem + each),
    ...(extension === '' ? [] : [path]),
    ...EXTENSIONS.map((each) => path + each),
    ...EXTENSIONS.map((each) => join(path, `index${each}`)),
  ];
}

/** Reads a script synchronously; null when it is missing or too large. */
export function readScriptNow(file: string): string | null {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    return found?.isFile() && found.size <= LARGEST_SCRIPT ? readFileSync(file, 'utf8') : null;
  } catch {
    // Deleted meanwhile, or unreadable: both count as missing.
    return null;
  }
}

/** The scripts in folders, in order, with a null per folder, so that long searches proceed in steps. */
export function* scriptsIn(folders: readonly string[]): Generator<string | null> {
  for (const folder of folders) {
    yield null;
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !isSkippedFolder(entry.name)) yield* scriptsIn([path]);
      else if (entry.isFile() && isScript(entry.name)) yield path;
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // An unreadable or deleted folder has nothing to show.
    return [];
  }
}
