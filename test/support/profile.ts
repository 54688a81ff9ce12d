import fc, { type Parameters } from 'fast-check';

/** How much is tried: `fast` is `npm test`, `nightly` is `npm run test:nightly`. */
type Profile = 'fast' | 'nightly';

const { SEAMLESS_PROFILE: asked = 'fast', SEAMLESS_CASES, SEAMLESS_SEED, SEAMLESS_PATH } = process.env;
if (asked !== 'fast' && asked !== 'nightly') {
  throw new Error(`SEAMLESS_PROFILE is "${asked}". It is fast or nightly.`);
}

export const profile: Profile = asked;

/**
 * What random cases are drawn from: the same in each `npm test`, so that what fails is what was changed; new ones at night,
 * and where `SEAMLESS_CASES` asks for more. `SEAMLESS_SEED` asks for those of a run that failed.
 */
export const seed = Number(
  SEAMLESS_SEED ?? (profile === 'fast' && !SEAMLESS_CASES ? 2026 : Date.now() % 1_000_000),
);
fc.configureGlobal({ seed });
// Where look-ahead is looked for is drawn as well, in this process and in those it starts.
process.env['SEAMLESS_PROBE_SEED'] ??= String(seed);

/** A number of turns: the first at night, the second, a quarter unless said, in `npm test`. */
export function turns(nightly: number, fast = Math.ceil(nightly / 4)): number {
  return profile === 'nightly' ? nightly : fast;
}

/**
 * How often a property is tried, as `turns` says. `SEAMLESS_CASES` asks for another number of cases; `SEAMLESS_SEED` and
 * `SEAMLESS_PATH` for those that a failure printed. A smaller case is looked for at night.
 */
export function cases(nightly: number, fast?: number): Parameters<unknown> {
  return {
    numRuns: SEAMLESS_CASES ? Number(SEAMLESS_CASES) : turns(nightly, fast),
    // To look for a smaller case may take longer than a test may: the failing one would go unseen.
    endOnFailure: profile === 'fast',
    ...(SEAMLESS_PATH ? { path: SEAMLESS_PATH } : {}),
  };
}
