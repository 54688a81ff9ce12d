// Slow (4 s): runs every sample.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GraphDescription } from '../../src/engine/ports/host.js';
import type { NodeComparison, NodeRecord } from '../../src/engine/ports/store.js';
import type { RunReport } from '../../src/engine/run/reporting/report.js';
import { StrategySession } from '../../src/child/session/strategy-session.js';
import { HostThread } from '../../src/child/thread/host-thread.js';
import { builtFile } from '../../src/protocol/built-file.js';
import { rowValue, type RowValue } from '../../src/sdk/table.js';
import { parseRange } from '../../src/sdk/time/time.js';
import { MemoryStore } from '../support/memory-store.js';
import { copySample } from './project.js';

class NamedStore extends MemoryStore {
  readonly #fingerprints = new Map<string, string>();

  override register(nodes: readonly NodeRecord[]): Promise<readonly NodeComparison[]> {
    for (const { node, fingerprint } of nodes) this.#fingerprints.set(node, fingerprint);
    return super.register(nodes);
  }

  /** All rows of a node, by their time. */
  async rows(name: string): Promise<Map<number, RowValue>> {
    const fingerprint = this.#fingerprints.get(name);
    assert.ok(fingerprint, `there is no node ${name}`);
    const [table] = await this.read([{ fingerprint, range: { start: -Infinity, end: Infinity } }]);
    assert.ok(table);
    return new Map(Array.from(table.ts, (ts, row) => [ts, rowValue(table, row)]));
  }
}

interface Materialized {
  readonly graph: GraphDescription;
  readonly cold: RunReport;
  readonly again: RunReport;
  readonly store: NamedStore;
}

/** Runs a strategy of the sample twice over a range. */
async function materialize(root: string, file: string, start: string, end: string): Promise<Materialized> {
  const session = await StrategySession.open(
    { file: join(root, 'strategies', file), className: null, projectRoot: root },
    { sdkUrl: pathToFileURL(builtFile('index.js')).href, takeThread: () => new HostThread() },
    { onStray: (error) => assert.fail(error) },
  );
  const store = new NamedStore();
  const run = async (): Promise<RunReport> => {
    const hooks = { progress: () => undefined, signal: new AbortController().signal };
    return (await session.materialize(parseRange(start, end), store, new Map(), hooks)).report;
  };
  const [cold, again, graph] = [await run(), await run(), await session.describe()];
  await session.close();
  return { graph, cold, again, store };
}

const numbers = (rows: ReadonlyMap<number, RowValue>): number[] => [...rows.values()].map(Number);

describe('SpTrend of the sample', () => {
  const root = copySample();
  let made: Materialized;
  before(async () => {
    made = await materialize(root, 'sp-trend.ts', '2000-01-01', '2020-05-01');
  });

  it('is complete on every bar of the file, and then a hit', () => {
    const { cold, again } = made;
    const lines = readFileSync(join(root, 'data/sp500-2000.csv'), 'utf8').trim().split('\n');
    assert.equal(cold.nodes.find(({ name }) => name === 'SPX.price')?.rows, lines.length - 1);
    assert.deepEqual(
      cold.nodes.filter(({ state }) => state !== 'computed'),
      [],
    );
    assert.equal(again.hits, again.nodeCount);
    assert.deepEqual(again.coverageBounds, cold.coverageBounds);
  });

  it('has no code that the cache cannot follow', () => {
    assert.deepEqual(
      made.graph.nodes.filter(({ own }) => own.unhashable !== undefined),
      [],
    );
  });

  it('invests between nothing and everything, and nothing in March 2009', async () => {
    const weights = await made.store.rows('weight');
    assert.ok(weights.size > 4500);
    assert.ok(numbers(weights).every((weight) => weight >= 0 && weight <= 1));
    assert.equal(weights.get(Date.parse('2009-03-09') / 1000), 0);
    assert.ok(Number(weights.get(Date.parse('2017-06-01') / 1000)) > 0.5);
  });
});

describe('PairRotation of the sample', () => {
  const root = copySample();
  let made: Materialized;
  before(async () => {
    made = await materialize(root, 'pair-rotation.ts', '2023-06-01', '2023-06-08');
  });

  it('has what there is to learn: two intervals, a deep chain, a fan-in across intervals, nodes made in a loop', () => {
    const { nodes } = made.graph;
    assert.ok(nodes.length >= 14);
    const inputs = nodes.filter(({ kind }) => kind === 'stream');
    assert.deepEqual([...new Set(inputs.map(({ interval }) => interval))].sort(), [3600, 60]);
    const depth = (index: number): number =>
      1 + Math.max(0, ...(nodes[index]?.inputs.map(({ node }) => depth(node)) ?? []));
    assert.ok(Math.max(...nodes.map((_, index) => depth(index))) > 3);
    const fanIn = nodes.find(({ name }) => name === 'holdsSupport');
    assert.deepEqual(
      fanIn?.inputs.map(({ node, period }) => [nodes[node]?.interval, period]),
      [
        [60, 60],
        [3600, 3],
      ],
    );
    const loop = nodes.filter(({ name }) => /^momentum\d+$/.test(name));
    assert.equal(new Set(loop.map(({ own }) => own.hash)).size, loop.length);
    assert.ok(loop.length >= 3);
  });

  it('is complete over a week, and then a hit', () => {
    const { cold, again } = made;
    assert.deepEqual(
      cold.nodes.filter(({ state }) => state !== 'computed'),
      [],
    );
    assert.deepEqual(cold.coverageBounds, cold.range);
    assert.equal(again.hits, again.nodeCount);
  });

  it('has no code that the cache cannot follow', () => {
    assert.deepEqual(
      made.graph.nodes.filter(({ own }) => own.unhashable !== undefined),
      [],
    );
  });

  it('decides, by the minute, on an action and a percentage', async () => {
    const decisions = [...(await made.store.rows('decision')).values()];
    assert.ok(decisions.length > 9000);
    const actions = new Set<unknown>();
    for (const decision of decisions) {
      assert.ok(typeof decision === 'object' && decision !== null && 'targetPercent' in decision);
      const { action, targetPercent } = decision;
      actions.add(action);
      assert.ok(Number(targetPercent) >= 0 && Number(targetPercent) <= 100);
      if (action === 'stay_in_cash') assert.equal(targetPercent, 0);
    }
    assert.deepEqual([...actions].sort(), ['hold_btc', 'hold_eth', 'stay_in_cash']);
  });
});

describe('StockMomentum of the sample', () => {
  const root = copySample();
  let made: Materialized;
  before(async () => {
    made = await materialize(root, 'stock-momentum.ts', '2019-01-07', '2024-01-08');
  });

  it('finds 30 symbols, is complete over five years, and then a hit', () => {
    const { cold, again } = made;
    const symbols = new Set(cold.nodes.flatMap(({ symbol }) => (symbol === undefined ? [] : [symbol])));
    assert.equal(symbols.size, 30);
    assert.deepEqual(
      cold.nodes.filter(({ state }) => state !== 'computed'),
      [],
    );
    assert.deepEqual(cold.coverageBounds, cold.range);
    assert.equal(again.hits, again.nodeCount);
  });

  it('has one definition for all symbols, and no code that the cache cannot follow', () => {
    const { nodes } = made.graph;
    assert.deepEqual(
      nodes.filter(({ own }) => own.unhashable !== undefined),
      [],
    );
    const momentum = nodes.filter(({ member }) => member?.family === 'momentum');
    assert.equal(new Set(momentum.map(({ own }) => own.hash)).size, 1);
  });

  it('weighs the members of each week alone: as much long as short, 1 in all', async () => {
    const index = readFileSync(join(root, 'data/index.csv'), 'utf8').trim().split('\n').slice(1);
    const stays = index.map((line) => line.split(',') as [string, string, string]);
    const weights = await made.store.rows('weight[*]');
    assert.ok(weights.size > 230);
    let left = 0;
    for (const [ts, row] of weights) {
      const date = new Date(ts * 1000).toISOString().slice(0, 10);
      const held = Object.entries(row as Record<string, number | null>).filter(
        ([, weight]) => weight !== null,
      );
      for (const [symbol] of held) {
        const member = stays.some(
          ([whose, from, to]) => whose === symbol && date >= from && (to === '' || date < to),
        );
        assert.ok(member, `${symbol} ${date}`);
      }
      left += 30 - held.length;
      const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
      const each = held.map(([, weight]) => weight ?? 0);
      assert.ok(Math.abs(sum(each)) < 1e-12);
      assert.ok(Math.abs(sum(each.map(Math.abs)) - 1) < 1e-12);
    }
    assert.ok(left > 500, 'some are not in the index, or not listed');
  });
});
