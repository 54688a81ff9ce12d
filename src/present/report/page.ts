import * as l10n from '@vscode/l10n';

import type { Outcome } from '../../live/report/trading-report.js';
import { formatTime } from '../../sdk/time/time.js';
import { formatNumber } from '../values.js';
import { lineChart, priceChart, type DrawnLine } from './drawing.js';
import { html, Markup } from './markup.js';
import {
  countNumbers,
  headlines,
  metricNumbers,
  money,
  percent,
  whole,
  type NamedNumber,
} from './numbers.js';
import { REPORT_STYLE } from './style.js';
import { shownTrades, type ShownTrade } from './trades.js';
import { cautions, modeText, monthNames, stateText } from './words.js';
import type { RunPrices, TradingReport } from '../../protocol/live-results.js';

/** The most lines in one chart; each has its own colour and dash. */
export const MOST_SYMBOLS = 6;

/** The most trades that a page can hold and still open quickly. */
const MOST_TRADES = 5000;

/** A symbol's prices; null: none to show. */
type PricesOf = ReadonlyMap<string, RunPrices>;

/**
 * A run as one self-contained HTML file: no network, no script. It follows the reader's light or dark theme.
 * @param prices of the symbols that get a chart
 */
export function reportPage(report: TradingReport, prices: PricesOf, language: string): string {
  const { run, strategy, world, mode, started, state, outcome } = report;
  const title = l10n.t('{0} in {1}', strategy, world);
  const facts = [l10n.t('run {0}', run), stateText(state), l10n.t('started {0}', started)];
  const page = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title} · ${run}</title>
        <style>
          ${new Markup(REPORT_STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title} <span class="mode ${mode}">${modeText(mode)}</span></h1>
          <p class="quiet">${facts.join(' · ')}</p>
          ${cautions(report).map((sentence) => html`<p class="caution">${sentence}</p>`)}
        </header>
        ${outcome ? sections(report, outcome, prices) : null}
      </body>
    </html> `;
  return page.html;
}

function sections(report: TradingReport, outcome: Outcome, prices: PricesOf): Markup {
  return html`${numbersSection(headlines(outcome))} ${equitySection(outcome)} ${monthsSection(report)}
  ${[...prices].map(([symbol, each]) => pricesSection(symbol, each))} ${positionsSection(report)}
  ${tradesSection(shownTrades(outcome))} ${metricsSection(outcome)}`;
}

function numbersSection(numbers: readonly NamedNumber[]): Markup {
  return html`<dl class="numbers">
    ${numbers.map(
      ({ name, value, meaning }) =>
        html`<div title="${meaning}">
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function equitySection({ curve }: Outcome): Markup {
  const equity = curve.map(([at, value]) => [at, value] as const);
  const drawdown = curve.map(([at, , fall]) => [at, -fall] as const);
  return html`<section>
    <h2>${l10n.t('Equity')}</h2>
    ${lineChart([{ points: equity, style: 'first' }], l10n.t('Equity over time'), 260, (value) => money(value, 0))}
    <h2>${l10n.t('Drawdown')}</h2>
    ${lineChart([{ points: drawdown, area: true, style: 'under' }], l10n.t('Drawdown over time'), 130, (value) => percent(value, 1))}
  </section>`;
}

function monthsSection({ years }: TradingReport): Markup {
  const largest = Math.max(...years.flatMap(({ months }) => months).map((each) => Math.abs(each ?? 0)), 1e-9);
  const cell = (value: number | null): Markup => {
    if (value === null) return html`<td></td>`;
    // The colour only adds to the sign.
    const strength = Math.round((Math.abs(value) / largest) * 4);
    return html`<td class="${value < 0 ? 'down' : 'up'}${strength}">${percent(value, 1)}</td>`;
  };
  return html`<section>
    <h2>${l10n.t('Returns by month')}</h2>
    <div class="wide" tabindex="0" role="region" aria-label="${l10n.t('Returns by month')}">
      <table class="months">
        <thead>
          <tr>
            <th scope="col">${l10n.t('year')}</th>
            ${monthNames().map((name) => html`<th scope="col">${name}</th>`)}
            <th scope="col">${l10n.t('whole year')}</th>
          </tr>
        </thead>
        <tbody>
          ${years.map(
            ({ year, months, total }) =>
              html`<tr>
                <th scope="row">${year}</th>
                ${months.map(cell)}
                <td class="total">${percent(total, 1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function pricesSection(symbol: string, prices: RunPrices): Markup {
  const { fills, filled, table } = prices;
  if (table.ts.length === 0) return html``;
  const some =
    fills.length < filled
      ? html`<p class="quiet">
          ${l10n.t('{0} of {1} fills are marked.', whole(fills.length), whole(filled))}
        </p>`
      : null;
  return html`<section>
    <h2>${l10n.t('{0}: prices and fills', symbol)}</h2>
    <p class="legend">
      <span class="bought">▲ ${l10n.t('bought')}</span> <span class="sold">▼ ${l10n.t('sold')}</span>
    </p>
    ${priceChart(prices, l10n.t('Prices of {0} over time, with its fills', symbol), 300, formatNumber)}
    ${some}
  </section>`;
}

const STYLES = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];

function positionsSection({ positions }: TradingReport): Markup {
  if (positions.length === 0) return html``;
  const shown = positions.slice(0, MOST_SYMBOLS);
  const styles = shown.map((_, at) => STYLES[at] ?? '');
  const lines = shown.map(({ points }, at): DrawnLine => ({
    points,
    stepped: true,
    style: styles[at] ?? '',
  }));
  const some =
    positions.length > shown.length
      ? html`<p class="quiet">
          ${l10n.t('{0} of {1} symbols: the most traded by money.', shown.length, positions.length)}
        </p>`
      : null;
  return html`<section>
    <h2>${l10n.t('Positions')}</h2>
    <p class="legend">
      ${shown.map(
        ({ symbol }, at) =>
          html`<span class="key"
            ><svg viewBox="0 0 24 8" aria-hidden="true">
              <path class="line ${styles[at] ?? ''}" d="M0 4H24" />
            </svg>
            ${symbol}</span
          > `,
      )}
    </p>
    ${lineChart(lines, l10n.t('Units held over time'), 200, formatNumber)} ${some}
  </section>`;
}

function tradesSection(trades: readonly ShownTrade[]): Markup {
  if (trades.length === 0) return html``;
  const shown = trades.slice(-MOST_TRADES);
  const titles = [
    html`<th scope="col">${l10n.t('symbol')}</th>`,
    html`<th scope="col">${l10n.t('side')}</th>`,
    html`<th scope="col" class="number">${l10n.t('units')}</th>`,
    html`<th scope="col">${l10n.t('opened')}</th>`,
    html`<th scope="col">${l10n.t('closed')}</th>`,
    ...[l10n.t('bars held'), l10n.t('entry'), l10n.t('exit'), l10n.t('fees'), l10n.t('profit')].map(
      (title) => html`<th scope="col" class="number">${title}</th>`,
    ),
  ];
  const some =
    shown.length < trades.length
      ? html`<p class="quiet">
          ${l10n.t('The last {0} of {1} trades; seamless report --json has all of them.', whole(shown.length), whole(trades.length))}
        </p>`
      : null;
  return html`<section>
    <h2>${l10n.t('Trades')}</h2>
    ${some}
    <div class="tall" tabindex="0" role="region" aria-label="${l10n.t('Trades')}">
      <table class="trades">
        <thead>
          <tr>
            ${titles}
          </tr>
        </thead>
        <tbody>
          ${shown.map(tradeRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function tradeRow({
  symbol,
  side,
  quantity,
  opened,
  closed,
  entry,
  exit,
  fees,
  profit,
  bars,
}: ShownTrade): Markup {
  const numbers = [
    whole(bars),
    formatNumber(entry),
    exit === null ? '–' : formatNumber(exit),
    money(fees),
    money(profit),
  ];
  return html`<tr>
    <td>${symbol}</td>
    <td>${side === 'long' ? l10n.t('long') : l10n.t('short')}</td>
    <td class="number">${formatNumber(quantity)}</td>
    <td>${formatTime(opened)}</td>
    <td>${closed === null ? l10n.t('open') : formatTime(closed)}</td>
    ${numbers.map((number) => html`<td class="number">${number}</td>`)}
  </tr>`;
}

function metricsSection(outcome: Outcome): Markup {
  const numbers = [...countNumbers(outcome), ...metricNumbers(outcome.metrics)];
  return html`<section>
    <h2>${l10n.t('All numbers, and what they mean')}</h2>
    <table class="meanings">
      <tbody>
        ${numbers.map(
          ({ name, value, meaning }) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td class="number">${value}</td>
              <td class="quiet">${meaning}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
