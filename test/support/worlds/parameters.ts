import type { Parameters } from 'fast-check';

/**
 * How a property is tried. `SEAMLESS_CASES` asks for another number of cases; `SEAMLESS_SEED` and `SEAMLESS_PATH` for those
 * that a failure printed.
 */
export function parametersOf(cases: number): Parameters<unknown> {
  const { SEAMLESS_CASES: asked, SEAMLESS_SEED: seed, SEAMLESS_PATH: path } = process.env;
  return {
    numRuns: asked ? Number(asked) : cases,
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  };
}
