import { AsyncResource } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { BuildFailure, BuildResult, Loader, Message, Plugin } from 'esbuild';

import { nearNames, SeamlessError, type SourceLocation } from '../../../sdk/errors.js';
import { describeLocation } from '../sandbox/author.js';
import { writeBundle } from './bundle-file.js';
import { bundler } from './bundler.js';

interface BundleRequest {
  /** The strategy's TypeScript or JavaScript file, absolute or relative to the project root. */
  readonly file: string;
  readonly projectRoot: string;
  /** URL of the SDK as the importing process has it, so that both know the same classes. */
  readonly sdkUrl: string;
}

/** What a strategy file and all it imports become. */
export interface BundledCode {
  /** The module's text, with its source map. */
  readonly code: string;
  /** Every file that went into it, absolute, sorted. */
  readonly inputs: readonly string[];
  /** When the first of them may have been read, in milliseconds since the epoch. */
  readonly begunAt: number;
}

export interface StrategyBundle extends BundledCode {
  readonly codePath: string;
  /** To import it by: differs each time, because a module is evaluated once per URL. */
  readonly url: string;
}

let loads = 0;

/** A URL to import a bundle by that no import has used yet. */
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

/** A bundle where it can be imported from. @param made the bundle, if it was made already. @throws as `bundleCode` does. */
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
  const near = nearNames(
    basename(file),
    siblings.filter((name) => SCRIPT.test(name)),
  );
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : 'Check the path; a relative one starts at the project root.';
  throw new SeamlessError('not-found', `There is no file ${shown}. ${hint}`);
}

const SCRIPT = /\.[cm]?[jt]sx?$/;

interface Roots {
  /** As the caller names it, and so in all messages. */
  readonly projectRoot: string;
  readonly realRoot: string;
}

async function run(file: string, { projectRoot, realRoot }: Roots, plugins: Plugin[]) {
  // esbuild follows symbolic links. From the real root its relative paths are right from the root as named, too.
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
      // The bytes become part of the code, so that a changed module is a changed strategy.
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

function describeFile(file: string, projectRoot: string): string {
  return describeLocation({ file, line: 1 }, projectRoot).replace(/:1$/, '');
}

/** Text of esbuild's stand-in for `require`, which it puts where CommonJS modules of the bundle call it. */
const REQUIRE_SHIM = 'Dynamic require of';

interface SourceMap {
  mappings: string;
  sources: string[];
  sourcesContent: (string | null)[];
}

interface Origin extends Roots {
  readonly file: string;
  /** Texts of the files that were changed on their way in, by path. */
  readonly originals: ReadonlyMap<string, string>;
}

/** The module with its source map, and with a `require` where CommonJS packages of the bundle need one. */
function assemble(
  result: BuildResult<{ write: false }>,
  { file, projectRoot, realRoot, originals }: Origin,
): string {
  const [map = '', js = ''] = ['.map', '.js'].map(
    (end) => result.outputFiles.find(({ path }) => path.endsWith(end))?.text,
  );
  const sourceMap = JSON.parse(map) as SourceMap;
  // The bundle is written elsewhere than esbuild thinks, so the sources are named in full.
  const sources = sourceMap.sources;
  sourceMap.sources = sources.map((source) => pathToFileURL(resolve(projectRoot, source)).href);
  sourceMap.sourcesContent = sourceMap.sourcesContent.map(
    (text, at) => originals.get(resolve(realRoot, sources[at] ?? '')) ?? text,
  );
  const requires = js.includes(REQUIRE_SHIM);
  // The line added in front shifts the map by one: each line of mappings ends in a semicolon.
  if (requires) sourceMap.mappings = `;${sourceMap.mappings}`;
  const base = JSON.stringify(pathToFileURL(file).href);
  const prelude = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(${base});\n`;
  const encoded = Buffer.from(JSON.stringify(sourceMap)).toString('base64');
  return `${requires ? prelude : ''}${js.replace(/^#!.*/, '')}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

const SDK_NAMESPACE = 'seamless-sdk';

/** Sends every import of the SDK to the module that this process already has. */
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
 * Has what is imported from `node:process` read where it is used, as properties of the process: an import of Node's own gives `pid`
 * once and for all, past every guard.
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

/** What a module may call its own place, and the constant that stands for it in a bundle of many modules. */
const PLACES: Readonly<Record<string, { readonly name: string; readonly of: (file: string) => string }>> = {
  'import.meta.url': { name: '__moduleUrl', of: (file) => pathToFileURL(file).href },
  'import.meta.filename': { name: '__moduleFile', of: (file) => file },
  'import.meta.dirname': { name: '__moduleFolder', of: (file) => dirname(file) },
  __filename: { name: '__moduleFile', of: (file) => file },
  __dirname: { name: '__moduleFolder', of: (file) => dirname(file) },
};

/** Gives each file that asks for its place the constants above, so that data beside it are found from the bundle. */
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
        // Within the first line, so that all lines keep their numbers.
        const [hashbang = ''] = /^(?:#![^\n]*\n)?/.exec(text) ?? [];
        return {
          contents: `${hashbang}${declarations.join(' ')}${text.slice(hashbang.length)}`,
          loader: loaderOf(path),
        };
      };
      // esbuild calls back from its pipe: the caller's context must come along.
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
 * A native addon is loaded from where it is: it cannot be part of a text. The digest of its bytes can, so that another addon is
 * other code; and since a process never loads a file twice, one that changed after it was loaded is refused.
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
          // Without require, whose closure nothing can vouch for. A file can be loaded once in a process.
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
