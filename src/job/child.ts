import { startBundler } from './bundler.js';

/*
 * Where the process that strategies run in begins: esbuild starts beside it while all the rest is loaded.
 */
startBundler();
await import('./serve.js');
