// Slow (6 s): children that ask an exchange.
import assert from 'node:assert/strict';
import { ccxtHistory } from '../../../src/sdk/wire/ccxt-history.js';
import { httpHistory } from '../../../src/sdk/wire/http-history.js';
import { Universe } from '../../../src/sdk/universe/universe.js';
import { Exchange, klines } from '../../support/exchange/exchange.js';
import { Project, refused, withChild } from '../../support/project.js';

const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;
const BARS = 300;
const at = (bar: number): number => FIRST + bar * 60;

function strategy(url: string, universe: string): string {
  return `
import { CrossNode, httpHistory, rank, sma, Strategy, Universe } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const coins = new Universe({ name: 'coins', interval: '1m', ${universe}
      history: httpHistory({ url: '${url}', pace: { requests: 100000, per: '1s' }, since: ${FIRST} }) });
    const mean = sma({ name: 'mean', input: coins, column: 'close', period: 5 });
    this.addNodes([mean, new CrossNode({ name: 'place', input: mean, computeFn: (section) => rank(section.column(mean)) })]);
  }
}`;
}

describe('a universe over a wire', () => {
  let exchange: Exchange;
  let project: Project;
  before(async () => {
    exchange = await Exchange.open([]);
    // Each has the bars of another time, so that none can be taken for another's.
    exchange.bySymbol = new Map(
      ['BTC/USD', 'ETH&C', 'SOL'].map((symbol, which) => [
        symbol,
        klines(FIRST, BARS + which).map(
          ([time, ...rest]) =>
            [
              time,
              ...rest.map((each) => (typeof each === 'string' ? String(Number(each) + 100 * which) : each)),
            ] as never,
        ),
      ]),
    );
    project = new Project({});
  });
  afterEach(() => exchange.asked.splice(0));
  after(async () => {
    await exchange.close();
    project.remove();
  });
  const template = (): string => exchange.url.replace('BTCUSDT', '{symbol}');

  it('asks for each of its symbols by name, and for a hit not at all', async () => {
    project.write({ 'main.ts': strategy(template(), "symbols: ['BTC/USD', 'ETH&C', 'SOL'],") });
    const range = { start: at(20), end: at(200) };
    await withChild(async (child) => {
      const report = await child.materialize(project, range);
      assert.deepEqual(report.coverageBounds, [at(20), at(200)]);
      assert.deepEqual([...new Set(exchange.asked.map(({ symbol }) => symbol))].sort(), [
        'BTC/USD',
        'ETH&C',
        'SOL',
      ]);
      const closes = await Promise.all(
        ['BTC/USD', 'ETH&C', 'SOL'].map(async (symbol) => {
          const { names, columns } = await child.read(project, 'Main', `coins[${symbol}]`);
          return (columns[names.indexOf('close')]?.values as Float64Array)[0] as number;
        }),
      );
      const [first = NaN] = closes;
      assert.deepEqual(
        closes.map((close) => Math.round(close - first)),
        [0, 100, 200],
      );
      exchange.asked.length = 0;
      await child.materialize(project, range);
      assert.equal(exchange.asked.length, 0);
      // One more symbol is asked for alone.
      project.write({ 'main.ts': strategy(template(), "symbols: ['BTC/USD', 'ETH&C', 'SOL', 'NEW'],") });
      exchange.bySymbol = new Map([...exchange.bySymbol, ['NEW', klines(FIRST, BARS)]]);
      await child.materialize(project, range);
      assert.deepEqual([...new Set(exchange.asked.map(({ symbol }) => symbol))], ['NEW']);
    });
  });

  it('is refused where no place for the symbol is said, with where it goes', () => {
    const make = (history: ReturnType<typeof httpHistory>, symbol?: string) => () =>
      new Universe({ name: 'coins', interval: '1m', history, symbols: ['A'], ...(symbol && { symbol }) });
    const url = exchange.url;
    assert.throws(make(httpHistory({ url })), /put \{symbol\} in its url where the symbol goes\.$/);
    assert.throws(make(httpHistory({ url: template() }), 'ticker'), /leave symbol out/);
    assert.throws(
      make(ccxtHistory({ exchange: 'kraken', symbol: 'BTC/USD' })),
      /put \{symbol\} in its symbol/,
    );
    make(ccxtHistory({ exchange: 'kraken', symbol: '{symbol}' }))();
  });

  it('must list its symbols, and a stream alone has no symbol to put there', async () => {
    await withChild(async (child) => {
      project.write({ 'main.ts': strategy(template(), '') });
      const range = { start: at(20), end: at(200) };
      await refused(
        child.materialize(project, range),
        'source',
        /no symbols to find: list them with symbols/,
      );
      const text = strategy(template(), '')
        .replace(
          /const coins = new Universe\(\{ name: 'coins', /,
          "const coins = new StreamInput({ tags: ['BTC'], ",
        )
        .replace('history:', 'historyProvider:')
        .replace(/, new CrossNode.*\]/, ']')
        .replace('Universe }', 'StreamInput }');
      project.write({ 'main.ts': text });
      const report = await child.materialize(project, range).catch((error: unknown) => error);
      assert.match(JSON.stringify(report) + String(report), /which a Universe fills in/);
    });
  });
});
