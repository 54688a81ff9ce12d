import { AsyncResource } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { BuildFailure, BuildResult, Loader, Message, Plugin } from 'esbuild';

import { didYouMean, SeamlessError, type SourceLocation } from '../../../sdk/errors.js';
import { describeFile, describeLocation } from '../sandbox/author.js';
import { writeBundle } from './bundle-file.js';
import { bundler } from './bundler.js';

interface BundleRequest {
  /** The strategy's TypeScript or JavaScript file, absolute or relative to the project root. */
  readonly file: string;
  readonly projectRoot: string;
  /** URL of the SDK in the importing process, so that both use the same classes. */
  readonly sdkUrl: string;
}

/** A strategy file with everything it imports, bundled. */
export interface BundledCode {
  /** The module's text, with its source map. */
  readonly code: string;
  /** All files in it, absolute, sorted. */
  readonly inputs: readonly string[];
  /** The earliest time at which any of them was read, in milliseconds since the epoch. */
  readonly begunAt: number;
}

export interface StrategyBundle extends BundledCode {
  readonly codePath: string;
  /** The URL to import; unique, because a module is evaluated once per URL. */
  readonly url: string;
}

let loads = 0;

/** A unique URL to import a bundle with. */
function freshUrl(codePath: string): string {
  loads += 1;
  return `${pathToFileURL(codePath).href}?load=${loads}`;
}

/**
 * Bundles a strategy file with all it imports, except the SDK and Node's own modules, into one module.
 * Honours the nearest tsconfig.json; needs no `npm install` for the SDK.
 * @throws SeamlessError `not-found` when the file is missing; `syntax`, with its place, when it or something it
 * imports cannot be read or found.
 */
export async function bundleCode(request: BundleRequest): Promise<BundledCode> {
  const begunAt = Date.now();
  const projectRoot = resolve(request.projectRoot);
  const file = resolve(projectRoot, request.file);
  await checkFile(file, projectRoot);
  const originals = new Map<string, string>();
  const realRoot = await realpath(projectRoot);
  const result = await run(file, { projectRoot, realRoot }, [
    sdkPlugin(request.sdkUrl),
    processPlugin(),
    placePlugin(originals),
    addonPlugin(),
  ]);
  return {
    code: assemble(result, { file, projectRoot, realRoot, originals }),
    inputs: Object.keys(result.metafile.inputs)
      .filter((input) => ![SDK_NAMESPACE, PROCESS_NAMESPACE].some((each) => input.startsWith(`${each}:`)))
      .map((input) => resolve(projectRoot, input))
      .sort(),
    begunAt,
  };
}

/** Writes a bundle where it can be imported from. @param made an existing bundle. @throws as `bundleCode` does */
export async function bundleStrategy(request: BundleRequest, made?: BundledCode): Promise<StrategyBundle> {
  const bundle = made ?? (await bundleCode(request));
  const { code } = bundle;
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const name = `${parse(request.file).name}-${hash}.mjs`;
  const codePath = await writeBundle(resolve(request.projectRoot), name, code);
  return { ...bundle, codePath, url: freshUrl(codePath) };
}

async function checkFile(file: string, projectRoot: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return;
  const shown = describeFile(file, projectRoot);
  if (found) throw new SeamlessError('not-found', `${shown} is a folder: name the strategy file in it.`);
  const siblings = await readdir(dirname(file)).catch(() => []);
  const scripts = siblings.filter((name) => SCRIPT.test(name));
  const hint = didYouMean(
    basename(file),
    scripts,
    'Check the path; a relative one starts at the project root.',
  );
  throw new SeamlessError('not-found', `There is no file ${shown}. ${hint}`);
}

const SCRIPT = /\.[cm]?[jt]sx?$/;

interface Roots {
  /** As the caller names it, and so in all messages. */
  readonly projectRoot: string;
  readonly realRoot: string;
}

async function run(file: string, { projectRoot, realRoot }: Roots, plugins: Plugin[]) {
  // esbuild follows symbolic links. From the real root, its relative paths are also right for the root as named.
  const inRoot = relative(projectRoot, file);
  try {
    return await bundler().build({
      entryPoints: [inRoot.startsWith('..') || isAbsolute(inRoot) ? file : join(realRoot, inRoot)],
      absWorkingDir: realRoot,
      outfile: join(realRoot, 'bundle.js'),
      write: false,
      bundle: true,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: true,
      // The bytes become part of the code, so that a changed module changes the strategy.
      loader: { '.wasm': 'binary' },
      define: Object.fromEntries(Object.entries(PLACES).map(([expression, { name }]) => [expression, name])),
      plugins,
      logLevel: 'silent',
    });
  } catch (error) {
    throw isBuildFailure(error) ? syntaxError(error, projectRoot) : error;
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return (
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0
  );
}

function syntaxError(failure: BuildFailure, projectRoot: string): SeamlessError {
  const first = failure.errors[0] as Message;
  const location = locationOf(first, projectRoot);
  const at = location ? `${describeLocation(location, projectRoot)}: ` : '';
  const more = failure.errors.length > 1 ? ` (and ${failure.errors.length - 1} more)` : '';
  return new SeamlessError('syntax', `${at}${sentence(first.text)}${more}${adviceFor(first.text)}`, {
    location: location ?? undefined,
    cause: failure,
  });
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function adviceFor(text: string): string {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  if (missing === undefined) return '';
  return /^[./]/.test(missing) || isAbsolute(missing)
    ? ' Check the path of this import.'
    : ` Install it with: npm install ${missing
        .split('/')
        .slice(0, missing.startsWith('@') ? 2 : 1)
        .join('/')}`;
}

function locationOf(message: Message, projectRoot: string): SourceLocation | null {
  if (!message.location) return null;
  const { file, line, column, lineText } = message.location;
  // esbuild counts columns in bytes, editors in UTF-16 code units.
  const before = Buffer.from(lineText).subarray(0, column).toString();
  return { file: resolve(projectRoot, file), line, column: before.length + 1 };
}

/** The text of esbuild's replacement for `require` in CommonJS modules. */
const REQUIRE_SHIM = 'Dynamic require of';

interface SourceMap {
  mappings: string;
  sources: string[];
  sourcesContent: (string | null)[];
}

interface Origin extends Roots {
  readonly file: string;
  /** Texts of files that were changed while bundling, by path. */
  readonly originals: ReadonlyMap<string, string>;
}

/** The module with its source map, and with a `require` if its CommonJS packages need one. */
function assemble(
  result: BuildResult<{ write: false }>,
  { file, projectRoot, realRoot, originals }: Origin,
): string {
  const [map = '', js = ''] = ['.map', '.js'].map(
    (end) => result.outputFiles.find(({ path }) => path.endsWith(end))?.text,
  );
  const sourceMap = JSON.parse(map) as SourceMap;
  // The bundle is written to another place than esbuild assumes, so sources have absolute paths.
  const sources = sourceMap.sources;
  sourceMap.sources = sources.map((source) => pathToFileURL(resolve(projectRoot, source)).href);
  sourceMap.sourcesContent = sourceMap.sourcesContent.map(
    (text, at) => originals.get(resolve(realRoot, sources[at] ?? '')) ?? text,
  );
  const requires = js.includes(REQUIRE_SHIM);
  // The added first line shifts the source map by one: each line of mappings ends with a semicolon.
  if (requires) sourceMap.mappings = `;${sourceMap.mappings}`;
  const base = JSON.stringify(pathToFileURL(file).href);
  const prelude = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(${base});\n`;
  const encoded = Buffer.from(JSON.stringify(sourceMap)).toString('base64');
  return `${requires ? prelude : ''}${js.replace(/^#!.*/, '')}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

const SDK_NAMESPACE = 'seamless-sdk';

/** Redirects every import of the SDK to this process's own module. */
function sdkPlugin(sdkUrl: string): Plugin {
  return {
    name: 'sdk',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^seamless-dag(?:$|\/)/ }, ({ path, kind, namespace }) => {
        if (path === 'seamless-dag/package.json') return null;
        return kind === 'require-call' && namespace !== SDK_NAMESPACE
          ? { path: sdkUrl, namespace: SDK_NAMESPACE }
          : { path: sdkUrl, external: true };
      });
      // Node 20 cannot require an ES module, so a CommonJS strategy gets one that imports it.
      pluginBuild.onLoad({ filter: /.*/, namespace: SDK_NAMESPACE }, () => ({
        contents: "export * from 'seamless-dag';",
      }));
    },
  };
}

const PROCESS_NAMESPACE = 'node-process';

/**
 * Makes imports from `node:process` read the process's properties when they are used: Node's own import would capture `pid` once,
 * bypassing all guards.
 */
function processPlugin(): Plugin {
  return {
    name: 'process',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^(?:node:)?process$/ }, () => ({
        path: 'process',
        namespace: PROCESS_NAMESPACE,
      }));
      pluginBuild.onLoad({ filter: /^/, namespace: PROCESS_NAMESPACE }, () => ({
        contents: 'module.exports = process;',
      }));
    },
  };
}

/** The names for a module's own path, and the constants that replace them in a bundle. */
const PLACES: Readonly<Record<string, { readonly name: string; readonly of: (file: string) => string }>> = {
  'import.meta.url': { name: '__moduleUrl', of: (file) => pathToFileURL(file).href },
  'import.meta.filename': { name: '__moduleFile', of: (file) => file },
  'import.meta.dirname': { name: '__moduleFolder', of: (file) => dirname(file) },
  __filename: { name: '__moduleFile', of: (file) => file },
  __dirname: { name: '__moduleFolder', of: (file) => dirname(file) },
};

/** Defines those constants in each file that uses them, so that data beside it are found from the bundle. */
function placePlugin(originals: Map<string, string>): Plugin {
  return {
    name: 'place',
    setup(pluginBuild) {
      const load = async ({ path }: { path: string }) => {
        const text = await readFile(path, 'utf8');
        const used = Object.entries(PLACES).filter(([expression]) => text.includes(expression));
        if (used.length === 0) return null;
        originals.set(path, text);
        const constants = new Map(used.map(([, { name, of }]) => [name, of(path)]));
        const declarations = [...constants].map(
          ([name, value]) => `const ${name} = ${JSON.stringify(value)};`,
        );
        // On the first line, so that line numbers stay the same.
        const [hashbang = ''] = /^(?:#![^\n]*\n)?/.exec(text) ?? [];
        return {
          contents: `${hashbang}${declarations.join(' ')}${text.slice(hashbang.length)}`,
          loader: loaderOf(path),
        };
      };
      // esbuild calls back from its pipe: the caller's async context must be restored.
      pluginBuild.onLoad({ filter: SCRIPT, namespace: 'file' }, AsyncResource.bind(load));
    },
  };
}

function loaderOf(path: string): Loader {
  const extension = parse(path)
    .ext.replace(/^\.[cm]/, '.')
    .slice(1);
  return extension === 'ts' || extension === 'tsx' || extension === 'jsx' ? extension : 'js';
}

/**
 * A native addon is loaded from its own path, since it cannot be part of a text. Its digest can, so that another addon counts as
 * other code. A process never loads a file twice, so one that changed after loading is refused.
 */
function addonPlugin(): Plugin {
  return {
    name: 'addon',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /\.node$/ }, ({ path, importer }) =>
        path === importer ? { path, external: true } : null,
      );
      const load = async ({ path }: { path: string }) => {
        const digest = createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
          .slice(0, 32);
        const [file, name] = [JSON.stringify(path), JSON.stringify(basename(path))];
        return {
          // Without require, whose closure cannot be hashed. A process can load a file only once.
          contents: `const loaded = (process[Symbol.for('seamless.addons')] ??= {});
let addon = loaded[${file}];
if (!addon) {
  addon = { digest: '${digest}', exports: {} };
  process.dlopen(addon, ${file});
  loaded[${file}] = addon;
}
if (addon.digest !== '${digest}') throw new Error(${name} + ' changed after this process had loaded it: reload the window, or run again in a new process.');
module.exports = addon.exports;`,
          loader: 'js' as const,
        };
      };
      pluginBuild.onLoad({ filter: /\.node$/, namespace: 'file' }, AsyncResource.bind(load));
    },
  };
}
