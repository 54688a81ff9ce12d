// What the build makes of imports that are no scripts.

declare module '*.css' {
  const nothing: undefined;
  export default nothing;
}

/** A script bundled for a worker, as text: a page that may load nothing starts it from a blob. */
declare module 'worker:*' {
  const source: string;
  export default source;
}
