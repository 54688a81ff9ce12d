import { createRequire } from 'node:module';

/*
 * The door to esbuild. By `require`, since an `import` of a CommonJS module has Node search its text for exports first.
 */

const { build, initialize } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');

export { build };

/** Starts esbuild's own process, so that it is up by the time of the first bundle. */
export function startBundler(): void {
  try {
    void initialize({});
  } catch {
    // What is wrong with it the first bundle meets again, and says in words.
  }
}
