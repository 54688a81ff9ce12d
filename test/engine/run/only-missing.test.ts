import assert from 'node:assert/strict';
import { materialize } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import type { Extent } from '../../../src/engine/plan/selection.js';
import { MemoryStore } from '../../support/memory-store.js';
import { ToyHost, ToySources, type Toy, type ToyNode } from '../../support/toy-strategy.js';

const START = 1_700_006_400;
const MINUTES = 60;
const ALL = { start: START, end: START + MINUTES * 60 };

function node(input: number, seed: number): ToyNode {
  return {
    kind: 'node',
    interval: 60,
    inputs: [{ node: input, period: 3 }],
    seed,
    sparse: 0,
    failsAt: null,
  };
}

/** A stream with two nodes on it, and one on the first of these: positions 0 to 3. */
function made(): [Toy, ToyNode, ToyNode, ToyNode] {
  const rows = Array.from({ length: MINUTES }, (_, index) => ({ ts: START + index * 60, value: index }));
  const stream: Toy = { kind: 'stream', interval: 60, leastHistory: 1, whole: true, rows };
  return [stream, node(0, 1), node(0, 2), node(1, 3)];
}

describe('a run for what is missing', () => {
  let store: MemoryStore;
  let calls: readonly number[];
  beforeEach(() => {
    store = new MemoryStore();
  });

  async function run(toys: readonly Toy[], extent: Extent, range = ALL): Promise<RunReport> {
    const host = new ToyHost(toys);
    const ports = { host, store, sources: new ToySources(toys), nonce: 'n' };
    const hooks = { progress: () => undefined, signal: new AbortController().signal };
    const outcome = await materialize(ports, range, hooks, extent);
    calls = host.calls;
    return reportOf(outcome, 0);
  }
  const states = ({ nodes }: RunReport): string[] => nodes.map(({ state }) => state);

  it('leaves what changed but was complete, and says why', async () => {
    const toys = made();
    await run(toys, 'all');
    const before = await store.current('Toy');
    toys[1].seed = 7;
    const report = await run(toys, 'missing');
    assert.deepEqual(states(report), ['hit', 'stale', 'hit', 'stale']);
    assert.deepEqual(calls, [0, 0, 0, 0]);
    assert.equal(report.stale, 2);
    assert.equal(report.coverageBounds, null);
    assert.deepEqual(
      [1, 3].map((index) => report.nodes[index]?.coverage),
      [[], []],
    );
    assert.match(
      report.nodes[1]?.reason ?? '',
      /^Its code, parameters or captured values changed\. It was left/,
    );
    assert.match(report.nodes[3]?.reason ?? '', /^Input `n1` changed upstream( \(changed\))?\. It was left/);
    assert.deepEqual(await store.current('Toy'), before);
    assert.deepEqual(states(await run(toys, 'missing')), ['hit', 'stale', 'hit', 'stale']);
    assert.deepEqual(states(await run(toys, 'all')), ['hit', 'computed', 'hit', 'computed']);
    assert.notDeepEqual(await store.current('Toy'), before);
  });

  it('computes what changed where something missing needs it, and nothing else', async () => {
    const toys = made();
    await run(toys.slice(0, 3), 'all');
    toys[1].seed = 7;
    toys[2].seed = 8;
    assert.deepEqual(states(await run(toys, 'missing')), ['hit', 'computed', 'stale', 'computed']);
    assert.equal(calls[2], 0);
  });

  it('completes what failed, what it blocked, and what was interrupted half-way', async () => {
    const toys = made();
    toys[1].failsAt = START + 20 * 60;
    assert.deepEqual(states(await run(toys, 'all')), ['computed', 'failed', 'computed', 'blocked']);
    toys[1].failsAt = null;
    toys[2].seed = 8;
    assert.deepEqual(states(await run(toys, 'missing')), ['hit', 'computed', 'stale', 'computed']);
  });

  it('completes what reaches beyond what was stored, in the version it has now', async () => {
    const toys = made();
    await run(toys, 'all', { start: START, end: START + 1800 });
    toys[2].seed = 8;
    const report = await run(toys, 'missing');
    assert.deepEqual(states(report), ['hit', 'computed', 'computed', 'computed']);
    assert.deepEqual(report.nodes[1]?.computedRanges, [[START + 1800, ALL.end]]);
    assert.deepEqual(report.nodes[2]?.computedRanges, [[ALL.start, ALL.end]]);
  });

  it('counts rows as missing that a changed source made void', async () => {
    const toys = made();
    await run(toys, 'all');
    const [stream] = toys;
    if (stream.kind === 'stream')
      stream.rows = stream.rows.map((row, i) => (i === 50 ? { ...row, value: -1 } : row));
    assert.ok(states(await run(toys, 'missing')).every((state) => state === 'computed'));
  });

  it('computes a node of which two versions have a part each, and neither all', async () => {
    const toys = made();
    const half = START + 30 * 60;
    await run(toys, 'all', { start: START, end: half });
    toys[1].seed = 7;
    await run(toys, 'all', { start: half, end: ALL.end });
    toys[1].seed = 1;
    const report = await run(toys, 'missing');
    assert.equal(report.stale, 0);
    assert.deepEqual(report.nodes[1]?.computedRanges, [[half, ALL.end]]);
    assert.deepEqual(report.coverageBounds, [ALL.start, ALL.end]);
  });
});
