// Slow (17 s): runs in a child process.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { quickHit } from '../../../src/cli/startup/quick-hit.js';
import { fetchRows } from '../../../src/client/fetch.js';
import { bundleCode } from '../../../src/hosts/typescript/bundle/bundle.js';
import { builtFile } from '../../../src/protocol/built-file.js';
import type { DataPresetSpec } from '../../../src/sdk/providers/presets.js';
import { Exchange, klines } from '../../support/exchange/exchange.js';
import { keptChild } from '../../support/kept-child.js';
import { nodeOf, Project, refused } from '../../support/project.js';

const CHILD = resolve(import.meta.dirname, '../../../dist/child.js');
const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;
const at = (bar: number): number => FIRST + bar * 60;

const MAIN = `
import { Node, preset, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], historyProvider: preset('btc') });
    this.addNodes([new Node({ name: 'twice', input: price, period: 1, computeFn: (view) => 2 * view.latest(price).close })]);
  }
}`;

describe('a preset', () => {
  const child = keptChild();
  const rows = klines(FIRST, 3000, { holes: (slot) => slot === 1000 || slot > 2990 });
  let exchange: Exchange;
  let project: Project;
  before(async () => {
    exchange = await Exchange.open(rows);
    project = new Project({ 'main.ts': MAIN });
  });
  beforeEach(() => {
    exchange.rows = rows;
    exchange.mishaps = [];
    exchange.asked.length = 0;
    project.write({ 'seamless.presets.yaml': presets() });
  });
  after(async () => {
    await exchange.close();
    project.remove();
  });

  const presets = (sla = 'miss: failFast', more = '', options = ''): string => `
data:
  btc:
    provider: http
    interval: 1m
    sla: level
    ${more}
    options:
      url: '${exchange.url}'
      pace: { requests: 100000, per: 1s }
      attempts: 2
      ${options}
sla:
  level: { ${sla} }
`;
  const fetched = (preset: string | DataPresetSpec, start: number, end: number, cacheDir?: string) =>
    fetchRows(
      preset,
      start,
      end,
      { projectRoot: project.root, ...(cacheDir !== undefined && { cacheDir }) },
      { childPath: CHILD },
    );

  it('gives rows with all that is known of them, and shares them with materialization', async () => {
    const cold = await fetched('btc', at(100), at(2000));
    assert.deepEqual(cold.coverage, [[at(100), at(2000)]]);
    assert.deepEqual(cold.fetched, [[at(100), at(2000)]]);
    assert.equal(cold.rowCount, 1899);
    const expected = rows.filter(([time]) => time >= at(100) * 1000 && time < at(2000) * 1000);
    assert.deepEqual(
      [...cold.columns().ts],
      expected.map(([time]) => time / 1000),
    );
    assert.deepEqual(
      cold.columns()['close'],
      Float64Array.from(expected, (row) => Number(row[4])),
    );
    assert.ok(Math.abs(cold.asOf - Date.now() / 1000) < 600);
    exchange.asked.length = 0;
    const hit = await fetched('btc', at(100), at(2000));
    assert.deepEqual(hit.fetched, []);
    const report = await child().materialize(project, { start: at(100), end: at(2000) });
    assert.equal(nodeOf(report, 'price').state, 'hit');
    assert.equal(nodeOf(report, 'twice').rows, 1899);
    assert.equal(exchange.asked.length, 0);
    const { fingerprints } = await child().request('materialize', {
      strategy: project.strategy('main.ts'),
      start: at(100),
      end: at(2000),
      fingerprints: true,
    });
    assert.equal(fingerprints?.['price'], cold.fingerprint);
  });

  it('may be defined by a script', async () => {
    const spec: DataPresetSpec = { id: 'mine', intervalMs: 60_000, provider: 'demo', options: { seed: 3 } };
    const found = await fetched(spec, at(0), at(10));
    assert.equal(found.rowCount, 10);
    assert.equal(found.sla, null);
  });

  it('that misses its service level fails, or gives what there is, or is waited for', async () => {
    const cacheDir = project.path('levels');
    project.write({ 'seamless.presets.yaml': presets('coverage: 1') });
    await refused(
      fetched('btc', at(0), at(2000), cacheDir),
      'source',
      /missed level\. 1,999 of 2,000 slots .*\(99\.9 %\), and 100 % must\. What was fetched is kept\. .*miss: partialFill/,
    );
    project.write({ 'seamless.presets.yaml': presets('coverage: 0.999, lag: 5m, miss: partialFill') });
    const part = await fetched('btc', at(0), at(3000), cacheDir);
    assert.equal(part.sla?.met, false);
    assert.match(part.sla.misses.join(' '), /ends 9m before .*, and may be 5m behind/);
    assert.equal(part.rowCount, rows.length);
    assert.deepEqual(part.notYet, [[at(2991), at(3000)]]);
    project.write({
      'seamless.presets.yaml': presets('coverage: 0.999, lag: 5m, miss: hold, deadline: 120s'),
    });
    const held = fetched('btc', at(0), at(3000), cacheDir);
    while (exchange.asked.length < 2) await new Promise((done) => setTimeout(done, 20));
    exchange.rows = klines(FIRST, 3000, { holes: (slot) => slot === 1000 });
    assert.equal((await held).rowCount, 2999);
    project.write({ 'seamless.presets.yaml': presets('lag: 5m, miss: hold, deadline: 1s') });
    exchange.rows = rows;
    await refused(
      fetched('btc', at(0), at(4000), cacheDir),
      'source',
      /not done within its deadline of 1s|may be 5m behind.*longer deadline/,
    );
  });

  it('that is not done by its deadline fails, or gives what there is', async () => {
    const cacheDir = project.path('late');
    await fetched('btc', at(0), at(500), cacheDir);
    exchange.mishaps = Array(50).fill({
      status: 429,
      headers: { 'retry-after': '60' },
    }) as typeof exchange.mishaps;
    project.write({ 'seamless.presets.yaml': presets('deadline: 1s') });
    await refused(
      fetched('btc', at(0), at(900), cacheDir),
      'source',
      /not done within its deadline of 1s\. What was fetched is kept/,
    );
    project.write({ 'seamless.presets.yaml': presets('deadline: 1s, miss: partialFill') });
    const part = await fetched('btc', at(0), at(900), cacheDir);
    assert.equal(part.rowCount, 500);
    assert.deepEqual(part.coverage, [[at(0), at(500)]]);
    assert.match(part.sla?.misses.join() ?? '', /deadline/);
  });

  it('holds a stream that is materialized to its service level, and blocks what depends on it alone', async () => {
    const cacheDir = project.path('materialized');
    const range = { start: at(0), end: at(3000) };
    project.write({
      'two.ts': MAIN.replace('export class Main', 'export class Two')
        .replace('import { Node,', 'import { demoHistory, Node,')
        .replace(
          'this.addNodes([',
          `const made = new StreamInput({ tags: ['made'], interval: '1m', historyProvider: demoHistory() });
    this.addNodes([new Node({ name: 'half', input: made, period: 1, computeFn: (view) => view.latest(made).close / 2 }), `,
        ),
    });
    const materialized = (sla: string) => {
      project.write({ 'seamless.presets.yaml': presets(sla) });
      return child().materialize(project, { file: 'two.ts', cacheDir, ...range });
    };
    const failed = await materialized('coverage: 1');
    const price = nodeOf(failed, 'price');
    assert.equal(price.state, 'failed');
    assert.match(
      price.failure?.message ?? '',
      /Preset btc missed level\. .* 100 % must\. .*say miss: partialFill/,
    );
    assert.equal(price.service?.met, false);
    assert.equal(nodeOf(failed, 'twice').state, 'blocked');
    assert.match(nodeOf(failed, 'twice').reason, /price missed its service level/);
    assert.deepEqual(nodeOf(failed, 'half').state, 'computed');
    // What the sentence says works, and nothing is fetched twice.
    const part = await materialized('coverage: 1, lag: 5m, miss: partialFill');
    assert.deepEqual(
      ['price', 'twice', 'half'].map((name) => nodeOf(part, name).state),
      ['hit', 'computed', 'hit'],
    );
    assert.match(nodeOf(part, 'price').reason, /missed level\. 2,990 of 3,000 .* may be 5m behind/);
    const { sla } = await fetched('btc', at(0), at(3000), cacheDir);
    assert.deepEqual({ ...sla, preset: 'btc', name: 'level' }, nodeOf(part, 'price').service);
    // One that was hit is refused all the same, as it would be with an empty cache.
    const again = await materialized('lag: 5m');
    assert.deepEqual(
      ['price', 'twice', 'half'].map((name) => nodeOf(again, name).state),
      ['failed', 'blocked', 'hit'],
    );
    const held = materialized('coverage: 0.999, lag: 5m, miss: hold, deadline: 120s');
    exchange.asked.length = 0;
    while (exchange.asked.length < 2) await new Promise((done) => setTimeout(done, 20));
    exchange.rows = klines(FIRST, 3000, { holes: (slot) => slot === 1000 });
    const waited = await held;
    assert.equal(nodeOf(waited, 'price').service?.met, true);
    assert.equal(nodeOf(waited, 'twice').rows, 2999);
  });

  it('that is not done in time leaves a materialization with what there is, and the next one goes on', async () => {
    const cacheDir = project.path('late-materialized');
    const run = (end: number) => child().materialize(project, { cacheDir, start: at(0), end: at(end) });
    project.write({
      'seamless.presets.yaml': presets(
        'deadline: 1s, miss: partialFill',
        '',
        "limit: 100\n      since: '2023-03-01'\n      until: '2023-03-02'",
      ),
    });
    // The end, two pages, and then nothing any more.
    exchange.mishaps = [null, null, null, ...Array<'hang'>(50).fill('hang')];
    const part = await run(900);
    const price = nodeOf(part, 'price');
    assert.equal(price.state, 'partial');
    assert.match(
      price.reason,
      /not read to its end in time.*missed level\. It was not done within its deadline of 1s/,
    );
    const twice = nodeOf(part, 'twice');
    assert.equal(twice.state, 'partial');
    assert.match(twice.reason, /Its input price was not read to its end in time/);
    assert.deepEqual(twice.coverage, price.coverage);
    assert.equal(twice.rows, 200);
    exchange.mishaps = [];
    const whole = await run(900);
    assert.equal(nodeOf(whole, 'twice').rows, 900);
    assert.equal(nodeOf(whole, 'price').service?.met, true);
  });

  it('that is unknown, or in a file with a fault, is refused by script and strategy in the same words', async () => {
    await refused(fetched('btd', at(0), at(60)), 'source', /There is no preset "btd"\. Did you mean btc\?/);
    project.write({ 'other.ts': MAIN.replace("preset('btc')", "preset('btd')") });
    await refused(
      child().materialize(project, { file: 'other.ts', start: at(0), end: at(60) }),
      'source',
      /There is no preset "btd"\. Did you mean btc\?/,
    );
    project.write({ 'seamless.presets.yaml': presets().replace('provider', 'porvider') });
    const sentence =
      /seamless\.presets\.yaml:4: there is no field data\.btc\.porvider\. Did you mean provider/;
    await refused(fetched('btc', at(0), at(60)), 'usage', sentence);
    await refused(child().materialize(project, { start: at(0), end: at(60) }), 'usage', sentence);
  });

  it('cannot be fetched while a strategy is loaded', async () => {
    project.write({
      'fetches.ts': MAIN.replace(
        'const price',
        "preset('btc').fetch(0, 60).catch(() => 0);\n    const price",
      ),
    });
    await refused(
      child().materialize(project, { file: 'fetches.ts', start: at(0), end: at(60) }),
      'compute-only',
      /SeamlessDataProvider\.fetch .*fetches\.ts:5.*StreamInput/s,
    );
  });

  it('is a hit or a miss as its edits say: a terminal that tells a hit by itself says what a run would', async () => {
    const strategy = project.strategy('main.ts', 'Main');
    const spec = [`${project.path('main.ts')}#Main`, '--start', String(at(0)), '--end', String(at(600))];
    const sdkUrl = pathToFileURL(builtFile('index.js')).href;
    const edits: Readonly<Record<string, string>> = {
      'as it was': '',
      'another column': "columns: ['time', 'open', 'high', 'low', 'close']",
      'another time of beginning': "since: '2023-02-28'",
      'another page': 'limit: 50',
      'another timeout': 'timeout: 9s',
    };
    const edit = fc.record({
      option: fc.constantFrom(...Object.keys(edits)),
      bars: fc.integer({ min: 0, max: 3 }),
      comment: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 3, maxLength: 5 }), async (steps) => {
        for (const { option, bars, comment } of steps) {
          const text = presets('miss: failFast', `stabilizationBars: ${bars}`, edits[option]);
          project.write({ 'seamless.presets.yaml': comment ? `# ${bars}\n${text}` : text });
          const told = (await quickHit(spec))?.report ?? null;
          for (const run of [1, 2]) {
            const bundle = {
              ...(await bundleCode({ ...strategy, sdkUrl })),
              begunAt: Date.now() + 3_600_000,
            };
            const report = await child().request('materialize', {
              strategy,
              start: at(0),
              end: at(600),
              bundle,
              sidecar: true,
            });
            if (run === 1 && told) assert.deepEqual([told.hits, told.nodes], [report.hits, report.nodes]);
            if (run === 2) assert.equal(report.hits, 2);
          }
          assert.equal((await quickHit(spec))?.report.hits, 2);
        }
      }),
      { numRuns: 4 },
    );
  });
});
