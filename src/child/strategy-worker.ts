import { keepCompiled } from '../protocol/compile-cache.js';

/* Where the thread that a strategy runs in begins. */
keepCompiled();
await import('./thread/serve-thread.js');
