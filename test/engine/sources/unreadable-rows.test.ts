import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprints } from '../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../../../src/engine/graph/graph.js';
import type { SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { MemoryStore } from '../../support/memory-store.js';
import {
  oracle,
  rowsOf,
  tableOf,
  ToyHost,
  ToySources,
  type Toy,
  type ToyStream,
} from '../../support/toy-strategy.js';

const START = 1_700_006_400;
const BARS = 30;
const PERIOD = 3;
const hooks = { progress: () => undefined, signal: new AbortController().signal };

const rows = (content: number): ToyStream['rows'] =>
  Array.from({ length: BARS }, (_, index) => ({
    ts: START + index * 60,
    value: (index * (content + 3)) % 11,
  }));

interface Step {
  /** Bars whose rows cannot be read. */
  readonly bad: readonly number[];
  readonly content: number;
  readonly from: number;
  readonly bars: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    bad: fc.uniqueArray(fc.integer({ min: 1, max: BARS - 2 }), { maxLength: 3 }),
    content: fc.nat(1),
    from: fc.integer({ min: PERIOD - 1, max: BARS - 2 }),
    bars: fc.integer({ min: 1, max: 12 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A reader of the whole, some of whose rows cannot be read. */
function sourcesOf(toys: readonly Toy[], { bad, content }: Step): SourceLibrary {
  const slots = bad.map((bar) => ({ start: START + bar * 60, end: START + (bar + 1) * 60 }));
  const error = new SeamlessError('source-row', 'a row cannot be read');
  return {
    open: async (stream): Promise<SourceReader> => ({
      ...(await new ToySources(toys).open(stream)),
      version: () => Promise.resolve(`${content} ${bad.join()}`),
      async *read(range, skip) {
        for (const slot of slots) {
          if (skip) skip({ range: slot, error });
          else if (slot.start < range.end && slot.end > range.start) throw error;
        }
        const sound = rows(content).filter(({ ts }) => !slots.some(({ start }) => start === ts));
        yield tableOf(sound.filter(({ ts }) => ts >= range.start && ts < range.end));
      },
    }),
  };
}

describe('rows that cannot be read', () => {
  it('block the bars that need them, and no others, whatever ran before', async function () {
    this.timeout(60_000);
    const property = fc.asyncProperty(steps, async (all) => {
      const stream: ToyStream = { kind: 'stream', interval: 60, leastHistory: 1, whole: true, rows: rows(0) };
      const node = { kind: 'node', interval: 60, seed: 1, sparse: 0, failsAt: null } as const;
      const toys: Toy[] = [stream, { ...node, inputs: [{ node: 0, period: PERIOD }] }];
      const store = new MemoryStore();
      const prints = fingerprints(resolveGraph(await new ToyHost(toys).describe()), 'n');
      for (const step of [...all, { bad: [], content: 0, from: PERIOD - 1, bars: BARS }]) {
        stream.rows = rows(step.content);
        const end = Math.min(BARS, step.from + step.bars);
        const range = { start: START + step.from * 60, end: START + end * 60 };
        const ports = { host: new ToyHost(toys), store, sources: sourcesOf(toys, step), nonce: 'n' };
        const run = materialize(ports, range, hooks);
        const needed = step.bad.filter((bar) => bar > step.from - PERIOD && bar < end);
        if (needed.length > 0) {
          await assert.rejects(run, { code: 'source-row' });
          continue;
        }
        await run;
        const tables = await store.read(prints.map(({ hash: full }) => ({ fingerprint: full, range })));
        const expected = oracle(toys).map((each) =>
          each.filter(({ ts }) => ts >= range.start && ts < range.end),
        );
        assert.deepEqual(tables.map(rowsOf), expected);
      }
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
