import stringWidth from 'string-width';

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

/** The title of a column, or one whose cells are aligned on the right. */
type TableColumn = string | ReturnType<typeof right>;

export function right(title: string) {
  return { right: title } as const;
}

/** Aligned columns under a heading, without frames: easy to read, and to process. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const titles = columns.map((column) => paint('dim', typeof column === 'string' ? column : column.right));
  const lines = [titles, ...rows.map((row) => row.map(unlessPainted))].map((cells) =>
    cells.map((text) => ({ text, width: stringWidth(text) })),
  );
  const widths = columns.map((_, at) =>
    lines.reduce((most, cells) => Math.max(most, cells[at]?.width ?? 0), 0),
  );
  return lines
    .map((cells) => {
      const aligned = cells.map(({ text, width }, at) => {
        const space = ' '.repeat((widths[at] ?? width) - width);
        return typeof columns[at] === 'object' ? space + text : text + space;
      });
      return `${aligned.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** A painted cell is escaped already: only its colour is an escape sequence. */
function unlessPainted(cell: string): string {
  const [, code = '', inside = ''] = PAINTED.exec(cell) ?? [];
  return code === '' || inside !== visible(inside) ? visible(cell) : cell;
}
