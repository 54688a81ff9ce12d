import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { BundledCode } from '../../hosts/typescript/bundle/bundle.js';
import { PRESETS_FILE } from '../../settings/files.js';
import {
  fileEvidence,
  folderEvidence,
  type Evidence,
  type FileEvidence,
} from '../../protocol/sidecar/evidence.js';

/** Within so many milliseconds two writes may leave the same times behind, on the coarsest file systems. */
const SETTLED_MS = 2000;

/** Names that the bundler looks for in each folder above a file. */
const CONFIGURATION = [
  'package.json',
  'tsconfig.json',
  'jsconfig.json',
  '.pnp.cjs',
  '.pnp.js',
  '.pnp.data.json',
  '.pnp.loader.mjs',
];

/** What can bring in a module that no list of the bundle's inputs has. */
const DYNAMIC = /\bcreateRequire\b|\bimport\s*\(/;

/** Settings by which a module is looked for in places that are not followed here. */
const REDIRECTING = /"(?:paths|baseUrl|rootDirs)"\s*:/;

/**
 * What a bundle was made of: its files, and the folders and settings by which they were found, where each of them could have been
 * another. Null where that is not known.
 * @throws Unsettled when something of it changed since the bundle was begun.
 */
export function bundleEvidence(bundle: BundledCode, file: string, projectRoot: string): Evidence | null {
  if (DYNAMIC.test(bundle.code)) return null;
  const since = bundle.begunAt - SETTLED_MS;
  const root = realpathSync(projectRoot);
  const files = new Map<string, FileEvidence>();
  const folders = new Set<string>();
  const note = (path: string): void => {
    if (!files.has(path)) files.set(path, fileEvidence(path, since));
  };
  note(join(projectRoot, PRESETS_FILE));
  const inputs = [file, ...bundle.inputs].flatMap((input) => [input, realpathSync(input)]);
  for (const input of new Set(inputs)) {
    note(input);
    folders.add(dirname(input));
    // A file beside its folder would be taken in the place of an index.
    if (basename(input).startsWith('index.')) folders.add(dirname(dirname(input)));
    for (const folder of above(input)) {
      if (isWithin(folder, root) || isWithin(folder, resolve(projectRoot))) folders.add(folder);
      for (const name of CONFIGURATION) note(join(folder, name));
      for (const each of packageFolders(join(folder, 'node_modules'))) folders.add(each);
    }
  }
  for (const { path, signature } of [...files.values()]) {
    if (signature !== null && /[jt]sconfig\.json$/.test(path) && !follow(path, note)) return null;
  }
  // A folder is listed when it changes in any case, so the grain of time counts less.
  return {
    files: [...files.values()],
    folders: [...folders].map((path) => folderEvidence(path, bundle.begunAt)),
  };
}

function above(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...above(folder)];
}

function isWithin(folder: string, root: string): boolean {
  const way = relative(root, folder);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** A folder of packages, with those of its scopes. Also where there is none: one may come. */
function packageFolders(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [folder];
  const scopes = readdirSync(folder).filter((name) => name.startsWith('@'));
  return [folder, ...scopes.map((name) => join(folder, name))];
}

/** Notes what a tsconfig extends. False where that leads to a package, or the bundler is sent elsewhere. */
function follow(path: string, note: (path: string) => void): boolean {
  const text = readFileSync(path, 'utf8');
  if (REDIRECTING.test(text)) return false;
  if (!/"extends"/.test(text)) return true;
  const named = /"extends"\s*:\s*"([^"\\]+)"/.exec(text)?.[1];
  if (named === undefined || !/^(?:\.{1,2}\/|\/)/.test(named)) return false;
  const target = resolve(dirname(path), named);
  note(target);
  note(`${target}.json`);
  const found = [target, `${target}.json`].find((each) => existsSync(each) && statSync(each).isFile());
  return found !== undefined && found !== path && follow(found, note);
}
