import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CHUNK_SLOTS } from '../../../src/engine/plan/chunk-span.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import type { OpenStream, SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { MemoryStore } from '../../support/memory-store.js';
import { oracle, rowsOf, ToyHost, ToySources, type Toy, type ToyStream } from '../../support/toy-strategy.js';
import { cases } from '../../support/profile.js';

const ORIGIN = 1_700_006_400;
const BARS = 240;

const NO_HOOKS = { progress: () => undefined, signal: new AbortController().signal };

/** A source read in parts, whose content is replaced at the n-th table that it gives. */
class ChangingSources implements SourceLibrary {
  readonly #toys: readonly Toy[];
  readonly #change: () => void;
  #left: number;

  constructor(toys: readonly Toy[], tablesBefore: number, change: () => void) {
    this.#toys = toys;
    this.#left = tablesBefore;
    this.#change = change;
  }

  get changed(): boolean {
    return this.#left < 0;
  }

  async open(stream: OpenStream): Promise<SourceReader> {
    // Each call sees what the source holds at that moment.
    const now = (): Promise<SourceReader> => new ToySources(this.#toys).open(stream);
    const step = (): void => {
      if (this.#left-- === 0) this.#change();
    };
    return {
      whole: (await now()).whole,
      version: async () => (await now()).version(),
      bounds: async () => (await now()).bounds(),
      async *read(range: Range) {
        for await (const table of (await now()).read(range)) {
          step();
          yield table;
        }
      },
    };
  }
}

function toysOver(rows: ToyStream['rows']): Toy[] {
  return [
    { kind: 'stream', interval: 60, leastHistory: 1, rows, whole: false },
    { kind: 'node', interval: 300, inputs: [{ node: 0, period: 7 }], seed: 1, sparse: 0, failsAt: null },
    {
      kind: 'node',
      interval: 3600,
      inputs: [
        { node: 0, period: 2 },
        { node: 1, period: 3 },
      ],
      seed: 2,
      sparse: 0,
      failsAt: null,
    },
  ];
}

describe('a source that changes during a run', () => {
  it('fails the run with the way out, at whatever moment, and what the cache says afterwards is true', async () => {
    let noticed = 0;
    const parameters = cases(120);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.nat(BARS - 1),
        fc.boolean(),
        fc.constantFrom(4, 16, 16_384),
        async (tables, corrected, back, chunkSlots) => {
          const rows = Array.from({ length: BARS }, (_, i) => ({ ts: ORIGIN + i * 60, value: i / 4 }));
          const changedRows = rows.map((row, i) => (i === corrected ? { ...row, value: -7 } : row));
          const toys = toysOver(rows);
          const stream = toys[0] as ToyStream;
          const store = new MemoryStore();
          const sources = new ChangingSources(toys, tables, () => (stream.rows = changedRows));
          const range = { start: ORIGIN, end: ORIGIN + BARS * 60 };
          const run = (from: SourceLibrary) =>
            materialize({ host: new ToyHost(toys), store, sources: from, nonce: 'nonce' }, range, {
              ...NO_HOOKS,
              chunkSlots,
            });
          try {
            await run(sources);
          } catch (error) {
            assert.ok(error instanceof SeamlessError && error.code === 'source');
            assert.match(error.message, /n0 changed while it was being read.*run again/);
            assert.ok(sources.changed);
            noticed++;
          }
          // The old content may come back: then neither version may have left rows behind under its name.
          if (back) stream.rows = rows;
          const { state } = await run(new ToySources(toys));
          const truth = oracle(toys);
          for (const node of state.graph.nodes) {
            const [table] = await store.read([{ fingerprint: state.fingerprint(node.index).hash, range }]);
            assert.ok(table);
            assert.deepEqual(rowsOf(table), truth[node.index], node.name);
          }
        },
      ),
      parameters,
    );
    assert.ok(noticed > (parameters.numRuns ?? 0) / 12, `only ${noticed} changes fell into a reading`);
  });

  it('leaves nothing of a reading that had stored blocks already, whether read in parts or at once', async () => {
    // More than what one commit takes in.
    const long = Array.from({ length: 2 * CHUNK_SLOTS }, (_, i) => ({ ts: ORIGIN + i * 60, value: i / 4 }));
    const range = { start: ORIGIN, end: ORIGIN + long.length * 60 };
    for (const whole of [true, false]) {
      const stream: ToyStream = { kind: 'stream', interval: 60, leastHistory: 1, rows: long, whole };
      const store = new MemoryStore();
      const inner = new ToySources([stream]);
      const stored: string[] = [];
      const commit = store.commit.bind(store);
      store.commit = async (each) => {
        stored.push(...each.segments.map(({ fingerprint }) => fingerprint));
        await commit(each);
      };
      const sources: SourceLibrary = {
        open: async (opened) => {
          const reader = await inner.open(opened);
          return {
            whole,
            version: () => Promise.resolve(stream.rows === long ? 'first' : 'second'),
            bounds: () => reader.bounds(),
            async *read(wanted: Range) {
              yield* reader.read(wanted);
              stream.rows = long.slice(0, 10);
              // Who reads at once watches its source itself.
              if (whole) throw new SeamlessError('source', 'It changed while it was being read.');
            },
          };
        },
      };
      const ports = { host: new ToyHost([stream]), store, sources, nonce: 'nonce' };
      await assert.rejects(materialize(ports, range, NO_HOOKS), /changed while it was being read/);
      assert.ok(stored.length > 0, 'blocks were stored before the change was noticed');
      assert.deepEqual([...(await store.coverage(stored)).values()].flat(), []);
    }
  });
});
