import { startBundler } from '../hosts/typescript/bundle/bundler.js';
import { keepCompiled } from '../protocol/compile-cache.js';
import { NO_STRATEGY, SENT_BUNDLE } from '../protocol/host-flag.js';
import { startEarly } from './thread/start-worker.js';

/**
 * Entry of the process that strategies run in. esbuild and the strategy's thread start while the rest is loaded, unless the parent
 * sends a bundle, or no strategy will be loaded.
 */
keepCompiled();
const loads = !process.argv.includes(NO_STRATEGY);
if (loads) startEarly();
if (loads && !process.argv.includes(SENT_BUNDLE)) startBundler();
await import('./serve.js');
