import Table from 'cli-table3';

import { visible } from '../present/visible.js';
import type { Output } from './terminal.js';

/** ANSI codes (ECMA-48, select graphic rendition). */
const COLORS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 };

const ESCAPE = '\u001b';

/** The result of a painter. */
const PAINTED = new RegExp(`^${ESCAPE}\\[(\\d+)m([^${ESCAPE}]*)${ESCAPE}\\[0m$`);

export type Color = keyof typeof COLORS;

/** Colours text in a terminal, unless switched off (https://no-color.org). */
export type Paint = (color: Color, text: string) => string;

export function painter(output: Output, env: Readonly<Record<string, string | undefined>>): Paint {
  const plain = !output.isTTY || !!env['NO_COLOR'] || env['TERM'] === 'dumb';
  return (color, text) => {
    const shown = visible(text);
    return plain ? shown : `${ESCAPE}[${COLORS[color]}m${shown}${ESCAPE}[0m`;
  };
}

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Aligned columns under a heading, without frames: easy to read, and to process. */
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
  table.push(...rows.map((row) => row.map(unlessPainted)));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** A painted cell is escaped already: only its colour is an escape sequence. */
function unlessPainted(cell: string): string {
  const [, code = '', inside = ''] = PAINTED.exec(cell) ?? [];
  return code === '' || inside !== visible(inside) ? visible(cell) : cell;
}
