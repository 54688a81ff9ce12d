import * as l10n from '@vscode/l10n';

import type { Outcome } from '../../live/report/trading-report.js';
import type { Metrics } from '../../sdk/live/live.js';
import { DAY, formatRange } from '../../sdk/time/time.js';

const NONE = '–';

/** A number of a run as text, with its meaning. */
export interface NamedNumber {
  readonly name: string;
  readonly value: string;
  /** How it is computed, in a sentence. */
  readonly meaning: string;
}

/** The most important numbers. */
export function headlines({ capital, equity, metrics, trades }: Outcome): NamedNumber[] {
  const all = metricNumbers(metrics);
  const [total, cagr, , sharpe, , , drawdown] = all as [NamedNumber, ...NamedNumber[]];
  return [
    total,
    {
      name: l10n.t('equity'),
      value: money(equity),
      meaning: l10n.t('Cash plus positions at their last close; the capital was {0}.', money(capital)),
    },
    ...[cagr, sharpe, drawdown].flatMap((each) => each ?? []),
    {
      name: l10n.t('trades'),
      value: whole(trades.length),
      meaning: l10n.t('From flat to flat, or to the other side.'),
    },
  ];
}

/** Metrics in order of interest. Definitions: see `Metrics`. */
export function metricNumbers(metrics: Metrics): NamedNumber[] {
  const year = l10n.t('A year has {0} daily returns.', whole(metrics.periodsPerYear));
  const number = (name: string, value: string, meaning: string): NamedNumber => ({ name, value, meaning });
  return [
    number(l10n.t('total return'), percent(metrics.totalReturn), l10n.t('Last equity / capital − 1.')),
    number(
      l10n.t('CAGR'),
      percent(metrics.cagr),
      l10n.t('(Last equity / capital) ^ (year / time) − 1; a year has 365.25 days.'),
    ),
    number(
      l10n.t('volatility, a year'),
      percent(metrics.volatility),
      `${l10n.t('Standard deviation of daily returns (n − 1) · √periods a year.')} ${year}`,
    ),
    number(
      l10n.t('Sharpe'),
      ratio(metrics.sharpe),
      l10n.t('Mean of daily returns / their standard deviation · √periods a year; no risk-free rate.'),
    ),
    number(
      l10n.t('Sortino'),
      ratio(metrics.sortino),
      l10n.t('Mean of daily returns / √mean(min(return, 0)²) · √periods a year.'),
    ),
    number(l10n.t('Calmar'), ratio(metrics.calmar), l10n.t('CAGR / max drawdown.')),
    number(
      l10n.t('max drawdown'),
      percent(metrics.maxDrawdown),
      l10n.t('The largest fall of equity from its peak, as a share of the peak, over all slots.'),
    ),
    number(
      l10n.t('longest drawdown'),
      l10n.t('{0} days', (metrics.drawdownSeconds / DAY).toFixed(1)),
      l10n.t('The longest time between a peak and its recovery, or the end.'),
    ),
    number(
      l10n.t('turnover'),
      ratio(metrics.turnover),
      l10n.t('Sum of |quantity · price| of all fills / mean equity over all slots.'),
    ),
    number(l10n.t('exposure'), percent(metrics.exposure), l10n.t('Share of slots with a position.')),
    number(
      l10n.t('win rate'),
      percent(metrics.winRate),
      l10n.t('Share of closed trades with a profit after fees.'),
    ),
    number(
      l10n.t('profit factor'),
      ratio(metrics.profitFactor),
      l10n.t('Profits of closed trades / losses of closed trades.'),
    ),
    number(
      l10n.t('periods a year'),
      whole(metrics.periodsPerYear),
      l10n.t('Days in a year of returns, as the world says.'),
    ),
  ];
}

/** Counts beside the metrics. */
export function countNumbers(outcome: Outcome): NamedNumber[] {
  const { range, slots, orders, fills, trades, fees, capital, equity, cash, positions } = outcome;
  const held = Object.entries(positions).map(([symbol, quantity]) => `${money(quantity, 6)} ${symbol}`);
  return [
    {
      name: l10n.t('range'),
      value: range ? formatRange({ start: range[0], end: range[1] }) : l10n.t('no slot'),
      meaning: l10n.t('From the close of the first slot to that of the last one.'),
    },
    { name: l10n.t('slots'), value: whole(slots), meaning: l10n.t('Slots that were decided.') },
    {
      name: l10n.t('capital → equity'),
      value: `${money(capital)} → ${money(equity)}`,
      meaning: l10n.t(
        'Capital at the start, and equity at the end: cash plus positions at their last close.',
      ),
    },
    {
      name: l10n.t('cash, positions'),
      value: [money(cash), ...held].join(', '),
      meaning: l10n.t('Money and units at the end.'),
    },
    {
      name: l10n.t('orders, fills, trades'),
      value: `${whole(orders)}, ${whole(fills)}, ${whole(trades.length)}`,
      meaning: l10n.t('An order is filled at the open of the next bar of its symbol, never before.'),
    },
    { name: l10n.t('fees'), value: money(fees), meaning: l10n.t('Paid in all, beside slippage.') },
  ];
}

export function money(value: number, digits = 2): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

export function whole(value: number): string {
  return value.toLocaleString('en');
}

export function percent(value: number | null, digits = 2): string {
  if (value === null) return NONE;
  const size = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const text = (value * 100).toLocaleString('en', size);
  // A value that rounds to zero has no sign.
  return `${/[1-9]/.test(text) ? text : text.replace('-', '')} %`;
}

function ratio(value: number | null): string {
  return value === null ? NONE : value.toLocaleString('en', { maximumFractionDigits: 2 });
}
