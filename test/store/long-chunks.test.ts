// Slow (5 s): chunks as long as those whose rows are joined in place.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tableDigest } from '../../src/engine/fingerprint/digest.js';
import { materialize } from '../../src/engine/run/materialize.js';
import { openStore } from '../../src/store/store.js';
import { MemoryStore } from '../support/memory-store.js';
import { node, portsOf, QUIET, rowsEach, stream } from '../support/worlds/made.js';
import { ORIGIN as START, type Spec } from '../support/worlds/spec.js';
import { inFolder } from './support.js';

const CHUNK_SLOTS = 20_000;
const COUNT = 3 * CHUNK_SLOTS;
const RANGE = { start: START, end: START + COUNT * 60 };
const HOOKS = { ...QUIET, chunkSlots: CHUNK_SLOTS };

/** Two streams with the same times but for the last ones of a chunk, and nodes that look back at them. */
function strategyOf(seed: number): Spec[] {
  const rows = rowsEach(60, COUNT, (index) => (index * 37) % 17);
  const gaps = rows.filter((_, index) => index % CHUNK_SLOTS < CHUNK_SLOTS - 90 || index % 3 > 0);
  const reads = [
    { 0: 40, 1: 3 },
    { 0: 1, 1: 30 },
    { 2: 5, 0: 2 },
  ];
  return [stream(60, rows), stream(60, gaps), ...reads.map((inputs) => node(60, inputs, { seed }))];
}

describe('chunks of many rows', () => {
  it('that are read for edited nodes give what a cold run gives, bit for bit', async () => {
    await inFolder(async (dir) => {
      const warm = await openStore({ dir: join(dir, 'cache') });
      try {
        for (const seed of [1, 2]) {
          const specs = strategyOf(seed);
          const cold = new MemoryStore();
          await materialize(portsOf(specs, cold), RANGE, QUIET);
          const { state } = await materialize(portsOf(specs, warm), RANGE, HOOKS);
          for (const index of specs.keys()) {
            const request = { fingerprint: state.fingerprint(index).hash, range: RANGE };
            const [[warmRows], [coldRows]] = [await warm.read([request]), await cold.read([request])];
            assert.ok(warmRows && coldRows && coldRows.ts.length > COUNT / 2);
            assert.equal(tableDigest(warmRows), tableDigest(coldRows), `node ${index}, seed ${seed}`);
          }
        }
      } finally {
        await warm.close();
      }
    });
  });
});
