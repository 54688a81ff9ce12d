import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprints } from '../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../../../src/engine/graph/graph.js';
import { within } from '../../../src/engine/plan/ranges.js';
import type { GraphDescription } from '../../../src/engine/ports/host.js';
import type { SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { Held } from '../../../src/engine/run/service-gate.js';
import { Deadlines } from '../../../src/engine/sources/deadline.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import type { HeldTo, ServiceLevel } from '../../../src/sdk/providers/fetched.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { MemoryStore } from '../../support/memory-store.js';
import { WorldHost } from '../../support/worlds/host.js';
import { historiesOf, node, portsOf, QUIET, rowsEach, rowsOf, stream } from '../../support/worlds/made.js';
import { WorldSources } from '../../support/worlds/sources.js';
import { ORIGIN as START, type Spec } from '../../support/worlds/spec.js';

const BARS = 60;
const ALL = { start: START, end: START + BARS * 60 };

/** A source that gives so many tables of 7 bars, and then nothing any more. */
type Hang = number | null;

interface Step {
  readonly levels: readonly [ServiceLevel | null, ServiceLevel | null];
  readonly hangs: readonly [Hang, Hang];
  readonly range: readonly [number, number];
}

const level: fc.Arbitrary<ServiceLevel | null> = fc.option(
  fc.record({
    coverage: fc.constantFrom(0.5, 0.9, 1),
    lag: fc.constantFrom(60, 600, 3600),
    // Never over, where nothing hangs.
    deadline: fc.constant(3600),
    miss: fc.constantFrom('failFast', 'partialFill', 'hold'),
  }),
);
const hang: fc.Arbitrary<Hang> = fc.option(fc.nat(4));
const step: fc.Arbitrary<Step> = fc.record({
  levels: fc.tuple(level, level),
  hangs: fc.tuple(hang, hang),
  range: fc.tuple(fc.nat(BARS - 20), fc.integer({ min: 2, max: 20 })),
});

function specsOf(holes: readonly number[], whole: boolean): Spec[] {
  const price = (index: number): Spec =>
    stream(
      60,
      rowsEach(60, BARS, (at) => (at * 7 + index) % 13).filter((_, at) => !holes.includes(at + index)),
      { whole: whole && index === 1 },
    );
  const over = (inputs: Readonly<Record<number, number>>, seed: number): Spec => node(60, inputs, { seed });
  return [
    price(0),
    price(1),
    over({ 0: 3 }, 3),
    over({ 1: 3 }, 4),
    over({ 0: 3, 1: 3 }, 5),
    over({ 3: 3 }, 6),
  ];
}

/** The streams that a node depends on, itself included. */
const STREAMS_OF = [[0], [1], [0], [1], [0, 1], [1]] as const;

class HeldHost extends WorldHost {
  readonly #levels: Step['levels'];

  constructor(specs: readonly Spec[], levels: Step['levels']) {
    super(specs);
    this.#levels = levels;
  }

  override async describe(): Promise<GraphDescription> {
    const described = await super.describe();
    const nodes = described.nodes.map((node, index) => {
      const found = this.#levels[index];
      if (!found || !node.source) return node;
      const held: HeldTo = { preset: `p${index}`, name: 'strict', level: found, unsettled: 0 };
      return { ...node, source: { ...node.source, held } };
    });
    return { ...described, nodes };
  }
}

function sourcesOf(specs: readonly Spec[], { hangs, levels }: Step): SourceLibrary {
  const sources = new WorldSources(specs);
  return {
    open: async (stream): Promise<SourceReader> => {
      const reader = await sources.open(stream);
      const most = levels[stream.node] ? (hangs[stream.node] ?? null) : null;
      return {
        ...reader,
        grows: !reader.whole,
        async *read(range) {
          let given = 0;
          for await (const table of reader.read(range)) {
            if (given++ === most) await new Promise(() => undefined);
            yield table;
          }
        },
      };
    },
  };
}

/** A step in which something hangs is over soon. */
function timed({ levels, hangs, range }: Step): Step {
  const [a, b] = levels.map((found, i) =>
    found && hangs[i] !== null ? { ...found, deadline: 0.01 } : found,
  ) as [ServiceLevel | null, ServiceLevel | null];
  return { levels: [a, b], hangs, range };
}

async function run(
  specs: readonly Spec[],
  store: MemoryStore,
  given: Step,
): Promise<RunReport | 'held' | 'refused'> {
  const asked = timed(given);
  const [from, length] = asked.range;
  const range = { start: START + from * 60, end: START + (from + length) * 60 };
  const hooks = { ...QUIET, deadlines: new Deadlines() };
  const host = new HeldHost(specs, asked.levels);
  const ports = portsOf(specs, store, { host, sources: sourcesOf(specs, asked) });
  try {
    return await reportOf(await materialize(ports, range, hooks), 0);
  } catch (error) {
    if (error instanceof Held) return 'held';
    // Both streams were refused, or one was and the other has no bar there.
    assert.ok(error instanceof SeamlessError && /^(source|outside-data)$/.test(error.code), String(error));
    return 'refused';
  }
}

/** Whatever the store calls covered is what a cold run has. */
async function checkTruth(specs: readonly Spec[], store: MemoryStore, whole: Range): Promise<void> {
  const prints = fingerprints(resolveGraph(await new WorldHost(specs).describe()), 'nonce');
  const expected = historiesOf(specs);
  for (const [index, { hash }] of prints.entries()) {
    for (const range of within((await store.coverage([hash])).get(hash) ?? [], whole)) {
      const [table] = await store.read([{ fingerprint: hash, range }]);
      assert.deepEqual(
        table ? rowsOf(table) : [],
        (expected[index] ?? []).filter(({ ts }) => ts >= range.start && ts < range.end),
        `node ${index} in ${range.start - START}..${range.end - START}`,
      );
    }
  }
}

function checkReport(report: RunReport, { levels, hangs }: Step): void {
  report.nodes.forEach(({ state, service, failure, coverage }, index) => {
    const streams = STREAMS_OF[index] as readonly (0 | 1)[];
    if (index < 2) {
      const held = levels[index];
      const missed = service?.met === false;
      if (state !== 'failed') assert.equal(service !== undefined, held !== null);
      if (held?.miss === 'failFast' && missed) {
        assert.equal(state, 'failed');
        assert.match(failure?.message ?? '', /^Preset p\d missed strict\. .*miss: partialFill/);
      }
      if (state === 'failed') {
        assert.deepEqual(coverage, []);
        assert.ok(hangs[index] !== null || held?.miss === 'failFast');
      }
      return;
    }
    const failed = streams.some((stream) => report.nodes[stream]?.state === 'failed');
    const cut = streams.some((stream) => report.nodes[stream]?.state === 'partial');
    if (failed) assert.equal(state, 'blocked', `node ${index}`);
    else assert.match(state, cut ? /hit|computed|reused|partial/ : /hit|computed|reused/, `node ${index}`);
  });
}

describe('the service level of a stream that is materialized', () => {
  it('has its outcome in the report, fails nothing else, and never makes the cache lie', async function () {
    this.timeout(120_000);
    let [partial, failed, held] = [0, 0, 0];
    const cases = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 5 }),
      fc.uniqueArray(fc.nat(BARS - 1), { maxLength: 25 }),
      fc.boolean(),
      async (steps, holes, whole) => {
        const specs = specsOf(holes, whole);
        const store = new MemoryStore();
        for (const each of steps) {
          const report = await run(specs, store, each);
          await checkTruth(specs, store, ALL);
          if (report === 'held') held++;
          if (typeof report === 'string') continue;
          checkReport(report, each);
          if (report.partial > 0) partial++;
          if (report.failed > 0) failed++;
        }
        const plain: Step = { levels: [null, null], hangs: [null, null], range: [0, BARS] };
        const warm = await run(specs, store, plain);
        const cold = await run(specs, new MemoryStore(), plain);
        assert.ok(typeof warm !== 'string' && typeof cold !== 'string');
        assert.deepEqual(
          warm.nodes.map(({ name, rows, coverage }) => ({ name, rows, coverage })),
          cold.nodes.map(({ name, rows, coverage }) => ({ name, rows, coverage })),
        );
        await checkTruth(specs, store, ALL);
      },
    );
    await fc.assert(cases, { numRuns: 80 });
    assert.ok(partial > 0 && failed > 0 && held > 0, `${partial} ${failed} ${held}`);
  });

  it('is judged alike with a cache and without', async () => {
    const cases = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 3 }),
      fc.uniqueArray(fc.nat(BARS - 1), { maxLength: 25 }),
      async (steps, holes) => {
        const specs = specsOf(holes, false);
        const store = new MemoryStore();
        const said = (report: RunReport | string) =>
          typeof report === 'string'
            ? report
            : report.nodes.map(({ name, state, service, coverage, failure }) => ({
                name,
                state: /^(hit|reused)$/.test(state) ? 'computed' : state,
                service,
                coverage,
                failure,
              }));
        for (const each of steps) {
          const calm: Step = { ...each, hangs: [null, null] };
          const [warm, cold] = [await run(specs, store, calm), await run(specs, new MemoryStore(), calm)];
          assert.deepEqual(said(warm), said(cold));
        }
      },
    );
    await fc.assert(cases, { numRuns: 40 });
  });
});
