import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { MemoryStore } from '../support/memory-store.js';
import { incrementalIsCold } from '../support/worlds/properties.js';
import { cutArbitrary } from '../support/worlds/runs.js';

/** Counter-examples that the properties once found, as fast-check prints them. */
const FOUND = JSON.parse(readFileSync(new URL('found.json', import.meta.url), 'utf8')) as readonly {
  readonly what: string;
  readonly case: unknown;
}[];

describe('what once was wrong after runs, edits and source changes', () => {
  const newStore = (): Promise<MemoryStore> => Promise.resolve(new MemoryStore());
  for (const { what, case: example } of FOUND) {
    it(what, () =>
      fc.assert(incrementalIsCold({ newStore, cuts: cutArbitrary }), { numRuns: 1, examples: [example] }),
    );
  }
});
