import { compileLater } from './compile-later.js';
import { startBundler } from '../hosts/typescript/bundle/bundler.js';
import { keepCompiled } from '../protocol/compile-cache.js';
import { SENT_BUNDLE } from '../protocol/host-flag.js';

/*
 * Where the process that strategies run in begins: esbuild starts beside it while all the rest is loaded, unless the parent has said
 * that it will send the bundle.
 */
keepCompiled();
compileLater();
if (!process.argv.includes(SENT_BUNDLE)) startBundler();
await import('./serve.js');
