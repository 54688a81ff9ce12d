import assert from 'node:assert/strict';
import { materialize } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import type { Extent } from '../../../src/engine/plan/selection.js';
import { MemoryStore } from '../../support/memory-store.js';
import { WorldHost } from '../../support/worlds/host.js';
import {
  node,
  portsOf,
  QUIET,
  rowsEach,
  stream,
  type MadeNode,
  type MadeStream,
} from '../../support/worlds/made.js';
import { ORIGIN as START, type Spec } from '../../support/worlds/spec.js';

const MINUTES = 60;
const ALL = { start: START, end: START + MINUTES * 60 };

/** A stream with two nodes on it, and one on the first of these: positions 0 to 3. */
function made(): [MadeStream, MadeNode, MadeNode, MadeNode] {
  const price = stream(
    60,
    rowsEach(60, MINUTES, (index) => index),
  );
  return [price, node(60, { 0: 3 }), node(60, { 0: 3 }, { seed: 2 }), node(60, { 1: 3 }, { seed: 3 })];
}

describe('a run for what is missing', () => {
  let store: MemoryStore;
  let calls: readonly number[];
  beforeEach(() => {
    store = new MemoryStore();
  });

  async function run(specs: readonly Spec[], extent: Extent, range = ALL): Promise<RunReport> {
    const host = new WorldHost(specs);
    const outcome = await materialize(portsOf(specs, store, { host }), range, QUIET, extent);
    calls = host.calls;
    return reportOf(outcome, 0);
  }
  const states = ({ nodes }: RunReport): string[] => nodes.map(({ state }) => state);

  it('leaves what changed but was complete, and says why', async () => {
    const specs = made();
    await run(specs, 'all');
    const before = await store.current('World');
    specs[1].code.seed = 7;
    const report = await run(specs, 'missing');
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
    assert.deepEqual(await store.current('World'), before);
    assert.deepEqual(states(await run(specs, 'missing')), ['hit', 'stale', 'hit', 'stale']);
    assert.deepEqual(states(await run(specs, 'all')), ['hit', 'computed', 'hit', 'computed']);
    assert.notDeepEqual(await store.current('World'), before);
  });

  it('computes what changed where something missing needs it, and nothing else', async () => {
    const specs = made();
    await run(specs.slice(0, 3), 'all');
    specs[1].code.seed = 7;
    specs[2].code.seed = 8;
    assert.deepEqual(states(await run(specs, 'missing')), ['hit', 'computed', 'stale', 'computed']);
    assert.equal(calls[2], 0);
  });

  it('completes what failed, what it blocked, and what was interrupted half-way', async () => {
    const specs = made();
    specs[1].code.failsAt = START + 20 * 60;
    assert.deepEqual(states(await run(specs, 'all')), ['computed', 'failed', 'computed', 'blocked']);
    specs[1].code.failsAt = null;
    specs[2].code.seed = 8;
    assert.deepEqual(states(await run(specs, 'missing')), ['hit', 'computed', 'stale', 'computed']);
  });

  it('completes what reaches beyond what was stored, in the version it has now', async () => {
    const specs = made();
    await run(specs, 'all', { start: START, end: START + 1800 });
    specs[2].code.seed = 8;
    const report = await run(specs, 'missing');
    assert.deepEqual(states(report), ['hit', 'computed', 'computed', 'computed']);
    assert.deepEqual(report.nodes[1]?.computedRanges, [[START + 1800, ALL.end]]);
    assert.deepEqual(report.nodes[2]?.computedRanges, [[ALL.start, ALL.end]]);
  });

  it('counts rows as missing that a changed source made void', async () => {
    const specs = made();
    await run(specs, 'all');
    const [price] = specs;
    price.rows = price.rows.map((row, i) => (i === 50 ? { ...row, value: -1 } : row));
    assert.ok(states(await run(specs, 'missing')).every((state) => state === 'computed'));
  });

  it('computes a node of which two versions have a part each, and neither all', async () => {
    const specs = made();
    const half = START + 30 * 60;
    await run(specs, 'all', { start: START, end: half });
    specs[1].code.seed = 7;
    await run(specs, 'all', { start: half, end: ALL.end });
    specs[1].code.seed = 1;
    const report = await run(specs, 'missing');
    assert.equal(report.stale, 0);
    assert.deepEqual(report.nodes[1]?.computedRanges, [[half, ALL.end]]);
    assert.deepEqual(report.coverageBounds, [ALL.start, ALL.end]);
  });
});
