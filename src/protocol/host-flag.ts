/** Set on `globalThis`, by `Symbol.for`, in the thread that hosts a strategy. */
export const HOST_FLAG = 'seamless.host';

/** Argument of a child that is kept for many runs. */
export const LASTING = 'lasting';

/** Argument of a child that is to look into the cache or a file: it gets ready for a strategy when one is asked for. */
export const NO_STRATEGY = 'no-strategy';

/** Argument of a child whose parent bundles, so that the child need not start esbuild. */
export const SENT_BUNDLE = 'sent-bundle';
