// Slow (20 s): a browser.
import assert from 'node:assert/strict';

import type { ResultsState } from '../../src/panel/results/messages.js';
import { reportPage } from '../../src/present/report/page.js';
import { violationsIn } from '../support/axe.js';
import { PageServer, THEMES, type ResultsKind, type ResultsPage, type ShowOptions } from './support/page.js';
import { backtest, madeRun, paper, resultsOf } from './support/results-states.js';

describe('the page of the Results panel', () => {
  let server: PageServer;
  before(async () => (server = await PageServer.open()));
  after(() => server.close());

  /** Shows a state under a host that has prices, and expects that nothing failed in the page. */
  async function look(
    state: ResultsState | null,
    options: ShowOptions<ResultsKind>,
    act: (page: ResultsPage) => Promise<void>,
  ): Promise<void> {
    const replies = { prices: backtest.prices, exportTrades: () => ({ saved: true }) };
    const shown = await server.showResults(state, { replies, ...options });
    try {
      await act(shown);
      // The page's policy included.
      assert.deepEqual(shown.errors, []);
    } finally {
      await shown.page.close();
    }
  }

  const tab = (shown: ResultsPage, name: string) => shown.page.getByRole('tab', { name, exact: true });
  const read = (shown: ResultsPage) => shown.page.locator('.result-view:not([aria-busy])').waitFor();

  for (const theme of THEMES) {
    const flaws = ({ page }: ResultsPage) =>
      violationsIn(page.locator('body'), theme === THEMES[0] ? 'all' : 'colours');
    it(`shows equity, months, trades, positions and numbers in ${theme}`, async () => {
      await look(resultsOf(backtest.report), { theme }, async (shown) => {
        const { page } = shown;
        await page.getByRole('heading', { name: 'Momentum in backtest-world BACKTEST' }).waitFor();
        await page.locator('.uplot').first().waitFor();
        await shown.picture(`results-equity-${theme}`);
        assert.deepEqual(await flaws(shown), []);
        await tab(shown, 'Returns by Month').click();
        // A row a year, a cell a month.
        const years = page.locator('table.months tbody tr');
        assert.equal(await years.count(), 3);
        assert.equal(await years.first().locator('td').count(), 13);
        await shown.picture(`results-months-${theme}`);
        await tab(shown, 'Trades').click();
        await read(shown);
        await page.locator('.uplot').first().waitFor();
        await shown.picture(`results-trades-${theme}`);
        assert.deepEqual(await flaws(shown), []);
        await tab(shown, 'Positions').click();
        await page.locator('.uplot').first().waitFor();
        await shown.picture(`results-positions-${theme}`);
        await tab(shown, 'Numbers').click();
        await page.getByText('CAGR / max drawdown.').waitFor();
        await shown.picture(`results-numbers-${theme}`);
      });
    });
  }

  it('a row of the trades jumps to its bars, by the mouse and by the keyboard', async () => {
    await look(resultsOf(backtest.report), { kept: { tab: 'trades', symbol: 'BTC' } }, async (shown) => {
      const { page } = shown;
      await read(shown);
      const trades = backtest.report.outcome?.trades ?? [];
      const jumpTo = async (row: number, act: () => Promise<void>): Promise<void> => {
        const { symbol, opened, closed } = trades[row] ?? assert.fail();
        const before = shown.sent.length;
        await act();
        await shown.until((message) => {
          if (message.type !== 'request' || message.kind !== 'prices') return false;
          const payload = message.payload as { symbol: string; range: [number, number] | null };
          const [from, to] = payload.range ?? [0, 0];
          return (
            shown.sent.indexOf(message) >= before &&
            payload.symbol === symbol &&
            from <= opened &&
            to >= closed &&
            to - from < 900 * 86_400
          );
        });
        await read(shown);
      };
      const rows = page.locator('tbody tr');
      assert.equal(
        await rows.count(),
        Math.min(100, trades.length + (backtest.report.outcome?.open.length ?? 0)),
      );
      await jumpTo(2, () => rows.nth(2).click());
      await shown.picture('results-jumped');
      assert.ok(await rows.nth(2).evaluate((row) => row === document.activeElement));
      await page.keyboard.press('ArrowDown');
      assert.ok(await rows.nth(3).evaluate((row) => row === document.activeElement));
      await jumpTo(3, () => page.keyboard.press('Enter'));
      // The choice of what is shown stays with the row's symbol.
      assert.equal((await shown.kept())['symbol'], trades[3]?.symbol);
    });
  });

  it('compares two runs', async () => {
    await look(resultsOf(backtest.report), {}, async (shown) => {
      const choice = shown.page.locator('vscode-dropdown').nth(1);
      await choice.click();
      await choice.getByRole('option', { name: paper.report.run }).click();
      await shown.until((message) => message.type === 'request' && message.kind === 'compare');
      assert.deepEqual(shown.payloadOf('compare'), { run: paper.report.run });
      await shown.tell(resultsOf(backtest.report, { other: paper.report.run, compared: paper.report }));
      await shown.page.locator('.chart-legend').getByText(`return of ${paper.report.run}`).waitFor();
      await shown.picture('results-compared');
      await tab(shown, 'Numbers').click();
      await shown.page.getByRole('columnheader', { name: paper.report.run }).waitFor();
      await shown.picture('results-compared-numbers');
      await tab(shown, 'Returns by Month').click();
      assert.equal(await shown.page.locator('table.months').count(), 2);
    });
  });

  it('asks the host for what buttons say', async () => {
    await look(resultsOf(backtest.report), {}, async (shown) => {
      for (const [text, kind] of [
        ['Open as HTML', 'openHtml'],
        ['Export Trades as CSV', 'exportTrades'],
        ['Start Run…', 'start'],
      ] as const) {
        await shown.page.locator('vscode-button', { hasText: text }).click();
        await shown.until((message) => message.type === 'request' && message.kind === kind);
      }
      assert.equal(await shown.page.locator('vscode-button', { hasText: 'Stop Run' }).isVisible(), false);
    });
  });

  it('goes from tab to tab by the arrow keys', async () => {
    await look(resultsOf(backtest.report), {}, async (shown) => {
      await tab(shown, 'Equity').focus();
      await shown.page.keyboard.press('ArrowLeft');
      await shown.page.getByText('CAGR / max drawdown.').waitFor();
      await shown.page.keyboard.press('ArrowRight');
      await shown.page.locator('.uplot').first().waitFor();
      assert.equal((await shown.kept())['tab'], 'equity');
    });
  });

  it('a run that goes on says so, and can be stopped', async () => {
    const { report } = madeRun('paper-1', 'paper', 3, false);
    await look(resultsOf(report, { stoppable: true }), { theme: 'light' }, async (shown) => {
      await shown.page.getByText('The run is still active: these are its numbers so far.').waitFor();
      await shown.picture('results-running');
      await shown.page.locator('vscode-button', { hasText: 'Stop Run' }).click();
      await shown.until((message) => message.type === 'request' && message.kind === 'stop');
    });
  });

  it('is never blank: loading, no runs, no slot, no trust, what cannot be read, what failed', async () => {
    const shadow = madeRun('shadow-1', 'shadow', 0).report;
    const none = { ...paper.report, outcome: null, years: [], positions: [], state: 'running' as const };
    const failed = { ...none, state: 'failed' as const, problem: 'The feed ended.' };
    const states: readonly (readonly [string, ResultsState | null, string | RegExp])[] = [
      ['waiting', null, 'Loading…'],
      ['loading', resultsOf(null), /^Reading backtest-/],
      ['empty', resultsOf(null, { runs: [], run: null }), 'No runs yet'],
      ['untrusted', resultsOf(null, { trusted: false }), 'This workspace is not trusted'],
      ['unreadable', resultsOf(null, { problem: 'Run w-1 is damaged.' }), 'Run w-1 is damaged.'],
      ['no-slot', resultsOf(none), 'No slot has closed yet.'],
      ['failed', resultsOf(failed), 'The run failed: The feed ended.'],
      ['no-fill', resultsOf(shadow), /No order was filled\. The world is in mode shadow/],
    ];
    for (const [name, state, text] of states) {
      await look(state, { width: 700, height: 500 }, async (shown) => {
        await shown.page.getByText(text).first().waitFor();
        await shown.picture(`results-${name}`);
      });
    }
  });

  it('says what went wrong with what was asked for, and with prices that are gone', async () => {
    const replies = {
      openHtml: () => {
        throw new Error('The file cannot be written.');
      },
      prices: () => ({ ...backtest.prices({ symbol: 'BTC', range: [0, 1], maxPoints: 10 }), whole: null }),
    };
    await look(
      resultsOf(backtest.report),
      { replies, kept: { tab: 'trades', symbol: null } },
      async (shown) => {
        await shown.page.getByText('Its prices are no longer stored').waitFor();
        await shown.page.locator('vscode-button', { hasText: 'Open as HTML' }).click();
        await shown.page.getByRole('alert').getByText('The file cannot be written.').waitFor();
      },
    );
  });

  it('has room in a narrow panel', async () => {
    await look(
      resultsOf(backtest.report),
      { width: 520, height: 760, kept: { tab: 'trades', symbol: null } },
      async (shown) => {
        await read(shown);
        await shown.page.locator('.uplot').first().waitFor();
        await shown.picture('results-narrow');
        const wider = await shown.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${wider} pixels are beyond the panel`);
      },
    );
  });
});

describe('the HTML report in a browser', () => {
  it('needs nothing but itself, and has no flaw that keeps people from reading it', async () => {
    const server = await PageServer.open();
    try {
      const page = await server.browser.newPage();
      const asked: string[] = [];
      const errors: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => errors.push(message.text()));
      const prices = new Map([['BTC', backtest.prices({ symbol: 'BTC', range: null, maxPoints: 40 })]]);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setContent(reportPage(backtest.report, prices, 'en'));
        await page.screenshot({ path: `.test-tmp/pictures/report-${colorScheme}.png`, fullPage: true });
        assert.equal(await page.locator('svg[role=img]').count(), 4);
        const what = colorScheme === 'light' ? 'all' : 'colours';
        assert.deepEqual(await violationsIn(page.locator('body'), what), []);
      }
      assert.deepEqual([asked, errors], [[], []]);
    } finally {
      await server.close();
    }
  });
});
