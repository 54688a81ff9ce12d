import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CHUNK_SLOTS } from '../../../src/engine/plan/chunk-span.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import type { OpenStream, SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { MemoryStore } from '../../support/memory-store.js';
import {
  historiesOf,
  node,
  portsOf,
  QUIET,
  rowsEach,
  rowsOf,
  stream,
  type MadeStream,
} from '../../support/worlds/made.js';
import { WorldSources } from '../../support/worlds/sources.js';
import { ORIGIN, type Spec } from '../../support/worlds/spec.js';
import type { Row } from '../../support/worlds/values.js';
import { cases } from '../../support/profile.js';

const BARS = 240;

/** A source read in parts, whose content is replaced at the n-th table that it gives. */
class ChangingSources implements SourceLibrary {
  readonly #specs: readonly Spec[];
  readonly #change: () => void;
  #left: number;

  constructor(specs: readonly Spec[], tablesBefore: number, change: () => void) {
    this.#specs = specs;
    this.#left = tablesBefore;
    this.#change = change;
  }

  get changed(): boolean {
    return this.#left < 0;
  }

  async open(stream: OpenStream): Promise<SourceReader> {
    // Each call sees what the source holds at that moment.
    const now = (): Promise<SourceReader> => new WorldSources(this.#specs).open(stream);
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

function specsOver(rows: readonly Row[]): [MadeStream, ...Spec[]] {
  return [stream(60, rows, { whole: false }), node(300, { 0: 7 }), node(3600, { 0: 2, 1: 3 }, { seed: 2 })];
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
          const rows = rowsEach(60, BARS, (i) => i / 4);
          const changedRows = rows.map((row, i) => (i === corrected ? { ...row, value: -7 } : row));
          const specs = specsOver(rows);
          const [price] = specs;
          const store = new MemoryStore();
          const sources = new ChangingSources(specs, tables, () => (price.rows = changedRows));
          const range = { start: ORIGIN, end: ORIGIN + BARS * 60 };
          const run = (from: SourceLibrary) =>
            materialize(portsOf(specs, store, { sources: from }), range, {
              ...QUIET,
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
          if (back) price.rows = rows;
          const { state } = await run(new WorldSources(specs));
          const truth = historiesOf(specs);
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
    const long = rowsEach(60, 2 * CHUNK_SLOTS, (i) => i / 4);
    const range = { start: ORIGIN, end: ORIGIN + long.length * 60 };
    for (const whole of [true, false]) {
      const price = stream(60, long, { whole });
      const store = new MemoryStore();
      const inner = new WorldSources([price]);
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
            version: () => Promise.resolve(price.rows === long ? 'first' : 'second'),
            bounds: () => reader.bounds(),
            async *read(wanted: Range) {
              yield* reader.read(wanted);
              price.rows = long.slice(0, 10);
              // Who reads at once watches its source itself.
              if (whole) throw new SeamlessError('source', 'It changed while it was being read.');
            },
          };
        },
      };
      await assert.rejects(
        materialize(portsOf([price], store, { sources }), range, QUIET),
        /changed while it was being read/,
      );
      assert.ok(stored.length > 0, 'blocks were stored before the change was noticed');
      assert.deepEqual([...(await store.coverage(stored)).values()].flat(), []);
    }
  });
});
