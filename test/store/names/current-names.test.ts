import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { NodeRecord, NodeStore } from '../../../src/engine/ports/store.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { MemoryStore } from '../../support/memory-store.js';
import { cases } from '../../support/profile.js';
import { inFolder, record } from '../support.js';

const NODES = ['a', 'b', 'c'];
const STRATEGIES = ['one.ts#One', 'two.ts#Two'];

/** The versions of a strategy's nodes, and what is done with them. Both strategies share some versions. */
const step = fc.record({
  kind: fc.constantFrom('register', 'point', 'compare', 'reopen'),
  strategy: fc.constantFrom(...STRATEGIES),
  versions: fc.array(fc.nat(2), { minLength: NODES.length, maxLength: NODES.length }),
  held: fc.subarray(NODES),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function recordsOf({ strategy, versions }: Step): NodeRecord[] {
  return NODES.map((node, index) => record(node, `${node} ${versions[index] ?? 0}`, { strategy }));
}

async function act(store: NodeStore, each: Step): Promise<unknown> {
  const nodes = recordsOf(each);
  if (each.kind === 'register') return store.register(nodes);
  if (each.kind === 'compare') return store.compare(nodes);
  const held = nodes.filter(({ node }) => each.held.includes(node));
  return store.point(nodes, new Set(held.map(({ fingerprint }) => fingerprint)));
}

async function assertAlike(store: NodeStore, model: NodeStore): Promise<void> {
  for (const strategy of STRATEGIES) {
    const [found, expected] = [await store.current(strategy), await model.current(strategy)];
    assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
    for (const version of [0, 1, 2]) {
      const asked = recordsOf({ kind: 'compare', strategy, versions: NODES.map(() => version), held: [] });
      assert.deepEqual(await store.compare(asked), await model.compare(asked));
    }
  }
}

async function play(dir: string, steps: readonly Step[]): Promise<void> {
  const model = new MemoryStore();
  let store: Store = await openStore({ dir });
  // Only versions that were registered can be pointed to.
  const known = new Set<string>();
  try {
    for (const each of steps) {
      if (each.kind === 'reopen') {
        await store.close();
        store = await openStore({ dir });
      } else if (
        each.kind !== 'point' ||
        recordsOf(each).every(({ fingerprint }) => known.has(fingerprint))
      ) {
        assert.deepEqual(await act(store, each), await act(model, each));
        if (each.kind === 'register') for (const { fingerprint } of recordsOf(each)) known.add(fingerprint);
      }
      await assertAlike(store, model);
    }
  } finally {
    await store.close();
  }
}

describe('store: current names', () => {
  it('are like the model’s through any sequence of registrations, undone changes and openings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) =>
        inFolder((dir) => play(dir, steps)),
      ),
      cases(25),
    );
  });
});
