import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprints } from '../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../../../src/engine/graph/graph.js';
import type { SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { MemoryStore } from '../../support/memory-store.js';
import { WorldHost } from '../../support/worlds/host.js';
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
import { ORIGIN as START, type Spec } from '../../support/worlds/spec.js';
import type { Row } from '../../support/worlds/values.js';

const BARS = 40;
const RANGE = { start: START, end: START + BARS * 60 };

/** When a source refuses: as it is opened, when asked for its version, or after it gave its first rows. */
type Refusal = 'open' | 'version' | 'read';

interface Step {
  /** Of the two streams; null: it can be read. */
  readonly refuses: readonly [Refusal | null, Refusal | null];
  /** What both hold then: another number, other values. */
  readonly content: number;
}

const refusal = fc.option(fc.constantFrom<Refusal>('open', 'version', 'read'), { nil: null });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ refuses: fc.tuple(refusal, refusal), content: fc.nat(2) }),
  { minLength: 1, maxLength: 5 },
);

function bars(content: number, index: number): Row[] {
  return rowsEach(60, BARS, (at) => (at * 7 + content * at + index) % 13);
}

/** Two streams, a node over each, one over both, and one over that of the second. */
function specsOf(
  whole: readonly [boolean, boolean],
  scan: 'sum' | null,
): [MadeStream, MadeStream, ...Spec[]] {
  const over = (inputs: Readonly<Record<number, number>>): Spec => node(60, inputs, { seed: 3, scan });
  return [
    stream(60, bars(0, 0), { whole: whole[0] }),
    stream(60, bars(0, 1), { whole: whole[1] }),
    over({ 0: 3 }),
    over({ 1: 3 }),
    over({ 0: 3, 1: 3 }),
    over({ 3: 3 }),
  ];
}

/** The streams that a node depends on, itself included. */
const STREAMS_OF = [[0], [1], [0], [1], [0, 1], [1]];

function refuse(): never {
  throw new SeamlessError('source', 'it is refused');
}

function sourcesOf(specs: readonly Spec[], { refuses }: Step): SourceLibrary {
  const sources = new WorldSources(specs);
  return {
    open: async (stream): Promise<SourceReader> => {
      const how = refuses[stream.node] ?? null;
      if (how === 'open') refuse();
      const reader = await sources.open(stream);
      if (how === null) return reader;
      return {
        whole: reader.whole,
        version: () => (how === 'version' ? refuse() : reader.version()),
        bounds: () => reader.bounds(),
        async *read(range) {
          yield* reader.read(range);
          refuse();
        },
      };
    },
  };
}

async function stored(store: MemoryStore, specs: readonly Spec[]): Promise<ReturnType<typeof rowsOf>[]> {
  const prints = fingerprints(resolveGraph(await new WorldHost(specs).describe()), 'n');
  const tables = await store.read(prints.map(({ hash: full }) => ({ fingerprint: full, range: RANGE })));
  return tables.map(rowsOf);
}

describe('a source that is refused', () => {
  it('blocks what depends on it alone, and leaves nothing behind once it can be read again', async function () {
    this.timeout(60_000);
    const cases = fc.asyncProperty(
      steps,
      fc.tuple(fc.boolean(), fc.boolean()),
      fc.constantFrom(null, 'sum' as const),
      async (all, whole, scan) => {
        const specs = specsOf(whole, scan);
        const store = new MemoryStore();
        const run = async (step: Step): Promise<RunReport> => {
          [specs[0].rows, specs[1].rows] = [bars(step.content, 0), bars(step.content, 1)];
          const ports = portsOf(specs, store, { sources: sourcesOf(specs, step) });
          return reportOf(await materialize(ports, RANGE, QUIET), 0);
        };
        for (const step of [...all, { refuses: [null, null], content: 1 } as const]) {
          if (step.refuses.every((how) => how === 'open' || how === 'version')) {
            await assert.rejects(run(step), { code: 'source' });
            continue;
          }
          const report = await run(step).catch((error: unknown) => {
            // What is in the cache is not read again, so a source that refuses in the middle may never be asked.
            assert.ok(step.refuses.every((how) => how !== null) && error instanceof SeamlessError);
            return null;
          });
          if (report) check(report, step, specs, await stored(store, specs));
        }
      },
    );
    await fc.assert(cases, { numRuns: 60 });
  });
});

function check(
  report: RunReport,
  { refuses }: Step,
  specs: readonly Spec[],
  rows: readonly ReturnType<typeof rowsOf>[],
): void {
  const expected = historiesOf(specs);
  report.nodes.forEach(({ state }, index) => {
    const streams = STREAMS_OF[index] as readonly number[];
    const failing = streams.map((stream) => report.nodes[stream]?.state === 'failed');
    const [sure] = streams
      .map((stream) => refuses[stream])
      .filter((how) => how === 'open' || how === 'version');
    if (sure) assert.ok(failing.includes(true), `node ${index} was not told of the refusal`);
    if (sure && index >= 2) assert.equal(state, 'blocked');
    if (failing.includes(true)) return;
    assert.ok(['hit', 'computed', 'reused'].includes(state), `node ${index} is ${state}`);
    assert.deepEqual(
      rows[index],
      (expected[index] ?? []).filter(({ ts }) => ts < RANGE.end),
    );
  });
}
