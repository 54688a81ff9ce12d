import type { RunEvent, RunResult } from '../sdk/live/live.js';
import { formatRange, formatTime } from '../sdk/time/time.js';
import { countNumbers, metricNumbers, money } from './report/numbers.js';

/** A run's result as rows of a table: name and value. */
export function resultRows(result: RunResult): [string, string][] {
  return [...countNumbers(result), ...metricNumbers(result.metrics)].map(({ name, value }) => [name, value]);
}

/** An event as a line; null for events of every slot. */
export function eventLine(event: RunEvent): string | null {
  const text = eventText(event);
  // Before the first slot there is no time that it is true of.
  return text === null || event.asOf <= 0 ? text : `${formatTime(event.asOf)}  ${text}`;
}

function eventText(event: RunEvent): string | null {
  switch (event.type) {
    case 'ready':
      return `ready: ${event.strategy} in ${event.world} (${event.mode}), run ${event.run}`;
    case 'activation':
      return `${event.active ? 'active' : 'compute-only'}: ${event.reason}`;
    case 'order':
      return `order ${event.order}: ${money(event.quantity, 6)} ${event.symbol}${event.limit === undefined ? '' : ` at ${money(event.limit)} or better`}`;
    case 'cancelled':
      return `order ${event.order} of ${event.symbol} is cancelled: ${event.reason}`;
    case 'fill':
      return `fill of ${event.order}: ${money(event.quantity, 6)} ${event.symbol} at ${money(event.price)}, fee ${money(event.fee)}${event.maker === undefined ? '' : ` as ${event.maker ? 'maker' : 'taker'}`}`;
    case 'world':
      return `world: ${event.inactive || event.activation}${share(event)}`;
    case 'staged':
      return `staged: ${event.inactive || event.activation}${share(event)}${event.orders.length === 0 ? '' : `: ${event.orders.map(({ symbol, quantity }) => `${money(quantity, 6)} ${symbol}`).join(', ')}`}`;
    case 'dropped':
      return `not in force: ${event.reason}`;
    case 'rejected':
      return `order ${event.order} of ${event.symbol} is closed: ${event.reason}`;
    case 'gap':
      return `no bars of ${event.stream}: ${formatRange(event)}`;
    case 'late':
      return `late: the bar of ${event.stream} of ${formatTime(event.ts)} came after its slot had closed`;
    case 'revised':
      return `revised: ${event.node} of ${formatTime(event.ts)}`;
    case 'stale':
      return event.what === 'feed'
        ? `stale: nothing was heard of the feed for ${event.seconds} s`
        : `stale: the last bar of ${event.stream} is ${event.seconds} s behind, more than its service level allows`;
    case 'error':
      return `error${event.node === null ? '' : ` in ${event.node}`}: ${event.message}`;
    default:
      return null;
  }
}

function share({ share: of }: { readonly share: number }): string {
  return of === 1 ? '' : `, ${of * 100} % of its weights`;
}
