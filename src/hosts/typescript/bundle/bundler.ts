import { createRequire } from 'node:module';

/*
 * The door to esbuild. By `require`, since an `import` of a CommonJS module has Node search its text for exports first.
 */

const require = createRequire(import.meta.url);

/** esbuild, loaded when first asked for: a child that is sent its bundle does without. */
export function bundler(): typeof import('esbuild') {
  return require('esbuild') as typeof import('esbuild');
}

/** Starts esbuild's own process, so that it is up by the time of the first bundle. */
export function startBundler(): void {
  try {
    void bundler().initialize({});
  } catch {
    // What is wrong with it the first bundle meets again, and says in words.
  }
}
