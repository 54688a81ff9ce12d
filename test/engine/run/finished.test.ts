import assert from 'node:assert/strict';
import { materialize } from '../../../src/engine/run/materialize.js';
import { MemoryStore } from '../../support/memory-store.js';
import { WorldHost } from '../../support/worlds/host.js';
import { node, portsOf, QUIET, rowsEach, rowsOf, stream } from '../../support/worlds/made.js';
import { ORIGIN as START, type Spec } from '../../support/worlds/spec.js';

const CHUNK_SLOTS = 16;
const CHUNKS = 9;
const RANGE = { start: START, end: START + CHUNKS * CHUNK_SLOTS * 60 };

/** After so many chunks, one cannot be kept. Later ones could: the engine must not ask for that. */
class SpoiltHost extends WorldHost {
  #left: number;

  constructor(specs: readonly Spec[], good: number) {
    super(specs);
    this.#left = good;
  }

  settle(): Promise<string | null> {
    return Promise.resolve(this.#left-- === 0 ? 'It was spoilt.' : null);
  }
}

function strategyOf(nodes: number): Spec[] {
  const rows = rowsEach(60, CHUNKS * CHUNK_SLOTS, (index) => (index * 37) % 17);
  const reads = Array.from({ length: nodes }, (_, seed) => node(60, { 0: 1 }, { seed }));
  return [stream(60, rows), ...reads];
}

describe('finished chunks', () => {
  for (const nodes of [1, 2, 5]) {
    it(`of ${nodes} nodes are stored up to the first that cannot be kept`, async () => {
      for (let good = 0; good <= CHUNKS; good++) {
        const specs = strategyOf(nodes);
        const store = new MemoryStore();
        const host = new SpoiltHost(specs, good);
        const hooks = { ...QUIET, chunkSlots: CHUNK_SLOTS };
        const run = materialize(portsOf(specs, store, { host }), RANGE, hooks);
        if (good < CHUNKS) await assert.rejects(run, /spoilt/);
        else await run;
        const whole = new MemoryStore();
        const { state } = await materialize(portsOf(specs, whole), RANGE, QUIET);
        const until = START + good * CHUNK_SLOTS * 60;
        for (let index = 1; index <= nodes; index++) {
          const fingerprint = state.fingerprint(index).hash;
          const [kept] = await store.read([{ fingerprint, range: RANGE }]);
          const [all] = await whole.read([{ fingerprint, range: RANGE }]);
          assert.ok(kept && all);
          assert.deepEqual(
            rowsOf(kept),
            rowsOf(all).filter(({ ts }) => ts < until),
            `after ${good} chunks`,
          );
        }
      }
    });
  }
});
