/** Set on `globalThis`, by `Symbol.for`, in the process that hosts strategies. */
export const HOST_FLAG = 'seamless.host';
