import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { BundledCode } from '../../hosts/typescript/bundle/bundle.js';
import { PRESETS_FILE } from '../../settings/files.js';
import {
  fileEvidence,
  folderEvidence,
  type Evidence,
  type FileEvidence,
} from '../../protocol/sidecar/evidence.js';

/** File names that the bundler looks for in every folder above a file. */
const CONFIGURATION = [
  'package.json',
  'tsconfig.json',
  'jsconfig.json',
  '.pnp.cjs',
  '.pnp.js',
  '.pnp.data.json',
  '.pnp.loader.mjs',
];

/** Code that may load modules missing from the bundle's list of inputs. */
const DYNAMIC = /\bcreateRequire\b|\bimport\s*\(/;

/** Settings that make module resolution look in places that are not followed here. An escape may spell one of them. */
const REDIRECTING = /"(?:paths|baseUrl|rootDirs)"|\\u/;

/**
 * Everything a bundle depends on: its files, and the folders and settings that determined them. Null if that is unknown.
 * @throws Unsettled if any of it changed since bundling began
 */
export function bundleEvidence(bundle: BundledCode, file: string, projectRoot: string): Evidence | null {
  if (DYNAMIC.test(bundle.code)) return null;
  const root = realpathSync(projectRoot);
  const files = new Map<string, FileEvidence>();
  const folders = new Set<string>();
  const note = (path: string): void => {
    if (!files.has(path)) files.set(path, fileEvidence(path, bundle.begunAt));
  };
  note(join(projectRoot, PRESETS_FILE));
  const inputs = [file, ...bundle.inputs].flatMap((input) => [input, realpathSync(input)]);
  for (const input of new Set(inputs)) {
    note(input);
    folders.add(dirname(input));
    // A file beside a folder would take precedence over the folder's index.
    if (basename(input).startsWith('index.')) folders.add(dirname(dirname(input)));
    for (const folder of above(input)) {
      if (isWithin(folder, root) || isWithin(folder, resolve(projectRoot))) folders.add(folder);
      for (const name of CONFIGURATION) note(join(folder, name));
      for (const each of packageFolders(join(folder, 'node_modules'))) folders.add(each);
    }
  }
  for (const config of new Set(inputs.map(configOf))) {
    if (config !== null && !follow(config, note)) return null;
  }
  // Any change updates a folder's time, so coarse time stamps matter less.
  return {
    files: [...files.values()],
    folders: [...folders].map((path) => folderEvidence(path, bundle.begunAt)),
  };
}

/** The only tsconfig.json or jsconfig.json that the bundler reads for a file: the nearest one, and none for packages. */
function configOf(input: string): string | null {
  if (dirname(input).split(sep).includes('node_modules')) return null;
  const configs = above(input).flatMap((folder) => [
    join(folder, 'tsconfig.json'),
    join(folder, 'jsconfig.json'),
  ]);
  return configs.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function above(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...above(folder)];
}

function isWithin(folder: string, root: string): boolean {
  const way = relative(root, folder);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** A package folder with its scopes, even if it does not exist yet. */
function packageFolders(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [folder];
  const scopes = readdirSync(folder).filter((name) => name.startsWith('@'));
  return [folder, ...scopes.map((name) => join(folder, name))];
}

/** Records what a config extends. False if that is not clearly one file beside it, or if the bundler is redirected. */
function follow(path: string, note: (path: string) => void, behind: readonly string[] = []): boolean {
  const text = readFileSync(path, 'utf8');
  if (REDIRECTING.test(text)) return false;
  const extended = text.split('"extends"').length - 1;
  if (extended === 0) return true;
  const named = /"extends"\s*:\s*"([^"\\]+)"/.exec(text)?.[1];
  // A second mention may be a comment. The bundler resolves from where a link leads.
  if (extended > 1 || named === undefined || lstatSync(path).isSymbolicLink()) return false;
  if (!/^(?:\.{1,2}\/|\/)/.test(named)) return false;
  const target = resolve(dirname(path), named);
  note(target);
  note(`${target}.json`);
  const found = [target, `${target}.json`].find(isFile);
  return (
    found !== undefined && found !== path && !behind.includes(found) && follow(found, note, [...behind, path])
  );
}
