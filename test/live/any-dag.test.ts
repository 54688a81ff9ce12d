// Slow (20 s): properties over whole runs.
import assert from 'node:assert/strict';
import fc from 'fast-check';

import { fingerprints } from '../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph, type Graph, type GraphNode } from '../../src/engine/graph/graph.js';
import { SlotEvaluator } from '../../src/engine/run/evaluation/slot-evaluator.js';
import type { GraphDescription } from '../../src/engine/ports/host.js';
import { firstOfEach } from '../../src/engine/run/run-state.js';
import { warmUp } from '../../src/engine/run/warm-up.js';
import { SlotClock } from '../../src/live/clock/slot-clock.js';
import type { FeedBar } from '../../src/live/feed/feed.js';
import { Revisions } from '../../src/live/run/revisions.js';
import { closeOf, gridOf } from '../../src/sdk/time/grid.js';
import { concatTables, emptyTable, rowValue, sliceTable, type Table } from '../../src/sdk/table.js';
import { MemoryStore } from '../support/memory-store.js';
import { cases } from '../support/profile.js';
import { WorldHost } from '../support/worlds/host.js';
import { exact, World } from '../support/worlds/runs.js';
import { WorldSources } from '../support/worlds/sources.js';
import {
  MINUTES,
  ORIGIN,
  UNITS,
  worldArbitrary,
  type Scale,
  type WorldDraw,
} from '../support/worlds/spec.js';

const STREAM = {
  ...{ symbol: null, interval: 60, phase: 0, leastHistory: 1, emits: 'number', whole: false, tells: false },
  ...{ holes: 0, late: 0, until: null, seed: 1, calendar: null, later: 0 },
} as const;
const NODE = {
  ...{
    symbol: null,
    interval: 60,
    emits: 'number',
    reads: 'all',
    coarse: 0,
    sparse: 0,
    scan: null,
    hashable: true,
  },
  ...{ seed: 2, failsOn: 0, gathers: false, calendar: null, later: 0 },
} as const;
const AT_ONCE: readonly Delivery[] = [{ delay: 0, times: 1 }];

/** Cases that once failed. */
const KNOWN: Readonly<Partial<Record<Scale, [WorldDraw, number, Delivery[]][]>>> = {
  days: [
    [
      {
        scale: 'days',
        streams: [STREAM],
        nodes: [
          { ...NODE, interval: 600, picks: [[0, 6, false]] },
          {
            ...NODE,
            picks: [
              [0, 1, false],
              [1, 1, false],
            ],
          },
        ],
      } as unknown as WorldDraw,
      1_702_512_000,
      [...AT_ONCE],
    ],
  ],
  calendars: [
    [
      {
        scale: 'calendars',
        streams: [{ ...STREAM, phase: 30 }],
        nodes: [{ ...NODE, calendar: 'session', picks: [[0, 2, false]] }],
      } as unknown as WorldDraw,
      1_710_072_000,
      [...AT_ONCE],
    ],
    // Two scans, each of which is looked for further back than the warm-up reads: the second one sees what the first one read.
    [
      {
        scale: 'calendars',
        streams: [
          { ...STREAM, seed: 407_881 },
          { ...STREAM, seed: 625_021, interval: 120 },
          { ...STREAM, seed: 160_009 },
        ],
        nodes: [
          { ...NODE, seed: 1, interval: 120, picks: [[317_670_523, 6, true]] },
          { ...NODE, seed: 1, calendar: 'session', scan: 'mean', picks: [[989_407_423, 3, true]] },
          { ...NODE, seed: 1, calendar: 'session', scan: 'position', picks: [[1_572_523_228, 2, false]] },
        ],
      } as unknown as WorldDraw,
      1_705_233_600,
      [...AT_ONCE],
    ],
  ],
};

/** How a bar comes: by so many bars late, and so often. */
interface Delivery {
  readonly delay: number;
  readonly times: number;
}

const delivery: fc.Arbitrary<Delivery> = fc.record({
  delay: fc.constantFrom(0, 0, 0, 0, 1, 3, 12),
  times: fc.constantFrom(1, 1, 1, 2),
});

/** What a feed says: the bars that close after the run began, in the order of their closes but for the late ones. */
function messagesOf(
  nodes: readonly GraphNode[],
  tables: ReadonlyMap<number, Table>,
  start: number,
  deliveries: readonly Delivery[],
): { readonly bar: FeedBar; readonly index: number; readonly table: Table }[] {
  const bars = nodes.flatMap((node) => {
    const table = tables.get(node.index) ?? emptyTable();
    return Array.from(table.ts, (ts, at) => ({
      bar: { type: 'bar' as const, stream: node.name, ts, row: { value: exact(rowValue(table, at)) } },
      index: node.index,
      table: sliceTable(table, at, at + 1),
      close: closeOf(ts, node),
    }));
  });
  return bars
    .filter(({ close }) => close > start)
    .sort((a, b) => a.close - b.close)
    .flatMap((each, place) => {
      const { delay, times } = deliveries[place % deliveries.length] as Delivery;
      return Array.from({ length: times }, (_, again) => ({ ...each, place: place + delay + again * 2 }));
    })
    .sort((a, b) => a.place - b.place);
}

async function tablesOf(graph: Graph, sources: WorldSources): Promise<Map<number, Table>> {
  const tables = new Map<number, Table>();
  for (const { index, name, kind } of graph.nodes) {
    if (kind !== 'stream') continue;
    const parts: Table[] = [];
    const reader = await sources.open({ node: index, name } as Parameters<WorldSources['open']>[0]);
    for await (const part of reader.read({ start: -Infinity, end: Infinity })) parts.push(part);
    tables.set(index, concatTables(parts));
  }
  return tables;
}

/** As if all nodes that could be were members of one family, which a slot computes together. */
function inFamilies(description: GraphDescription): GraphDescription {
  const nodes = description.nodes.map((node) => ({ ...node, member: { family: 'all', symbol: node.name } }));
  return { ...description, nodes };
}

/**
 * Goes slot by slot through what a feed says. What each node said in the end.
 * @param keeps what is needed to compute the slots of late bars again. Without, rows move on in place, and null is the answer to a late bar
 */
async function live(draw: WorldDraw, start: number, deliveries: readonly Delivery[], keeps: boolean) {
  const world = new World(draw, { settled: true });
  const host = new WorldHost(world.specs);
  const sources = new WorldSources(world.specs);
  const graph = resolveGraph(inFamilies(await host.describe()));
  const canonical = firstOfEach(fingerprints(graph, 'live'));
  const tables = await tablesOf(graph, sources);
  const streams = graph.nodes.filter(({ kind }) => kind === 'stream');
  const filled = streams.filter(({ index }) => (tables.get(index)?.ts.length ?? 0) > 0);
  const extent = {
    start: Math.min(...filled.map(({ index }) => tables.get(index)?.ts[0] as number)),
    end: Math.max(...filled.map((node) => closeOf(tables.get(node.index)?.ts.at(-1) as number, node))),
  };
  const { signal } = new AbortController();
  const hooks = { progress: () => undefined, signal };
  const ports = { host, sources, store: new MemoryStore(), nonce: 'live' };
  const warm = await warmUp(ports, graph.nodes, filled.length > 0 ? extent : null, start, hooks);
  const evaluator = new SlotEvaluator(graph, canonical, host, warm, signal);
  const revisions = new Revisions(graph, evaluator, Infinity);
  const slots = keeps ? revisions : evaluator;
  const feedStreams = streams.map((node) => ({ name: node.name, ...gridOf(node) }));
  const clock = new SlotClock(feedStreams, graph.nodes, start, 0);
  const said = new Map(graph.nodes.map(({ name }) => [name, new Map<number, string>()]));
  const taken = new Map<string, Table>();
  let late = 0;
  const close = async (): Promise<void> => {
    const closed = clock.close();
    if (!closed) return;
    const bars = new Map<number, Table>();
    for (const { index, name } of streams) {
      const found = closed.bars.get(name);
      if (found) bars.set(index, concatTables(found.map(({ ts }) => taken.get(`${name} ${ts}`) as Table)));
    }
    const { tables: rows } = await slots.close({ start: closed.from, end: closed.to }, bars);
    for (const [index, table] of rows)
      for (const [at, ts] of table.ts.entries())
        said.get((graph.nodes[index] as GraphNode).name)?.set(ts, exact(rowValue(table, at)));
  };
  for (const { bar, index, table } of messagesOf(streams, tables, start, deliveries)) {
    taken.set(`${bar.stream} ${bar.ts}`, table);
    if (clock.take(bar) === 'late') {
      if (!keeps) return null;
      late += 1;
      clock.correct(bar);
      for (const event of (await revisions.revise(index, table)) ?? assert.fail('It is within reach.')) {
        if (event.type !== 'revised') continue;
        if (event.value === undefined) said.get(event.node)?.delete(event.ts);
        else said.get(event.node)?.set(event.ts, exact(event.value));
      }
    }
    await close();
  }
  clock.hear(extent.end + 1);
  await close();
  return { world, graph, canonical, said, closed: clock.closed, late };
}

describe('slot by slot as at once, bit for bit, however bars come', () => {
  const met = { rows: 0, late: 0, inPlace: 0 };

  function holds(scale: Scale, nightly: number, fast: number): void {
    it(`any strategy over ${scale}`, async () => {
      const from = fc.integer({ min: 5, max: MINUTES - 5 }).map((minutes) => ORIGIN + minutes * UNITS[scale]);
      const deliveries = fc.oneof(
        fc.array(delivery, { minLength: 1, maxLength: 30 }),
        fc.constant([{ delay: 0, times: 1 }]),
      );
      await fc.assert(
        fc.asyncProperty(worldArbitrary(scale), from, deliveries, async (draw, start, each) => {
          const without = each.length === 1 ? await live(draw, start, each, false) : null;
          const run = without ?? (await live(draw, start, each, true)) ?? assert.fail('It keeps all.');
          const { world, graph, canonical, said, closed, late } = run;
          met.inPlace += Number(without !== null);
          met.late += late;
          for (const node of graph.nodes) {
            if (node.kind === 'stream' || canonical[node.index] !== node.index) continue;
            const { rows, limit } = world.truth[node.index] as (typeof world.truth)[number];
            // Past the limit materialization says not yet.
            const inRange = (ts: number): boolean =>
              closeOf(ts, node) > start && closeOf(ts, node) <= closed && ts < limit;
            const expected = rows
              .filter(({ ts }) => inRange(ts))
              .map(({ ts, value }) => `${ts} ${exact(value)}`);
            const found = [...(said.get(node.name) ?? [])]
              .filter(([ts]) => inRange(ts))
              .sort(([a], [b]) => a - b);
            assert.deepEqual(
              found.map(([ts, value]) => `${ts} ${value}`),
              expected,
              node.name,
            );
            met.rows += expected.length;
          }
        }),
        { ...cases(nightly, fast), examples: KNOWN[scale] ?? [] },
      );
    });
  }

  holds('minutes', 400, 60);
  holds('days', 200, 30);
  holds('calendars', 100, 15);

  after(() => {
    const { rows, late, inPlace } = met;
    assert.ok(
      rows > 1000 && late > 100 && inPlace > 5,
      `met ${rows} rows, ${late} late bars, ${inPlace} runs without`,
    );
  });
});
