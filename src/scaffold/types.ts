import { createHash, randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf, SeamlessError } from '../sdk/errors.js';

/** `placed`: there were none; `updated`: older ones of ours were replaced; `kept`: they are current, or not ours. */
type Placement = 'placed' | 'updated' | 'kept';

const PACKAGE = 'seamless-dag';

/** The manifest field that marks folders placed here. */
const MARK = 'seamlessTypes';

/** Prefix of temporary folders; npm and TypeScript ignore names with a dot. */
const SCRATCH = `.${PACKAGE}-types-`;

/** Milliseconds after which a scratch folder counts as left over. */
const LEFT_BEHIND_MS = 60 * 60 * 1000;

/** Attempts and delays in milliseconds for a folder in use: Windows locks watched files. */
const TRIES = 5;
const PAUSE_MS = 100;

interface Mark {
  /** Version of the extension that placed the types. */
  readonly version: string;
  /** SHA-256 of their names and texts. */
  readonly digest: string;
}

interface Declarations extends Mark {
  /** Texts by path in the package, with forward slashes. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Puts the SDK's type declarations where TypeScript looks for `seamless-dag`: into the project's `node_modules`. An installed
 * package there or above, a link, and Yarn's Plug'n'Play are left alone. Several windows may do this at once.
 * @param packageFolder the installed extension's folder
 * @throws SeamlessError `internal` when the declarations cannot be read or written
 */
export async function placeTypes(projectRoot: string, packageFolder: string): Promise<Placement> {
  const root = resolve(projectRoot);
  const declarations = await readDeclarations(packageFolder);
  for (let attempt = 1; ; attempt++) {
    const present = await nearest(root);
    if (present === 'foreign' || (present && !isOlder(present.mark, declarations))) return 'kept';
    const modules = present?.modules ?? join(root, 'node_modules');
    try {
      await lay(declarations, modules, present !== null);
      return present ? 'updated' : 'placed';
    } catch (error) {
      // Another window was faster, or a program reads the old ones: look again.
      if (attempt < TRIES && isContention(error)) await sleep(PAUSE_MS * attempt);
      else throw notPlaced(modules, error);
    }
  }
}

/** The package that TypeScript would find from a folder. */
async function nearest(root: string): Promise<{ modules: string; mark: Mark } | 'foreign' | null> {
  let innermost: Readonly<Record<string, unknown>> | null = null;
  for (let folder = root; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    const entry = await entryOf(join(modules, PACKAGE));
    if (entry) {
      const mark = entry.isDirectory() ? markOf(await readManifest(join(modules, PACKAGE))) : null;
      return mark ? { modules, mark } : 'foreign';
    }
    if (await hasPlugAndPlay(folder)) return 'foreign';
    innermost ??= await readManifest(folder);
    // Within the SDK itself, its name means itself.
    if (innermost?.['name'] === PACKAGE) return 'foreign';
    if (dirname(folder) === folder) return null;
  }
}

async function hasPlugAndPlay(folder: string): Promise<boolean> {
  for (const name of ['.pnp.cjs', '.pnp.js']) if (await entryOf(join(folder, name))) return true;
  return false;
}

async function readManifest(folder: string): Promise<Readonly<Record<string, unknown>> | null> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Someone else's, partly written: not placed by us.
    return null;
  }
}

function markOf(manifest: Readonly<Record<string, unknown>> | null): Mark | null {
  const mark = manifest?.[MARK];
  if (typeof mark !== 'object' || mark === null) return null;
  const { version, digest } = mark as Partial<Record<string, unknown>>;
  return typeof version === 'string' && typeof digest === 'string' ? { version, digest } : null;
}

/** Two windows may run two versions of the extension: the newer types stay, or each would undo the other's. */
function isOlder(present: Mark, own: Mark): boolean {
  const order = present.version.localeCompare(own.version, 'en', { numeric: true });
  return order < 0 || (order === 0 && present.digest !== own.digest);
}

async function readDeclarations(packageFolder: string): Promise<Declarations> {
  const types = join(packageFolder, 'dist', 'types');
  try {
    const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
      version: string;
    };
    const paths = (await readdir(types, { recursive: true })).filter((path) => path.endsWith('.d.ts')).sort();
    if (!paths.includes('index.d.ts')) throw new Error(`${join(types, 'index.d.ts')} is missing`);
    const files = new Map<string, string>();
    const hash = createHash('sha256');
    for (const path of paths) {
      const text = await readFile(join(types, path), 'utf8');
      const name = `types/${path.replaceAll('\\', '/')}`;
      files.set(name, text);
      hash.update(`${name}\0${text}\0`);
    }
    return { version, digest: hash.digest('hex'), files };
  } catch (cause) {
    const why = messageOf(cause);
    throw new SeamlessError(
      'internal',
      `The types of ${PACKAGE} cannot be read (${why}): install the extension again.`,
      { cause },
    );
  }
}

/** Writes everything to a temporary folder, then renames it: nobody sees a partial result. */
async function lay(declarations: Declarations, modules: string, replaces: boolean): Promise<void> {
  const target = join(modules, PACKAGE);
  const own = join(modules, `${SCRATCH}${randomUUID()}`);
  const old = `${own}-old`;
  // Not recursive: a removed project must not come back.
  if (!(await entryOf(modules))) await mkdir(modules);
  await mkdir(own);
  try {
    await writeAll(own, declarations);
    if (replaces) await moveAway(target, old);
    await rename(own, target).finally(() => replaces && discard(old));
  } finally {
    await discard(own);
  }
  await sweep(modules);
}

/** Moves our older types away; restores what was installed there meanwhile. */
async function moveAway(target: string, old: string): Promise<void> {
  await rename(target, old);
  if (markOf(await readManifest(old))) return;
  await rename(old, target);
  throw Object.assign(new Error(`${target} was installed meanwhile`), { code: 'EEXIST' });
}

/** What is in use now is removed later. */
async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

async function sweep(modules: string): Promise<void> {
  for (const name of await readdir(modules)) {
    if (!name.startsWith(SCRATCH)) continue;
    const found = await entryOf(join(modules, name));
    if (found && Date.now() - found.mtimeMs > LEFT_BEHIND_MS) await discard(join(modules, name));
  }
}

async function writeAll(folder: string, { files, version, digest }: Declarations): Promise<void> {
  const texts = new Map([
    ...files,
    ['package.json', `${JSON.stringify(manifest({ version, digest }), null, 2)}\n`],
    // A project without a .gitignore need not track these files.
    ['.gitignore', '*\n'],
  ]);
  for (const [path, text] of texts) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function manifest(mark: Mark): object {
  return {
    name: PACKAGE,
    // A version outside any range, so that npm never takes it for the package.
    version: '0.0.0-types',
    description:
      'Type declarations alone, placed by the VS Code extension Seamless. Installing seamless-dag replaces them.',
    license: 'MIT',
    private: true,
    types: './types/index.d.ts',
    exports: {
      '.': { types: './types/index.d.ts', default: NOT_INSTALLED },
      './package.json': './package.json',
    },
    [MARK]: mark,
  };
}

/** Does not exist: a script that Node runs directly fails with this name. Strategies get the SDK from Seamless. */
const NOT_INSTALLED = './only-types-are-here--run--npm-install-seamless-dag';

/** What is at a path, without following links; null also if it is unreadable, as for TypeScript. */
async function entryOf(path: string): Promise<Stats | null> {
  return lstat(path).catch(() => null);
}

const CONTENTION: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTEMPTY',
  'ENOTDIR',
  'EEXIST',
  'EPERM',
  'EBUSY',
  'EACCES',
]);

function isContention(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONTENTION.has(error.code);
}

function notPlaced(modules: string, cause: unknown): SeamlessError {
  const why = messageOf(cause);
  return new SeamlessError(
    'internal',
    `The types of ${PACKAGE} could not be placed in ${modules} (${why}). Make the folder writable, or run: npm install ${PACKAGE}`,
    { cause },
  );
}
