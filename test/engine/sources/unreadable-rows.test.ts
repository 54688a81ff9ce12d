import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprints } from '../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../../../src/engine/graph/graph.js';
import type { SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { MemoryStore } from '../../support/memory-store.js';
import { WorldHost } from '../../support/worlds/host.js';
import { historiesOf, node, portsOf, QUIET, rowsEach, rowsOf, stream } from '../../support/worlds/made.js';
import { tableOf, WorldSources } from '../../support/worlds/sources.js';
import { ORIGIN as START, type Spec, type StreamSpec } from '../../support/worlds/spec.js';
import type { Row } from '../../support/worlds/values.js';

const BARS = 30;
const PERIOD = 3;

const rows = (content: number): Row[] => rowsEach(60, BARS, (index) => (index * (content + 3)) % 11);

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
function sourcesOf(specs: readonly Spec[], { bad, content }: Step): SourceLibrary {
  const slots = bad.map((bar) => ({ start: START + bar * 60, end: START + (bar + 1) * 60 }));
  const error = new SeamlessError('source-row', 'a row cannot be read');
  return {
    open: async (stream): Promise<SourceReader> => ({
      ...(await new WorldSources(specs).open(stream)),
      version: () => Promise.resolve(`${content} ${bad.join()}`),
      async *read(range, skip) {
        for (const slot of slots) {
          if (skip) skip({ range: slot, error });
          else if (slot.start < range.end && slot.end > range.start) throw error;
        }
        const sound = rows(content).filter(({ ts }) => !slots.some(({ start }) => start === ts));
        yield tableOf(
          specs[stream.node] as StreamSpec,
          sound.filter(({ ts }) => ts >= range.start && ts < range.end),
        );
      },
    }),
  };
}

describe('rows that cannot be read', () => {
  it('block the bars that need them, and no others, whatever ran before', async function () {
    this.timeout(60_000);
    const property = fc.asyncProperty(steps, async (all) => {
      const price = stream(60, rows(0));
      const specs = [price, node(60, { 0: PERIOD })];
      const store = new MemoryStore();
      const prints = fingerprints(resolveGraph(await new WorldHost(specs).describe()), 'nonce');
      for (const step of [...all, { bad: [], content: 0, from: PERIOD - 1, bars: BARS }]) {
        price.rows = rows(step.content);
        const end = Math.min(BARS, step.from + step.bars);
        const range = { start: START + step.from * 60, end: START + end * 60 };
        const ports = portsOf(specs, store, { sources: sourcesOf(specs, step) });
        const run = materialize(ports, range, QUIET);
        const needed = step.bad.filter((bar) => bar > step.from - PERIOD && bar < end);
        if (needed.length > 0) {
          await assert.rejects(run, { code: 'source-row' });
          continue;
        }
        await run;
        const tables = await store.read(prints.map(({ hash: full }) => ({ fingerprint: full, range })));
        const expected = historiesOf(specs).map((each) =>
          each.filter(({ ts }) => ts >= range.start && ts < range.end),
        );
        assert.deepEqual(tables.map(rowsOf), expected);
      }
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
