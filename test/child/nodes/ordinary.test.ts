// Slow (10 s): runs in a child process.
import assert from 'node:assert/strict';
import { CSV_HEADER, csvLines, minute, Project, withChild } from '../../support/project.js';

const BUILT_INS: Readonly<Record<string, string>> = {
  sma: 'sma({ name, input: price, period: 5 })',
  ema: 'ema({ name, input: price, span: 5 })',
  rsi: 'rsi({ name, input: price, period: 15 })',
  rollingMax: 'rollingMax({ name, input: price, period: 5 })',
  rollingMin: 'rollingMin({ name, input: price, period: 5 })',
  rollingStd: 'rollingStd({ name, input: price, period: 5 })',
  rollingCorrelation:
    "rollingCorrelation({ name, input: [price, price], column: ['volume', 'close'], period: 5 })",
  resample: "resample({ name, input: price, interval: '5m' })",
};

/** The body of a `computeFn` over `price` and `built`, a built-in. */
const IDIOMS: Readonly<Record<string, string>> = {
  'names of columns in a loop':
    "let s = 0; for (const name of ['volume', 'close']) s += view.latest(price)[name]; return s + value;",
  'a name that is worked out':
    "const name = ['cl', 'ose'].join(''); return view.latest(price)[name] + value;",
  'a name with both quotes': `const o: any = { "a'b\\"c": 1 }; return o["a'b\\"c"] + value;`,
  'a name in a constant of the module': 'return view.latest(price)[COLUMN] + value;',
  'a function of a table': "return TABLE[value > 0 ? 'up' : 'down']!(value);",
  'the fields of a bar':
    'return Object.entries(view.latest(price)).reduce((sum, [, x]) => sum + Number(x), 0) + value;',
  'a rest': 'const { close, ...rest } = view.latest(price); return close + Object.keys(rest).length + value;',
  'a list of nodes': 'return [price, built].map((node) => node.name).join().length + value;',
  'a text': 'return `${built.name}: ${value.toFixed(2)}`;',
  JSON: 'return JSON.stringify({ value, ...view.latest(price) }).length;',
  'a class': 'return new Weigher(value).weigh(view.latest(price));',
  'a map': 'const m = new Map([[built.name, value]]); return m.get(built.name) ?? 0;',
  'a sorted window': "return [...view.window(price).column('close')].sort((a, b) => a - b)[1]! + value;",
  'a helper that is given the view': 'return helper(view, price) + value;',
};

const MODULE = `
import { csvHistory, ema, Node, resample, rollingCorrelation, rollingMax, rollingMin, rollingStd, rsi, sma, Strategy, StreamInput } from 'seamless-dag';
const COLUMN: string = ['close'][0]!;
const TABLE: Record<string, (x: number) => number> = { up: (x) => x, down: (x) => -x };
class Weigher { constructor(readonly weight: number) {} weigh(bar: any) { let s = 0; for (const k in bar) s += bar[k]; return s * this.weight; } }
const helper = (view: any, node: any) => Object.values(view.latest(node)).length;
void [ema, resample, rollingCorrelation, rollingMax, rollingMin, rollingStd, rsi, sma];
`;

function strategyOf(kind: string, made: string): string {
  const nodes = Object.values(IDIOMS).map(
    (body, at) =>
      `new Node({ name: 'n${at}', input: [price, built], interval: '1m', period: [5, 1], computeFn: (view: any): any => { const value = Number(view.latest(built).close ?? view.latest(built)); ${body} } }),`,
  );
  return `
export class Of_${kind} extends Strategy {
  setup(): void {
    const price: any = new StreamInput({ name: 'price', tags: ['p'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const name = 'built';
    const built: any = ${made};
    this.addNodes([
      ${nodes.join('\n      ')}
    ]);
  }
}`;
}

describe('ordinary code beside a built-in', () => {
  const kinds = Object.entries(BUILT_INS);
  it('is computed, and accused of nothing', async () => {
    const classes = kinds.map(([kind, made]) => strategyOf(kind, made));
    const project = new Project({
      'bars.csv': CSV_HEADER + csvLines(0, 60),
      'main.ts': MODULE + classes.join('\n'),
    });
    try {
      await withChild(async (child) => {
        for (const [kind] of kinds) {
          // The second range goes on where the first ended.
          for (const end of [30, 60]) {
            const wanted = { className: `Of_${kind}`, start: minute(0), end: minute(end) };
            const { nodes } = await child.materialize(project, wanted);
            const failures = nodes.flatMap(({ name, failure }) => {
              const idiom = Object.keys(IDIOMS)[Number(name.slice(1))];
              return failure ? [`${kind}, ${idiom}: ${failure.message}`] : [];
            });
            assert.deepEqual(failures, []);
            assert.ok(nodes.every(({ rows }) => rows > 0));
          }
        }
      });
    } finally {
      project.remove();
    }
  });
});
