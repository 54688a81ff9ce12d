import type { Metrics, RunEvent, RunResult } from '../sdk/live.js';
import { formatRange, formatTime } from '../sdk/time.js';

const DAY = 86_400;

/** What a run came to, as rows of a table: what, how much. */
export function resultRows(result: RunResult): [string, string][] {
  const { metrics, range, slots, orders, fills, fees, trades, capital, equity, cash, positions } = result;
  const held = Object.entries(positions).map(([symbol, quantity]) => `${money(quantity, 6)} ${symbol}`);
  return [
    ['range', range ? formatRange({ start: range[0], end: range[1] }) : 'no slot'],
    ['slots', count(slots)],
    ['capital → equity', `${money(capital)} → ${money(equity)}`],
    ['cash, positions', [money(cash), ...held].join(', ')],
    ['orders, fills, trades', `${count(orders)}, ${count(fills)}, ${count(trades.length)}`],
    ['fees', money(fees)],
    ...metricRows(metrics),
  ];
}

/** Metrics in the order in which people ask for them. Definitions: see `Metrics`. */
function metricRows(metrics: Metrics): [string, string][] {
  return [
    ['total return', percent(metrics.totalReturn)],
    ['CAGR', percent(metrics.cagr)],
    ['volatility, a year', percent(metrics.volatility)],
    ['Sharpe', ratio(metrics.sharpe)],
    ['Sortino', ratio(metrics.sortino)],
    ['Calmar', ratio(metrics.calmar)],
    ['max drawdown', `${percent(metrics.maxDrawdown)}, ${(metrics.drawdownSeconds / DAY).toFixed(1)} days`],
    ['turnover', ratio(metrics.turnover)],
    ['exposure', percent(metrics.exposure)],
    ['win rate', percent(metrics.winRate)],
    ['profit factor', ratio(metrics.profitFactor)],
    ['periods a year', count(metrics.periodsPerYear)],
  ];
}

/** An event as a line; null for those that come with every slot. */
export function eventLine(event: RunEvent): string | null {
  const text = eventText(event);
  return text === null ? null : `${formatTime(event.asOf)}  ${text}`;
}

function eventText(event: RunEvent): string | null {
  switch (event.type) {
    case 'ready':
      return `ready: ${event.strategy} in ${event.world} (${event.mode}), run ${event.run}`;
    case 'activation':
      return `${event.active ? 'active' : 'compute-only'}: ${event.reason}`;
    case 'order':
      return `order ${event.order}: ${money(event.quantity, 6)} ${event.symbol}`;
    case 'fill':
      return `fill of ${event.order}: ${money(event.quantity, 6)} ${event.symbol} at ${money(event.price)}, fee ${money(event.fee)}`;
    case 'gap':
      return `no bars of ${event.stream}: ${formatRange(event)}`;
    case 'late':
      return `late: the bar of ${event.stream} of ${formatTime(event.ts)} came after its slot had closed`;
    case 'stale':
      return `stale: nothing was heard of the ${event.what} for ${event.seconds} s`;
    case 'error':
      return `error${event.node === null ? '' : ` in ${event.node}`}: ${event.message}`;
    default:
      return null;
  }
}

function money(value: number, digits = 2): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toLocaleString('en', { maximumFractionDigits: 2 })} %`;
}

function ratio(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: 2 });
}
