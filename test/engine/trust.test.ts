import assert from 'node:assert/strict';
import { fingerprints } from '../../src/engine/fingerprint/fingerprints.js';
import { CHUNK_SLOTS } from '../../src/engine/plan/chunk-span.js';
import { resolveGraph } from '../../src/engine/graph/graph.js';
import { materialize, type RunOutcome } from '../../src/engine/run/materialize.js';
import type { GraphDescription } from '../../src/engine/ports/host.js';
import type { SourceLibrary } from '../../src/engine/ports/source.js';
import { MemoryStore } from '../support/memory-store.js';
import { oracle, rowsOf, ToyHost, ToySources, type Toy, type ToyStream } from '../support/toy-strategy.js';

const START = 1_700_006_400;
const hooks = { progress: () => undefined, signal: new AbortController().signal };

function minutes(count: number, value: (index: number) => number): ToyStream['rows'] {
  return Array.from({ length: count }, (_, index) => ({ ts: START + index * 60, value: value(index) }));
}

describe('what must never be believed', () => {
  it('is a source whose reading was cut short, even when its old content comes back', async () => {
    // Long enough that rows are committed before the reading ends.
    const count = CHUNK_SLOTS * 2;
    const before = minutes(count, (index) => index);
    const stream: ToyStream = { kind: 'stream', interval: 60, leastHistory: 1, whole: true, rows: before };
    const toys: Toy[] = [stream];
    const store = new MemoryStore();
    const range = { start: START, end: START + 600 };
    const run = (sources: SourceLibrary): Promise<unknown> =>
      materialize({ host: new ToyHost(toys), store, sources, nonce: 'n' }, range, hooks);
    await run(new ToySources(toys));

    stream.rows = minutes(count, (index) => index * 10);
    const broken: SourceLibrary = {
      open: async (open) => {
        const reader = await new ToySources(toys).open(open);
        return {
          ...reader,
          async *read(asked) {
            yield* reader.read(asked);
            throw new Error('the last row is malformed');
          },
        };
      },
    };
    await assert.rejects(run(broken), /malformed/);

    stream.rows = before;
    await run(new ToySources(toys));
    const [full] = [...store.spans].map(({ fingerprint }) => fingerprint);
    const [table] = await store.read([{ fingerprint: full as string, range }]);
    assert.ok(table);
    assert.deepEqual(rowsOf(table), (oracle(toys)[0] ?? []).slice(0, 10));
  });

  it('is a segment computed when an input had few rows, where it has more that are not at hand', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const rows = minutes(60, (index) => (index * seed) % 17);
      const stream: ToyStream = { kind: 'stream', interval: 60, leastHistory: 1, whole: true, rows };
      const common = { kind: 'node' as const, interval: 60, seed, failsAt: null };
      const toys: Toy[] = [
        stream,
        { ...common, inputs: [{ node: 0, period: 1 }], sparse: 2 },
        { ...common, inputs: [{ node: 1, period: 3 }], sparse: 0 },
      ];
      const store = new MemoryStore();
      const range = { start: START + 30 * 60, end: START + 40 * 60 };
      const run = async (): Promise<RunOutcome> =>
        materialize(
          { host: new ToyHost(toys), store, sources: new ToySources(toys), nonce: 'n' },
          range,
          hooks,
        );
      stream.rows = rows.slice(30);
      await run();
      stream.rows = rows;
      const { state } = await run();
      const [table] = await store.read([{ fingerprint: state.fingerprint(2).hash, range }]);
      const expected = oracle(toys)[2]?.filter(({ ts }) => ts >= range.start && ts < range.end);
      assert.ok(table);
      assert.deepEqual(rowsOf(table), expected, `seed ${seed}`);
    }
  });

  it('is the empty beginning of a source that lost its bars and then got earlier ones', async () => {
    const hours = (...opens: number[]): ToyStream['rows'] =>
      opens.map((hour) => ({ ts: START + hour * 3600, value: hour }));
    const common = { kind: 'stream' as const, leastHistory: 1, whole: false };
    const slow: ToyStream = { ...common, interval: 3600, rows: hours(0, 1, 2) };
    const fast: ToyStream = { ...common, interval: 60, rows: minutes(180, (index) => index) };
    const inputs = [0, 1].map((node) => ({ node, period: 1 }));
    const toys: Toy[] = [
      slow,
      fast,
      { kind: 'node', interval: 60, inputs, seed: 1, sparse: 0, failsAt: null },
    ];
    const range = { start: START, end: START + 7200 };
    for (const between of [hours(), hours(2)]) {
      const store = new MemoryStore();
      let last: RunOutcome | null = null;
      for (const rows of [hours(0, 1, 2), between, hours(-3, -2, -1, 0, 1, 2)]) {
        slow.rows = rows;
        const ports = { host: new ToyHost(toys), store, sources: new ToySources(toys), nonce: 'n' };
        last = await materialize(ports, range, { ...hooks, chunkSlots: 2 });
      }
      const fingerprint = last?.state.fingerprint(2).hash ?? '';
      const [table] = await store.read([{ fingerprint, range }]);
      assert.ok(table);
      assert.equal(table.ts.length, 120);
      const expected = oracle(toys)[2]?.filter(({ ts }) => ts >= range.start && ts < range.end);
      assert.deepEqual(rowsOf(table), expected);
    }
  });

  it('is a segment computed while an input had another interval', () => {
    const described = (interval: number): GraphDescription => ({
      strategy: 'Test',
      interval: null,
      period: 1,
      nodes: [
        {
          name: 's',
          kind: 'stream',
          label: 'csv',
          interval,
          leastHistory: 1,
          inputs: [],
          own: { hash: 'h' },
          source: { kind: 'csv', options: {} },
          location: null,
        },
        {
          name: 'n',
          kind: 'node',
          label: 'node',
          interval: 3600,
          leastHistory: 1,
          inputs: [{ node: 0, period: 1 }],
          own: { hash: 'h' },
          source: null,
          location: null,
        },
      ],
    });
    const [hourly, daily] = [3600, 86_400].map(
      (interval) => fingerprints(resolveGraph(described(interval)), 'x')[1]?.codeHash,
    );
    assert.notEqual(hourly, daily);
  });
});
