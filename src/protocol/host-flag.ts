/** Set on `globalThis`, via `Symbol.for`, in the thread that hosts a strategy. */
export const HOST_FLAG = 'seamless.host';

/** Argument of a child that is kept for many runs. */
export const LASTING = 'lasting';

/** Argument of a child for requests about the cache or a file: it prepares for a strategy only when one is requested. */
export const NO_STRATEGY = 'no-strategy';

/** Argument of a child whose parent bundles, so that it need not start esbuild. */
export const SENT_BUNDLE = 'sent-bundle';
