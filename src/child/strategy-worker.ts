import { keepCompiled } from '../protocol/compile-cache.js';

/* Entry of the thread that a strategy runs in. */
keepCompiled();
await import('./thread/serve-thread.js');
