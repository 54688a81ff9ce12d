// Slow (40 s): runs in a child process.
import assert from 'node:assert/strict';

import type { NodeReport, RunReport } from '../../../src/engine/run/reporting/report.js';
import { failedBar, freshnessOf } from '../../../src/present/freshness.js';
import type { ErrorCode } from '../../../src/sdk/errors.js';
import { formatTime } from '../../../src/sdk/time/time.js';
import {
  calls,
  callsOf,
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  states,
  storedTables,
  type Ran,
} from '../../support/project.js';

/** Lines of the strategy below: where the node is made, and where its code is. */
const NODE_LINE = 13;
const CODE_LINE = 15;

/** A node whose code is given, what depends on it, and what does not. */
function strategy(code: string, top = '', period = 3): string {
  return `
import { columns, csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';
${top}
export class Main extends Strategy {
  period = ${period};
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const other = new Node({ name: 'other', input: price, computeFn: (view) => {
      called('other', view);
      return view.asOf;
    } });
    const tested = new Node<unknown>({ name: 'tested', input: price, computeFn: (view) => {
      called('tested', view);
      ${code}
    } });
    const below = new Node({ name: 'below', input: [tested, other], period: 1, computeFn: (view) => {
      called('below', view);
      return String(view.latest(tested)) + view.latest(other);
    } });
    const last = new Node({ name: 'last', input: below, period: 1, computeFn: (view) => {
      called('last', view);
      return view.window(below).values().join();
    } });
    this.addNodes([last]);
  }
}
`;
}

/** The node in column form, over the values of all its bars. */
function columnStrategy(compute: string): string {
  return strategy('return 0;').replace(
    /new Node<unknown>\(\{ name: 'tested'[\s\S]*?\} \}\);/,
    () => `new Node({ name: 'tested', input: price, computeFn: columns((series) => {
      const { end, period } = series.of(price);
      const closes = series.of(price).column('close');
      ${compute}
    }) });`,
  );
}

const SOUND = `return view.window(price).column('close')[0];`;

describe('a node that fails', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'bars.csv': CSV_HEADER + csvLines(0, 300) });
  });
  afterEach(() => project.remove());

  const run = async (text: string, from = 10, to = 200): Promise<Ran> => {
    project.write({ 'main.ts': text });
    return child.run(project, { start: minute(from), end: minute(to) });
  };

  /** Expects that the node failed, and what depends on it stopped, before the bar that opens at a minute. */
  function assertFailed({ report }: Ran, at: number): NodeReport {
    const tested = nodeOf(report, 'tested');
    assert.deepEqual(states(report), {
      price: 'computed',
      other: 'computed',
      tested: 'failed',
      below: 'blocked',
      last: 'blocked',
    });
    const coverage = at > 10 ? [[minute(10), minute(at)]] : [];
    for (const name of ['tested', 'below', 'last']) {
      assert.deepEqual(nodeOf(report, name).coverage, coverage, name);
    }
    assert.deepEqual(nodeOf(report, 'other').coverage, [[minute(10), minute(200)]]);
    assert.deepEqual(report.coverageBounds, coverage[0] ?? null);
    assert.match(nodeOf(report, 'last').reason, /^Its input tested failed; it is complete up to there\.$/);
    assert.deepEqual([report.failed, report.blocked], [1, 2]);
    return tested;
  }

  it('is debugged at the bar that its failure names, which is offered by its open in UTC', async () => {
    const code = `if (view.asOf === ${minute(81)}) throw new Error('no'); return view.asOf;`;
    const range = { start: minute(10), end: minute(200) };
    project.write({ 'main.ts': strategy(code) });
    const { fingerprints = {}, ...report } = await child.request('materialize', {
      strategy: project.strategy('main.ts'),
      ...range,
      fingerprints: true,
    });
    const status = await child.request('status', { strategy: project.strategy('main.ts'), ...range });
    const { nodes } = freshnessOf(status, { report, fingerprints, isOfNow: false });
    const offered = nodes.flatMap((node) => {
      const bar = failedBar(node);
      return bar === null ? [] : [[node.name, formatTime(bar)]];
    });
    assert.deepEqual(offered, [['tested', formatTime(minute(80))]]);
    const message = nodes.find(({ name }) => name === 'tested')?.failure?.message ?? '';
    assert.ok(message.includes(`failed at the bar ${formatTime(minute(80))} (asOf `), message);
    const [bar = 0] = nodes.flatMap((node) => failedBar(node) ?? []);
    const called = await child.request('debug', {
      strategy: project.strategy('main.ts'),
      node: 'tested',
      bar,
    });
    assert.equal(called.failure?.message, message);
  });

  it('by a throw at a bar: what is before it is stored, dependents stop there, the rest goes on', async () => {
    const code = `if (view.asOf === ${minute(101)}) throw new TypeError('no luck');\n      ${SOUND}`;
    const ran = await run(strategy(code));
    const { failure, rows } = assertFailed(ran, 100);
    assert.deepEqual(failure, {
      code: 'compute',
      message: `Main: Node tested failed at the bar 2024-01-06T17:16:00Z (asOf 2024-01-06T17:17:00Z): TypeError: no luck (main.ts:${CODE_LINE}).`,
      asOf: minute(101),
      location: { file: project.path('main.ts'), line: CODE_LINE, column: failure?.location?.column },
    });
    assert.equal(rows, 90);
    assert.deepEqual(callsOf(ran.lines, 'below').at(-1), minute(100));
    const tables = await storedTables(project.cacheDir, ran.report);
    assert.equal(tables.get('last')?.ts.at(-1), minute(99));
  });

  it('names the line of the helper that threw, in whichever file it is', async () => {
    project.write({
      'lib/helper.ts': `// A line,\n// and another.\nexport function half(value: number): number {\n  throw new Error('odd ' + value);\n}\n`,
    });
    const ran = await run(strategy('return half(3);', "import { half } from './lib/helper';"));
    const { failure } = assertFailed(ran, 10);
    assert.match(failure?.message ?? '', /^Main: Node tested failed at .*: odd 3 \(.*lib\/helper\.ts:4\)\.$/);
    assert.deepEqual([failure?.location?.file, failure?.location?.line], [project.path('lib/helper.ts'), 4]);
  });

  it('is tried again from that bar on only', async () => {
    const broken = strategy(`if (view.asOf === ${minute(101)}) throw new Error('no luck');\n      ${SOUND}`);
    await run(broken);
    const again = await run(broken);
    assert.deepEqual(callsOf(again.lines, 'tested'), [minute(101)]);
    assert.deepEqual(Object.keys(calls(again.lines)), ['tested']);
    assert.equal(nodeOf(again.report, 'tested').state, 'failed');

    const mended = await run(strategy(SOUND));
    assert.deepEqual(mended.report.coverageBounds, [minute(10), minute(200)]);
    assert.equal(nodeOf(mended.report, 'tested').state, 'computed');
    assert.equal(calls(mended.lines)['other'], undefined);
    const cacheDir = project.path('cold');
    const cold = await child.run(project, { start: minute(10), end: minute(200), cacheDir });
    assert.deepEqual(
      await storedTables(project.cacheDir, mended.report),
      await storedTables(cacheDir, cold.report),
    );
  });

  it('in a range that begins after the bar it fails at', async () => {
    const code = `if (view.asOf >= ${minute(101)}) throw new Error('no luck');\n      ${SOUND}`;
    const { report } = await run(strategy(code), 150, 200);
    assert.equal(nodeOf(report, 'tested').state, 'failed');
    assert.equal(report.coverageBounds, null);
    assert.deepEqual(nodeOf(report, 'other').coverage, [[minute(150), minute(200)]]);
  });

  const wrongs: readonly (readonly [what: string, code: string, expected: ErrorCode, message: RegExp])[] = [
    [
      'a promise',
      'return Promise.resolve(1);',
      'value',
      /tested gave a promise.* at the bar .*Z \(asOf .*Z\): /,
    ],
    [
      'an async function',
      'return (async () => 1)();',
      'value',
      /tested gave a promise.* at the bar .*Z \(asOf .*Z\): /,
    ],
    ['a function', 'return () => 1;', 'value', /tested gave a function.* at /],
    ['a symbol', 'return Symbol();', 'value', /tested gave a symbol.* at /],
    [
      'what is no Error, thrown',
      `throw 'a text';`,
      'compute',
      /tested failed at .*: it threw 'a text', which is not an Error/,
    ],
    [
      'a question for an undeclared node',
      `return view.latest(new Node({ name: 'stranger', input: price, computeFn: () => 1 }));`,
      'undeclared-input',
      /tested asked for stranger at .*, which is not among its inputs \(price\): add it to "input"/,
    ],
    [
      'a window beyond its period',
      'return view.window(price, 4).length;',
      'undeclared-input',
      /tested asked for 4 bars of price at .*, but its period gives it 3: raise the period/,
    ],
    [
      'a row outside its window',
      'return view.window(price).row(3);',
      'compute',
      /tested failed at .*: RangeError: Row 3 is outside a window of 3 bars of price/,
    ],
    [
      'a file',
      `return readFileSync('bars.csv', 'utf8').length;`,
      'compute-only',
      /tested used fs\.readFileSync at main\.ts:15:/,
    ],
    ['a socket', `return fetch('http://127.0.0.1:9');`, 'compute-only', /tested used fetch at main\.ts:15:/],
    [
      'the environment',
      'return process.env.HOME;',
      'compute-only',
      /tested used process\.env.* at main\.ts:15:/,
    ],
  ];
  for (const [what, code, expected, message] of wrongs) {
    it(`by ${what}`, async () => {
      const ran = await run(
        strategy(
          code,
          "import { readFileSync } from 'node:fs';\nlet reader = readFileSync;".replace('\n', ' '),
        ),
      );
      const { failure } = assertFailed(ran, 10);
      assert.equal(failure?.code, expected, failure?.message);
      assert.match(failure.message, message);
      // What is wrong with a value has no line of its own: the node's is told.
      const told = expected === 'value' || what.startsWith('what is no Error') ? NODE_LINE : CODE_LINE;
      assert.equal(failure.location?.line, told);
    });
  }

  it('by another type of value midway: the bars before are kept', async () => {
    const ran = await run(strategy(`return view.asOf > ${minute(60)} ? 'text' : 1;`));
    const { failure, rows } = assertFailed(ran, 60);
    assert.equal(failure?.code, 'value');
    assert.match(failure.message, /^Main: Node tested gave a text at .*: its rows so far hold numbers; /);
    assert.equal(rows, 50);
  });

  it('by other fields of its records midway', async () => {
    const ran = await run(strategy(`return view.asOf > ${minute(60)} ? { a: 1, b: 2 } : { a: 1 };`));
    const { failure } = assertFailed(ran, 60);
    assert.match(failure?.message ?? '', /its rows so far have the fields \(a\); return the same fields/);
  });

  it('by another type than an earlier run gave', async () => {
    const text = strategy(`return view.asOf > ${minute(60)} ? 'text' : 1;`);
    const first = await run(text, 10, 50);
    assert.equal(first.report.failed, 0);
    const { report } = await run(text, 100, 150);
    const { state, failure } = nodeOf(report, 'tested');
    assert.equal(state, 'failed');
    assert.match(failure?.message ?? '', /gave a text at .*: its rows so far hold numbers/);
  });

  const voided: readonly (readonly [what: string, code: string, top: string, message: RegExp])[] = [
    [
      'writes to its input',
      `view.window(price).column('close')[0] = 1; return 1;`,
      '',
      /^Main: Node tested wrote to column close of its input price: inputs are read-only/,
    ],
    [
      'writes to the times of its input',
      `view.window(price).ts[0] = 1; return 1;`,
      '',
      /^Main: Node tested wrote to the times \(ts\) of its input price/,
    ],
    [
      'keeps a count from bar to bar',
      'count += 1; return count;',
      'let count = 0;',
      /^Main: Node tested keeps state between bars: while it computed, it changed count in closure of tested\..*ScanNode \{ init, step \} \(main\.ts:\d+\)\.$/,
    ],
  ];
  for (const [what, code, top, message] of voided) {
    it(`when it ${what}: nothing of the chunk is kept, and other nodes do not see it`, async () => {
      const ran = await run(strategy(code, top));
      const { failure, rows } = assertFailed(ran, 10);
      assert.deepEqual([failure?.code, failure?.asOf, rows], ['compute', null, 0]);
      assert.match(failure?.message ?? '', message);
      assert.equal(failure?.location?.file, project.path('main.ts'));
      await assertPriceIntact(ran.report);
    });
  }

  async function assertPriceIntact(report: RunReport): Promise<void> {
    const price = (await storedTables(project.cacheDir, report)).get('price');
    assert.deepEqual([...(price?.ts ?? [])].slice(0, 2), [minute(10), minute(11)]);
    assert.ok([...(price?.columns[0]?.values ?? [])].every((close) => Number(close) > 50));
  }

  describe('in column form', () => {
    const peeks: readonly (readonly [what: string, compute: string])[] = [
      [
        'a centred window',
        `return Float64Array.from(end, (e) => closes[e - 1] + (closes[e] ?? closes[e - 1]));`,
      ],
      [
        'a normalization by the whole column',
        `const most = Math.max(...closes);
      return Float64Array.from(end, (e) => closes[e - 1] / most);`,
      ],
      [
        'a sum that begins with the chunk',
        `let sum = 0; return Float64Array.from(end, (e) => (sum += closes[e - 1]));`,
      ],
      [
        'more bars than its period',
        `return Float64Array.from(end, (e) => closes[e - 1] - (closes[e - 9] ?? 0));`,
      ],
    ];
    for (const [what, compute] of peeks) {
      it(`${what} is a look-ahead that commits nothing`, async () => {
        const ran = await run(columnStrategy(compute));
        const { failure, rows } = assertFailed(ran, 10);
        assert.deepEqual([failure?.code, rows], ['look-ahead', 0], failure?.message);
        assert.match(failure?.message ?? '', /tested/);
      });
    }

    it('too few values', async () => {
      const ran = await run(columnStrategy('return closes.slice(0, 3);'));
      const { failure } = assertFailed(ran, 10);
      assert.match(
        failure?.message ?? '',
        /^Main: Node tested, in column form, returned 3 values for \d+ firings?: /,
      );
    });

    it('what looks at its windows alone is computed', async () => {
      const { report } = await run(
        columnStrategy('return Float64Array.from(end, (e) => closes[e - 1] - closes[e - period]);'),
      );
      assert.deepEqual(report.coverageBounds, [minute(10), minute(200)]);
    });
  });
});
