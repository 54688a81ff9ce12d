// Slow (20 s): runs in a child process.
import assert from 'node:assert/strict';

import type { NodeStatus } from '../../../src/engine/plan/status.js';
import { explanationOf } from '../../../src/present/explanation.js';
import { Child, CSV_HEADER, csvLines, minute, nodeOf, Project, type Files } from '../../support/project.js';

const MAIN = `
import { csvHistory, Node, rollingMax, sma, Strategy, StreamInput } from 'seamless-dag';
import { slope } from './lib/slope';
import { Meter } from './lib/meter';

const limits = { low: 1, deep: { high: 9 } };
const weights = [1, 2, 3];
const makeScale = (by: number) => (x: number) => x * by;
const scale = makeScale(3);

export class Main extends Strategy {
  ratio = 1.5;

  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const other = new StreamInput({ tags: ['other'], interval: '1m', historyProvider: csvHistory('bars.csv', { stamp: 'open' }) });
    const trend = new Node({ name: 'trend', input: price, period: 3,
      computeFn: (view) => slope(view.window(price).column('close')) });
    const steps = [12].map((n) => new Node({ name: 'step', input: price, period: 1,
      computeFn: (view) => view.latest(price).close > n ? 1 : 0 }));
    const bound = new Node({ name: 'bound', input: trend, period: 2,
      computeFn: (view) => Math.min(view.latest(trend), limits.deep.high) });
    const mixed = new Node({ name: 'mixed', input: [trend, bound], period: 1,
      computeFn: (view) => view.latest(trend) - view.latest(bound) });
    const sized = new Node({ name: 'sized', input: mixed, period: 1,
      computeFn: (view) => weights[1] * scale(view.latest(mixed)) * this.ratio });
    const meter = new Meter(4);
    const read = new Node({ name: 'read', input: price, period: 1, computeFn: () => meter.read() });
    const mean = sma({ name: 'mean', input: price, period: 5 });
    this.addNodes([price, other, trend, ...steps, bound, mixed, sized, read, mean]);
  }
}
`;

const PROJECT: Files = {
  'main.ts': MAIN,
  'lib/slope.ts': `
import { rate } from './deep/rate';
export function slope(values: Float64Array): number {
  return (values[values.length - 1] - values[0]) * rate();
}
`,
  'lib/deep/rate.ts': 'export function rate(): number {\n  return 1.25;\n}\n',
  'lib/meter.ts': `
export class Meter {
  constructor(private readonly level: number) {}
  read(): number { return this.level * 2; }
}
`,
  'bars.csv': CSV_HEADER + csvLines(0, 100),
};
const RANGE = { start: minute(10), end: minute(90) };

/** An edit, and what is said of the nodes that it concerns: of others, nothing. */
interface Edit {
  readonly what: string;
  readonly file?: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly says: Readonly<Record<string, string>>;
}

const UPSTREAM_OF_TREND = (why: string): Record<string, string> => ({
  bound: `Input \`trend\` changed upstream (${why}).`,
  mixed: `Input \`trend\` changed upstream (${why}); input \`bound\` changed upstream (\`trend\`: ${why}).`,
  sized: `Input \`mixed\` changed upstream (\`trend\`: ${why}).`,
});

const RATE = '`rate()` in lib/deep/rate.ts changed: `return 1.25` → `return 1.5`';

/** What is said of the nodes below one, when it changed for that reason. */
const below = (node: 'bound' | 'mixed', why: string): Record<string, string> => ({
  ...(node === 'bound' && { mixed: `Input \`bound\` changed upstream (${why}).` }),
  sized: `Input \`mixed\` changed upstream (${node === 'mixed' ? why : `\`bound\`: ${why}`}).`,
});

const HIGH = 'captured `limits.deep.high`: 9 → 10';
const EXTRA = 'captured `limits.extra` is new: 2';
const PERIOD = 'period of `price`: 3 → 4';
const ORDER = 'inputs in another order: `trend`, `bound` → `bound`, `trend`';

const EDITS: readonly Edit[] = [
  {
    what: 'a literal in a helper two files away',
    file: 'lib/deep/rate.ts',
    from: '1.25',
    to: '1.5',
    says: { trend: `${RATE}.`, ...UPSTREAM_OF_TREND(RATE) },
  },
  {
    what: "a node's own function",
    from: '.close > n',
    to: '.close >= n',
    says: {
      step: 'Its `computeFn` in main.ts changed: `view.latest(price).close > n ?` → `view.latest(price).close >= n ?`.',
    },
  },
  {
    what: 'a captured number',
    from: '[12]',
    to: '[14]',
    says: { step: 'Captured `n`: 12 → 14.' },
  },
  {
    what: 'a value deep in a captured object',
    from: 'high: 9',
    to: 'high: 10',
    says: { bound: `C${HIGH.slice(1)}.`, ...below('bound', HIGH) },
  },
  {
    what: 'a new property of a captured object',
    from: 'low: 1,',
    to: 'low: 1, extra: 2,',
    says: { bound: `C${EXTRA.slice(1)}.`, ...below('bound', EXTRA) },
  },
  {
    what: 'a captured array',
    from: '[1, 2, 3]',
    to: '[1, 2, 4]',
    says: { sized: 'Captured `weights`: [1, 2, 3] → [1, 2, 4].' },
  },
  {
    what: 'what a helper captured',
    from: 'makeScale(3)',
    to: 'makeScale(4)',
    says: { sized: 'Captured `by` of `scale()`: 3 → 4.' },
  },
  {
    what: 'the code of a closure',
    from: 'x * by',
    to: 'x / by',
    says: { sized: '`scale()` in main.ts changed: `(x) => x * by` → `(x) => x / by`.' },
  },
  {
    what: 'a property of the strategy',
    from: 'ratio = 1.5',
    to: 'ratio = 1.75',
    says: { sized: '`this.ratio`: 1.5 → 1.75.' },
  },
  {
    what: 'a field of a captured instance',
    from: 'Meter(4)',
    to: 'Meter(5)',
    says: { read: 'Captured `meter.level`: 4 → 5.' },
  },
  {
    what: 'the class of a captured instance',
    file: 'lib/meter.ts',
    from: 'level * 2',
    to: 'level * 3',
    says: {
      read: 'Class `Meter` in lib/meter.ts changed: `return this.level * 2` → `return this.level * 3`.',
    },
  },
  {
    what: 'a period',
    from: 'period: 3',
    to: 'period: 4',
    says: { trend: `P${PERIOD.slice(1)}.`, ...UPSTREAM_OF_TREND(PERIOD) },
  },
  {
    what: 'the period of an indicator',
    from: 'period: 5 });',
    to: 'period: 6 });',
    says: { mean: 'Period of `price`: 5 → 6.' },
  },
  {
    what: 'another indicator',
    from: 'mean = sma',
    to: 'mean = rollingMax',
    says: { mean: '`indicator`: "sma" → "rollingMax".' },
  },
  {
    what: 'a parameter of an indicator',
    from: 'period: 5 });',
    to: "period: 5, column: 'volume' });",
    says: { mean: '`column`: "close" → "volume".' },
  },
  {
    what: 'inputs in another order',
    from: 'input: [trend, bound]',
    to: 'input: [bound, trend]',
    says: { mixed: `I${ORDER.slice(1)}.`, ...below('mixed', ORDER) },
  },
  {
    what: 'an input that was added',
    from: 'input: [trend, bound]',
    to: 'input: [trend, bound, price]',
    says: { mixed: 'Input `price` added.', ...below('mixed', 'input `price` added') },
  },
  {
    what: 'an input that was replaced',
    from: 'input: trend, period: 2',
    to: 'input: steps[0], period: 2',
    says: {
      bound: 'Input `trend` replaced by `step`.',
      ...below('bound', 'input `trend` replaced by `step`'),
    },
  },
  {
    what: 'an option of a source',
    from: "{ stamp: 'open' }",
    to: "{ stamp: 'open', timeZone: 'UTC' }",
    says: { other: '`timeZone`: not set → "UTC".' },
  },
  {
    what: 'an interval',
    from: /interval: '1m'(?=.*stamp)/,
    to: "interval: '2m'",
    says: { other: 'Interval: 1m → 2m.' },
  },
  {
    what: 'a value that cannot be hashed',
    from: 'new Meter(4);',
    to: 'new Proxy(new Meter(4), {});',
    says: { read: 'Computed each time, because it captures `meter`, a Proxy.' },
  },
  { what: 'nothing after a comment', from: 'const limits', to: '// why\nconst limits', says: {} },
  {
    what: 'nothing after a helper is renamed',
    from: /makeScale/g,
    to: 'scaleBy',
    says: {},
  },
];

describe('explain', () => {
  let child: Child;
  let project: Project;
  before(async () => {
    child = new Child();
    project = new Project(PROJECT);
    await child.materialize(project, RANGE);
  });
  after(async () => {
    await child.end();
    project.remove();
  });
  afterEach(() => {
    project.write(PROJECT);
  });

  const status = async (): Promise<readonly NodeStatus[]> =>
    (await child.request('status', { strategy: project.strategy('main.ts'), ...RANGE, thorough: true }))
      .nodes;
  const said = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await status()).filter(({ state }) => state !== 'fresh').map(({ name, reason }) => [name, reason]),
    );

  for (const { what, file = 'main.ts', from, to, says } of EDITS) {
    it(`names ${what}`, async () => {
      const before = PROJECT[file] ?? '';
      const after = before.replace(from, to);
      assert.notEqual(after, before, `the edit "${what}" finds nothing to replace`);
      project.write({ [file]: after });
      assert.deepEqual(await said(), says);
    });
  }

  it('names as much in a run that computes what changed', async () => {
    const copy = new Project(PROJECT);
    try {
      await child.materialize(copy, RANGE);
      copy.write({ 'lib/deep/rate.ts': (PROJECT['lib/deep/rate.ts'] ?? '').replace('1.25', '1.5') });
      const report = await child.materialize(copy, RANGE);
      assert.equal(nodeOf(report, 'trend').reason, `${RATE}.`);
      assert.equal(nodeOf(report, 'bound').reason, `Input \`trend\` changed upstream (${RATE}).`);
    } finally {
      copy.remove();
    }
  });
});

describe('explain: sources', () => {
  let child: Child;
  let project: Project;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(async () => {
    project = new Project(PROJECT);
    await child.materialize(project, RANGE);
  });
  afterEach(() => project.remove());

  const explained = async (range = RANGE): Promise<Record<string, string>> => {
    const strategy = project.strategy('main.ts');
    const report = await child.request('status', { strategy, ...range, thorough: true });
    return Object.fromEntries(
      explanationOf(report).nodes.map(({ name, state, reason }) => [name, `${state}: ${reason}`]),
    );
  };
  const time = (index: number): string =>
    new Date(minute(index) * 1000).toISOString().replace('T', ' ').replace(':00.000Z', '');
  const bars = (close?: (index: number) => number): string => CSV_HEADER + csvLines(0, 100, close);

  it('names the row that was corrected, before and after the run that takes it in', async () => {
    project.write({ 'bars.csv': bars((index) => (index === 50 ? 7 : index)) });
    await child.materialize(project, RANGE);
    project.write({ 'bars.csv': bars((index) => (index === 50 ? 8 : index)) });
    const text = `bars.csv: 1 row of ${time(50)} corrected.`;
    const before = await explained();
    assert.deepEqual([before['price'], before['trend']], [`stale: ${text}`, `stale: ${text}`]);
    const report = await child.materialize(project, RANGE);
    assert.equal(nodeOf(report, 'trend').reason, text);
    assert.match(
      nodeOf(report, 'price').reason,
      /^bars\.csv: 1 row of .* corrected\. Read from its source: /,
    );
    const after = await explained();
    assert.match(after['trend'] ?? '', /^hit: /);
  });
});
