import { createRequire } from 'node:module';

/* Access to esbuild. By `require`, since for an `import` of a CommonJS module Node first searches its text for exports. */

const require = createRequire(import.meta.url);

/** esbuild, loaded when first needed: a child that receives its bundle does without. */
export function bundler(): typeof import('esbuild') {
  return require('esbuild') as typeof import('esbuild');
}

/** Starts esbuild's process in advance. */
export function startBundler(): void {
  try {
    void bundler().initialize({});
  } catch {
    // The first bundle meets the same error and reports it.
  }
}
