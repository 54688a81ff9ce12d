// Builds what runs, into dist/: the editor's half, then the library, the command line and the child.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeLicences } from './licenses.mjs';

// pg asks for its native half only where an author has it.
const external = ['@duckdb/node-bindings', 'esbuild', 'pg-native'];

/** One namespace of VS Code's API for all files: esbuild copies its hundreds of names for every file that imports it. */
const vscodeOnce = {
  name: 'vscode-once',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'vscode-once'
        ? { path: 'vscode', external: true }
        : { path: 'vscode', namespace: 'vscode-once' },
    );
    onLoad({ filter: /^/, namespace: 'vscode-once' }, () => ({ contents: "export * from 'vscode';" }));
  },
};

/** A bundle beside the extension's own, which it requires when it first needs it. */
const loadedLater = {
  name: 'loaded-later',
  setup({ onResolve }) {
    onResolve({ filter: /\/settings-checks\.js$/ }, () => ({
      path: './settings-checks.cjs',
      external: true,
    }));
  },
};

await rm('dist', { recursive: true, force: true });

// The editor's half, what it loads later, and the thread that looks for strategies are one CommonJS file each: they load neither
// DuckDB nor esbuild, and VS Code gives them `vscode`.
const editor = await build({
  entryPoints: {
    extension: 'src/extension.ts',
    'settings-checks': 'src/editor/settings-checks.ts',
    'discovery-worker': 'src/discovery/worker.ts',
  },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  plugins: [vscodeOnce, loadedLater],
  // Less to parse at the editor's start; names and lines stay, for stacks.
  minifySyntax: true,
  // By require, which every VS Code has for a CommonJS extension.
  supported: { 'dynamic-import': false },
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
});

// These share chunks, so that a strategy loaded by the child sees the very classes the child knows.
const library = await build({
  entryPoints: {
    index: 'src/index.ts',
    cli: 'src/cli.ts',
    child: 'src/child/child.ts',
    'strategy-worker': 'src/child/strategy-worker.ts',
    reader: 'src/client/reader-worker.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external,
  // A third less to read and parse at each start; names stay, for stacks.
  minifyWhitespace: true,
  minifySyntax: true,
  // Node shows the line that an error nobody caught was thrown in: not one of a hundred thousand characters.
  lineLimit: 120,
  // Not named in the code: the child maps stacks, and so Node would read the map of each file it loads.
  sourcemap: 'external',
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
  // Bundled CommonJS packages call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

// The panels' pages: one script and one style sheet each, and within the DAG's script that of its layout's thread.
const forBrowsers = {
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  minify: true,
  metafile: true,
  logLevel: 'warning',
};
const threads = [];
const page = await build({
  ...forBrowsers,
  entryPoints: { dag: 'webview/main.ts', results: 'webview/results/main.ts' },
  outdir: 'dist/webview',
  format: 'iife',
  plugins: [
    {
      name: 'worker',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^worker:/ }, ({ path, resolveDir }) => ({
          path: resolve(resolveDir, path.slice('worker:'.length)),
          namespace: 'worker',
        }));
        onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path }) => {
          const thread = await build({ ...forBrowsers, entryPoints: [path], format: 'iife', write: false });
          threads.push(thread.metafile);
          return { contents: thread.outputFiles[0].text, loader: 'text' };
        });
      },
    },
  ],
});

await writeLicences(
  [editor.metafile, library.metafile, page.metafile, ...threads],
  'dist/THIRD-PARTY-LICENSES.txt',
);
