import { startBundler } from '../hosts/typescript/bundle/bundler.js';
import { keepCompiled } from '../protocol/compile-cache.js';
import { NO_STRATEGY, SENT_BUNDLE } from '../protocol/host-flag.js';

/**
 * Entry of the process that strategies run in. esbuild starts while the rest is loaded, unless the parent sends a bundle, or no
 * strategy will be loaded.
 */
keepCompiled();
if (![SENT_BUNDLE, NO_STRATEGY].some((flag) => process.argv.includes(flag))) startBundler();
await import('./serve.js');
