import assert from 'node:assert/strict';

import { ATTEMPT_FILE, attemptingStrategy, HIDDEN, LIVE, PLACES, type Api, type Place } from './apis.js';
import { runChild, withProject, type Attempt, type Outcome } from './run.js';

const DURING_LOAD: readonly Place[] = ['the top level', 'setup()'];
const NODE_OF: Partial<Record<Place, string>> = {
  'a computeFn': 'fast',
  'a timer left behind by a computeFn': 'fast',
};

describe('compute-only context: what a strategy is refused', () => {
  const strategy = attemptingStrategy();
  let outcome: Outcome;
  let root: string;

  before(async () => {
    const files = {
      'strategy.ts': strategy.text,
      'lib/attempt.ts': ATTEMPT_FILE,
      'data.json': '{}',
      'addon.node': 'none',
      'package.json': '{}',
    };
    outcome = await withProject(files, (folder) => {
      root = folder;
      return runChild({ root, file: 'strategy.ts', chunks: [[60]], tolerant: true, checkHost: true });
    });
    assert.equal(outcome.loadError, null);
  });

  function attemptOf(place: Place, api: Api): Attempt {
    const found = outcome.tried.filter((attempt) => attempt.place === place && attempt.call === api.call);
    assert.equal(found.length, 1, `${api.call} was tried ${found.length} times in ${place}`);
    return found[0] as Attempt;
  }

  function assertRefused(place: Place, api: Api): void {
    const { refusal } = attemptOf(place, api);
    const line = strategy.line(place, api);
    assert.equal(refusal?.type, 'ComputeOnlyViolation', refusal?.message ?? 'it was allowed');
    assert.ok(refusal.message.includes(` used ${api.name} at strategy.ts:${line}:`), refusal.message);
    assert.deepEqual([refusal.location?.file, refusal.location?.line], [`${root}/strategy.ts`, line]);
    assert.equal(refusal.node, NODE_OF[place] ?? null);
    if (place === 'a computeFn') assert.ok(refusal.message.startsWith('Node fast '), refusal.message);
  }

  for (const place of PLACES) {
    describe(`in ${place}`, () => {
      for (const api of LIVE) it(`refuses ${api.call}`, () => assertRefused(place, api));
      for (const api of HIDDEN) {
        if (DURING_LOAD.includes(place)) {
          it(`allows ${api.call}`, () => assert.equal(attemptOf(place, api).refusal, null));
        } else {
          it(`refuses ${api.call}`, () => assertRefused(place, api));
        }
      }
    });
  }

  it('leaves files, esbuild, DuckDB and the clock to the host after user code has run, and all to the process in the end', () => {
    const expected = ['file true', 'bundle true', 'rows [[42]]', 'clock true true', 'not restored: '];
    assert.deepEqual(outcome.host, expected);
  });

  it('knows where each node was made', () => {
    const lines = strategy.text.split('\n');
    const made = lines.findIndex((line) => line.includes("name: 'fast'")) + 1;
    assert.deepEqual([outcome.origins.fast?.file, outcome.origins.fast?.line], [`${root}/strategy.ts`, made]);
  });
});
