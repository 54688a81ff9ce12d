// Builds what runs: the library, the command line and the child share chunks, so that a strategy
// loaded by the child sees the very classes the child knows.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';

const external = ['@duckdb/node-api', '@duckdb/node-bindings', 'esbuild'];

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { index: 'src/index.ts', cli: 'src/cli.ts', child: 'src/job/child.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external,
  sourcemap: true,
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
  // Bundled CommonJS packages call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
