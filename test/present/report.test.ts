import assert from 'node:assert/strict';

import { metricNumbers, percent } from '../../src/present/report/numbers.js';
import { reportPage } from '../../src/present/report/page.js';
import { shownTrades, tradesCsv } from '../../src/present/report/trades.js';
import { cautions } from '../../src/present/report/words.js';
import { aReport, somePrices } from '../support/trading-report.js';
import type { RunPrices, TradingReport } from '../../src/protocol/live-results.js';

const pageOf = (report: TradingReport, prices: readonly (readonly [string, RunPrices])[] = []): string =>
  reportPage(report, new Map(prices), 'en');

describe('the HTML report', () => {
  it('has a section for each thing there is to see, and asks nothing of anybody', () => {
    const page = pageOf(aReport(), [['BTC', somePrices()]]);
    for (const heading of [
      'Equity',
      'Drawdown',
      'Returns by month',
      'BTC: prices and fills',
      'Positions',
      'Trades',
    ])
      assert.ok(page.includes(`<h2>${heading}</h2>`), heading);
    assert.match(page, />PAPER<\/span>/);
    // One candle a bar, and one mark a fill: bought and sold differ in shape.
    assert.equal(page.match(/class="body /g)?.length, 3);
    assert.equal(page.match(/class="mark bought"/g)?.length, 1);
    assert.equal(page.match(/class="mark sold"/g)?.length, 1);
    assert.doesNotMatch(page, /<script|https?:|url\(|@import|NaN|undefined|Infinity/);
  });

  it('escapes all foreign text', () => {
    const evil = `<img src=x onerror="alert(1)">'&`;
    const report = aReport({
      run: evil,
      strategy: evil,
      world: evil,
      state: 'failed',
      problem: evil,
      symbols: [evil],
      positions: [{ symbol: evil, points: [[0, 1]] }],
      faults: [{ node: evil, asOf: 0, message: evil }],
    });
    const trades = report.outcome?.trades.map((trade) => ({ ...trade, symbol: evil })) ?? [];
    const outcome = report.outcome && { ...report.outcome, trades, positions: { [evil]: 1 } };
    const page = pageOf({ ...report, outcome }, [[evil, somePrices()]]);
    assert.doesNotMatch(page, /<img|onerror="/);
    assert.ok(page.includes('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;'));
  });

  it('of a run without a slot, and of one without a fill, says so', () => {
    const none = aReport({ outcome: null, years: [], positions: [], state: 'running' });
    assert.match(pageOf(none), /No slot has closed yet\./);
    assert.doesNotMatch(pageOf(none), /<svg/);
    const report = aReport({ positions: [], inactive: 'There is no decision yet.' });
    const outcome = report.outcome && { ...report.outcome, fills: 0, trades: [], open: [] };
    const page = pageOf({ ...report, outcome });
    assert.match(page, /No order was filled\. There is no decision yet\./);
    assert.doesNotMatch(page, /<h2>Trades|<h2>Positions/);
  });

  it('draws one point, and one value, without dividing by nothing', () => {
    const report = aReport();
    const outcome = report.outcome && { ...report.outcome, curve: [[60, 100, 0]] as const };
    assert.doesNotMatch(pageOf({ ...report, outcome }), /NaN|Infinity/);
    const flat = { ...somePrices(), fills: [], filled: 0 };
    for (const column of flat.table.columns) if (column.type === 'number') column.values.fill(5);
    assert.doesNotMatch(pageOf(report, [['BTC', flat]]), /NaN|Infinity/);
  });
});

describe('what is said of a run', () => {
  it('names why numbers are not whole, and what to do', () => {
    assert.deepEqual(cautions(aReport()), []);
    assert.match(cautions(aReport({ state: 'running' }))[0] ?? '', /still active/);
    assert.match(cautions(aReport({ state: 'cut off' }))[0] ?? '', /--world paper --resume paper-1/);
    const backtest = aReport({ state: 'cut off', mode: 'backtest', outcome: null });
    assert.deepEqual(cautions(backtest), [
      'The backtest has not ended, so it has no numbers. Start it again.',
    ]);
    assert.deepEqual(cautions(aReport({ state: 'failed', problem: 'No bars.', outcome: null })), [
      'The run failed: No bars.',
    ]);
  });

  it('each metric has a name and a definition of its own', () => {
    const numbers = metricNumbers((aReport().outcome as NonNullable<TradingReport['outcome']>).metrics);
    assert.equal(new Set(numbers.map(({ name }) => name)).size, numbers.length);
    assert.ok(numbers.every(({ meaning, value }) => meaning.length > 10 && value !== ''));
    assert.deepEqual([percent(-0.00001, 1), percent(-0.001, 1), percent(null)], ['0.0 %', '-0.1 %', '–']);
  });
});

describe('trades as CSV', () => {
  it('has open ones last, and texts that stay in their cell', () => {
    const { outcome } = aReport();
    const trades = outcome ? shownTrades(outcome) : [];
    const [first] = trades;
    assert.ok(first);
    const odd = { ...first, symbol: '=1+"2",3' };
    assert.equal(
      tradesCsv([odd, ...trades.slice(1)], true),
      [
        'symbol,side,quantity,opened,closed,entry,exit,fees,profit,bars',
        `"'=1+""2"",3",long,2,2023-03-01T00:01:00Z,2023-03-01T00:03:00Z,10,12,0.5,3.5,2`,
        'BTC,short,1,2023-03-01T00:03:00Z,,12,,0.25,0.75,1',
        '',
      ].join('\r\n'),
    );
    assert.match(tradesCsv([odd], false), /\n"=1\+/);
  });
});
