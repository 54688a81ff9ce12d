import type { Parameters } from 'fast-check';

/** How much is tried: `fast` is `npm test`, `nightly` is `npm run test:nightly`. */
export type Profile = 'fast' | 'nightly';

const { SEAMLESS_PROFILE: asked = 'fast' } = process.env;
if (asked !== 'fast' && asked !== 'nightly') {
  throw new Error(`SEAMLESS_PROFILE is "${asked}". It is fast or nightly.`);
}

export const profile: Profile = asked;

/** A number of turns: the first at night, the second, a quarter unless said, in `npm test`. */
export function turns(nightly: number, fast = Math.ceil(nightly / 4)): number {
  return profile === 'nightly' ? nightly : fast;
}

/**
 * How often a property is tried, as `turns` says. `SEAMLESS_CASES` asks for another number of cases; `SEAMLESS_SEED` and
 * `SEAMLESS_PATH` for those that a failure printed. A smaller case is looked for at night.
 */
export function cases(nightly: number, fast?: number): Parameters<unknown> {
  const { SEAMLESS_CASES: number, SEAMLESS_SEED: seed, SEAMLESS_PATH: path } = process.env;
  return {
    numRuns: number ? Number(number) : turns(nightly, fast),
    // To look for a smaller case may take longer than a test may: the failing one would go unseen.
    endOnFailure: profile === 'fast',
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  };
}
