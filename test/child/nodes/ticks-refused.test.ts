// Slow (12 s): runs in a child process.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { submit } from '../../../src/client/runner.js';
import { Project, refused, withChild } from '../../support/project.js';
import { all, files } from './ticks-project.js';

const CHILD = resolve(import.meta.dirname, '../../../dist/child.js');

describe('ticks', () => {
  it('are refused where they would be counted, with a way out that works', async () => {
    const node =
      "new Node({ name: 'n', input: ticks, period: 3, computeFn: (view) => view.window(ticks).length })";
    const strategy = (made: string, stream = "interval: 'tick'"): string => `
import { barsOf, csvHistory, Node, resample, sma, Strategy, StreamInput, Universe } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    const ticks = new StreamInput({ tags: ['ticks'], ${stream}, historyProvider: csvHistory('ticks.csv') });
    this.addNodes([ticks, ${made}]);
  }
}
`;
    const wrong: readonly (readonly [string, string, RegExp, string?])[] = [
      [
        node,
        'interval',
        /would have to fire at each tick: say at which bars it fires, such as interval: '1m', or make bars with barsOf/,
      ],
      [
        node.replace('period', "interval: '1m', period"),
        'period',
        /counts its window in ticks of ticks: make bars of them with barsOf.*or count the window in time: period: '1m'/,
      ],
      [
        "resample({ name: 'n', input: ticks, interval: '1m' })",
        'interval',
        /is 'tick', which only a StreamInput can have.*barsOf/,
      ],
      ["sma({ name: 'n', input: ticks, period: 3 })", 'interval', /barsOf/],
      [
        "barsOf({ name: 'n', input: ticks, interval: '1m' })",
        'interval',
        /make no sense|leave its calendar out, and say it where bars are made: barsOf\(\{ …, calendar: 'XNYS' \}\)/,
        "interval: 'tick', calendar: 'XNYS'",
      ],
      [
        "barsOf({ name: 'n', input: ticks, interval: '5m' })",
        'interval',
        /makes bars of ticks, but ticks has bars of 1m: write resample/,
        "interval: '1m'",
      ],
    ];
    for (const [made, code, says, stream] of wrong) {
      const project = new Project({ ...files, 'main.ts': strategy(made, stream) });
      try {
        await withChild((child) => refused(child.materialize(project, all), code as 'interval', says));
      } finally {
        project.remove();
      }
    }
    const right = [
      "barsOf({ name: 'bars', input: ticks, interval: '1m' })",
      "barsOf({ name: 'days', input: ticks, interval: '1d', calendar: 'XNYS' })",
      node.replace('period: 3', "interval: '1m', period: '1m'"),
    ];
    const project = new Project({ ...files, 'main.ts': strategy(right.join(', ')) });
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        assert.deepEqual(
          report.nodes.map(({ failure }) => failure),
          [null, null, null, null],
        );
      });
    } finally {
      project.remove();
    }
  });

  it('are refused in a universe, as what is traded and in worlds that are live, with ways out that work', async () => {
    const strategy = (made: string): string => `
import { barsOf, csvHistory, Node, Strategy, StreamInput, Universe } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    ${made}
  }
}
`;
    const stream =
      "new StreamInput({ tags: ['ticks'], interval: 'tick', historyProvider: csvHistory('ticks.csv') })";
    const decides = `const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('minutes.csv') });
      const weight = new Node({ name: 'weight', input: bars, period: 1, computeFn: (view) => (view.latest(bars).close > 100 ? 1 : 0) });`;
    const trades = (what: string): string =>
      `const ticks = ${stream}; const bars = barsOf({ name: 'bars', input: ticks, interval: '1m' }); ${decides}
      this.addNodes([ticks, bars, price, weight]); this.trade(weight, ${what});`;
    const begin = Math.floor(all.start / 60) * 60;
    const minutes = Array.from(
      { length: 200 },
      (_, at) => `${begin + 3600 + at * 60},100,101,99,100,1\n`,
    ).join('');
    const project = new Project({
      ...files,
      'many.csv': `time,symbol,price\n1709560800000000,A,1\n1709560800000000,B,2\n1709560900000000,A,3\n`,
      'minutes.csv': `time,open,high,low,close,volume\n${minutes}`,
      'worlds/paper.yaml': 'mode: paper\nfeed: { kind: replay }\n',
      'worlds/back.yaml': `mode: backtest\nstart: ${begin + 3600}\nend: ${begin + 3600 + 6000}\n`,
    });
    const set = (made: string): void => project.write({ 'main.ts': strategy(made) });
    const begun = (world: string) =>
      submit(`${project.path('main.ts')}#Main`, { world }, { childPath: CHILD });
    try {
      await withChild(async (child) => {
        set(
          "this.addNodes([new Universe({ name: 'u', interval: 'tick', history: csvHistory('many.csv'), symbol: 'symbol' })]);",
        );
        const { message } = await refused(
          child.materialize(project, all),
          'interval',
          /Universe u cannot have ticks/,
        );
        const [, history = ''] =
          /make a StreamInput with interval: 'tick' for each symbol, such as (csvHistory\(.*?\)),/.exec(
            message,
          ) ?? [];
        const own = history.replace('ticks.csv', 'many.csv').replace('AAPL', 'A');
        set(`this.addNodes([new StreamInput({ tags: ['A'], interval: 'tick', historyProvider: ${own} })]);`);
        assert.equal((await child.materialize(project, all)).nodes[0]?.rows, 2);
        set(trades('ticks'));
        await refused(
          child.materialize(project, all),
          'strategy',
          /trades ticks, which has ticks, and orders are filled at bars: give this\.trade a StreamInput of its bars/,
        );
        set(trades('price'));
        await child.materialize(project, all);
      });
      await refused(
        begun('paper').then((run) => run.result),
        'usage',
        /World paper is paper, and its feed has bars, but ticks has ticks: run the strategy in a backtest, or give it a stream of bars in place of barsOf/,
      );
      await (
        await begun('back')
      ).result;
      set(
        trades('price')
          .replace(/const ticks = .*?; const bars = .*?;/, '')
          .replace('[ticks, bars, price', '[price')
          .replaceAll('bars', 'price'),
      );
      await (
        await begun('paper')
      ).result;
    } finally {
      project.remove();
    }
  });

  it('without a column of prices say what to write', async () => {
    for (const [head, says] of [
      ['time,bid,ask', /say price: 'mid' for the middle of bid and ask, or price: 'bid'/],
      ['time,a,b', /has no column with prices; it has a, b: say which is it with price: 'a'/],
    ] as const) {
      const text = `${head}\n1709560800000000,1,2\n1709560900000000,1,2\n`;
      const project = new Project({ ...files, 'ticks.csv': text });
      try {
        await withChild(async (child) => {
          const report = await child.materialize(project, all);
          const failure = report.nodes.find(({ name }) => name === 'bars')?.failure;
          assert.match(failure?.message ?? '', says);
        });
      } finally {
        project.remove();
      }
    }
  });
});
