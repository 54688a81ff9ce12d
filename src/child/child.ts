import { startBundler } from '../hosts/typescript/bundle/bundler.js';
import { keepCompiled } from '../protocol/compile-cache.js';
import { NO_STRATEGY, SENT_BUNDLE } from '../protocol/host-flag.js';

/*
 * Where the process that strategies run in begins. esbuild starts while all the rest is loaded, unless the parent has said that it will
 * send the bundle, or that no strategy will be loaded.
 */
keepCompiled();
if (![SENT_BUNDLE, NO_STRATEGY].some((flag) => process.argv.includes(flag))) startBundler();
await import('./serve.js');
