/** Set on `globalThis`, by `Symbol.for`, in the process that hosts strategies. */
export const HOST_FLAG = 'seamless.host';

/** Argument of a child whose parent bundles, so that the child need not start esbuild. */
export const SENT_BUNDLE = 'sent-bundle';
