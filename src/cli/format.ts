import Table from 'cli-table3';

import type { NodeReport, RunReport, Span } from '../engine/report.js';
import { formatRange } from '../sdk/time.js';
import type { Output } from './terminal.js';

const numbers = new Intl.NumberFormat('en-US');

export function formatCount(count: number): string {
  return numbers.format(count);
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** `412 ms`, `1.4 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `12 B`, `3.4 MB`: units of a thousand. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** The first two stretches, and how many more there are. */
export function formatSpans(spans: readonly Span[]): string {
  const shown = spans.slice(0, 2).map(([start, end]) => formatRange({ start, end }));
  return shown.join(', ') + (spans.length > 2 ? ` (+${spans.length - 2} more)` : '');
}

/** The first names, and how many more there are. */
export function formatNames(names: readonly string[], most = 5): string {
  const rest = names.length > most ? ` (+${names.length - most} more)` : '';
  return names.slice(0, most).join(', ') + rest;
}

/** What a run did: `12 nodes · 9 from cache · 3 computed · 1.4 s`. */
export function summaryLine(report: RunReport): string {
  const named = (state: NodeReport['state']): string[] => {
    const names = report.nodes.filter((node) => node.state === state).map(({ name }) => name);
    return names.length > 0 ? [`${state}: ${formatNames(names)}`] : [];
  };
  return [
    plural(report.nodeCount, 'node'),
    `${formatCount(report.hits + report.adopted)} from cache`,
    `${formatCount(report.computed)} computed`,
    ...named('partial'),
    ...named('failed'),
    ...named('blocked'),
    formatDuration(report.elapsedMs),
  ].join(' · ');
}

/** ANSI codes (ECMA-48, select graphic rendition). */
const COLORS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 };

export type Color = keyof typeof COLORS;

/** Colours text where a person looks on and has not asked for none (https://no-color.org). */
export type Paint = (color: Color, text: string) => string;

export function painter(output: Output, env: Readonly<Record<string, string | undefined>>): Paint {
  const plain = !output.isTTY || !!env['NO_COLOR'] || env['TERM'] === 'dumb';
  return plain ? (_color, text) => text : (color, text) => `\u001b[${COLORS[color]}m${text}\u001b[0m`;
}

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Lines in columns, under a heading, without frames: easy to read, and to cut apart. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const nothing = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', mid: '', 'mid-mid': '' };
  const table = new Table({
    head: columns.map(({ title }) => paint('dim', title)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: {
      ...nothing,
      'left-mid': '',
      'right-mid': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      right: '',
      middle: '  ',
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}
