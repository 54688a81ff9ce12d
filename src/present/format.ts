import * as l10n from '@vscode/l10n';

import type { NodeReport, RunReport, Span } from '../engine/run/reporting/report.js';
import { formatRange } from '../sdk/time/time.js';
import { visible } from './visible.js';

/** `1,234`. */
export function formatCount(count: number): string {
  // Intl takes ten milliseconds to load, which a terminal or an editor would notice.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 node`, `2 nodes`: whole texts, since languages form plurals differently. */
export function plural(count: number, word: 'node' | 'row' | 'bar' | 'slot' | 'symbol'): string {
  const shown = formatCount(count);
  if (word === 'bar') return count === 1 ? l10n.t('{0} bar', shown) : l10n.t('{0} bars', shown);
  if (word === 'slot') return count === 1 ? l10n.t('{0} slot', shown) : l10n.t('{0} slots', shown);
  if (word === 'symbol') return count === 1 ? l10n.t('{0} symbol', shown) : l10n.t('{0} symbols', shown);
  if (word === 'row') return count === 1 ? l10n.t('{0} row', shown) : l10n.t('{0} rows', shown);
  return count === 1 ? l10n.t('{0} node', shown) : l10n.t('{0} nodes', shown);
}

/** `412 ms`, `1.4 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(`${minutes} min`, seconds % 60, 's');
  return joined(`${Math.floor(minutes / 60)} h`, minutes % 60, 'min');
}

function joined(whole: string, rest: number, unit: string): string {
  return rest === 0 ? whole : `${whole} ${rest} ${unit}`;
}

/** `12 B`, `3.4 MB`: decimal units. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** The first two ranges, and the number of others. */
export function formatSpans(spans: readonly Span[]): string {
  const shown = spans.slice(0, 2).map(([start, end]) => formatRange({ start, end }));
  return shown.join(', ') + (spans.length > 2 ? ` ${l10n.t('(+{0} more)', spans.length - 2)}` : '');
}

/** The first names, and the number of others. */
export function formatNames(names: readonly string[], most = 5): string {
  const rest = names.length > most ? ` ${l10n.t('(+{0} more)', names.length - most)}` : '';
  return names.slice(0, most).map(visible).join(', ') + rest;
}

/** A run's summary: `12 nodes · 9 from cache · 3 computed · 1.4 s`. */
export function summaryLine(report: RunReport): string {
  const named = (state: NodeReport['state'], heading: string): string[] => {
    const names = report.nodes.filter((node) => node.state === state).map(({ name }) => name);
    return names.length > 0 ? [`${heading}: ${formatNames(names)}`] : [];
  };
  return [
    plural(report.nodeCount, 'node'),
    l10n.t('{0} from cache', formatCount(report.hits + report.reused)),
    l10n.t('{0} computed', formatCount(report.computed)),
    ...named('partial', l10n.t('partial')),
    ...named('failed', l10n.t('failed')),
    ...named('blocked', l10n.t('blocked')),
    ...named('stale', l10n.t('left stale')),
    formatDuration(report.elapsedMs),
  ].join(' · ');
}

/** A run's result in brief: `9/12 hits · 1.4 s`; without hits, `7 nodes computed · 1.4 s`. */
export function hitsText(report: RunReport): string {
  const { nodeCount, elapsedMs } = report;
  // Reused rows came from the cache, too.
  const hits = report.hits + report.reused;
  const took = formatDuration(elapsedMs);
  if (hits === 0) return `${computedText(report.computed)} · ${took}`;
  return l10n.t('{0}/{1} hits · {2}', formatCount(hits), formatCount(nodeCount), took);
}

function computedText(count: number): string {
  return count === 1 ? l10n.t('1 node computed') : l10n.t('{0} nodes computed', formatCount(count));
}

/** The class in a strategy's name: `Momentum` of `src/momentum.ts#Momentum`. */
export function classOf(strategy: string): string {
  return strategy.slice(strategy.lastIndexOf('#') + 1);
}
