import assert from 'node:assert/strict';
import { fingerprints } from '../../src/engine/fingerprint/fingerprints.js';
import { CHUNK_SLOTS } from '../../src/engine/plan/chunk-span.js';
import { resolveGraph } from '../../src/engine/graph/graph.js';
import { materialize, type RunOutcome } from '../../src/engine/run/materialize.js';
import type { GraphDescription } from '../../src/engine/ports/host.js';
import type { SourceLibrary } from '../../src/engine/ports/source.js';
import { MemoryStore } from '../support/memory-store.js';
import { historiesOf, node, portsOf, QUIET, rowsEach, rowsOf, stream } from '../support/worlds/made.js';
import { WorldSources } from '../support/worlds/sources.js';
import { ORIGIN as START } from '../support/worlds/spec.js';
import type { Row } from '../support/worlds/values.js';

describe('what must never be believed', () => {
  it('is a source whose reading was cut short, even when its old content comes back', async () => {
    // Long enough that rows are committed before the reading ends.
    const count = CHUNK_SLOTS * 2;
    const before = rowsEach(60, count, (index) => index);
    const price = stream(60, before);
    const specs = [price];
    const store = new MemoryStore();
    const range = { start: START, end: START + 600 };
    const run = (sources: SourceLibrary): Promise<unknown> =>
      materialize(portsOf(specs, store, { sources }), range, QUIET);
    await run(new WorldSources(specs));

    price.rows = rowsEach(60, count, (index) => index * 10);
    const broken: SourceLibrary = {
      open: async (open) => {
        const reader = await new WorldSources(specs).open(open);
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

    price.rows = before;
    await run(new WorldSources(specs));
    const [full] = [...store.spans].map(({ fingerprint }) => fingerprint);
    const [table] = await store.read([{ fingerprint: full as string, range }]);
    assert.ok(table);
    assert.deepEqual(rowsOf(table), (historiesOf(specs)[0] ?? []).slice(0, 10));
  });

  it('is a segment computed from few rows of an input that has more', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const rows = rowsEach(60, 60, (index) => (index * seed) % 17);
      const price = stream(60, rows);
      const specs = [price, node(60, { 0: 1 }, { seed, sparse: 2 }), node(60, { 1: 3 }, { seed })];
      const store = new MemoryStore();
      const range = { start: START + 30 * 60, end: START + 40 * 60 };
      const run = (): Promise<RunOutcome> => materialize(portsOf(specs, store), range, QUIET);
      price.rows = rows.slice(30);
      await run();
      price.rows = rows;
      const { state } = await run();
      const [table] = await store.read([{ fingerprint: state.fingerprint(2).hash, range }]);
      const expected = historiesOf(specs)[2]?.filter(({ ts }) => ts >= range.start && ts < range.end);
      assert.ok(table);
      assert.deepEqual(rowsOf(table), expected, `seed ${seed}`);
    }
  });

  it('is the empty beginning of a source that lost its bars and then got earlier ones', async () => {
    const hours = (...opens: number[]): Row[] =>
      opens.map((hour) => ({ ts: START + hour * 3600, value: hour }));
    const slow = stream(3600, hours(0, 1, 2), { whole: false });
    const fast = stream(
      60,
      rowsEach(60, 180, (index) => index),
      { whole: false },
    );
    const specs = [slow, fast, node(60, { 0: 1, 1: 1 })];
    const range = { start: START, end: START + 7200 };
    for (const between of [hours(), hours(2)]) {
      const store = new MemoryStore();
      let last: RunOutcome | null = null;
      for (const rows of [hours(0, 1, 2), between, hours(-3, -2, -1, 0, 1, 2)]) {
        slow.rows = rows;
        last = await materialize(portsOf(specs, store), range, { ...QUIET, chunkSlots: 2 });
      }
      const fingerprint = last?.state.fingerprint(2).hash ?? '';
      const [table] = await store.read([{ fingerprint, range }]);
      assert.ok(table);
      assert.equal(table.ts.length, 120);
      const expected = historiesOf(specs)[2]?.filter(({ ts }) => ts >= range.start && ts < range.end);
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
