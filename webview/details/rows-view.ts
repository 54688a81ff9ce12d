import * as l10n from '@vscode/l10n';
import type { PanelRows } from '../../src/panel/requests.js';
import type { Table } from '../../src/panel/state.js';
import { formatCount } from '../../src/present/format.js';
import { button, type Control } from '../ui/controls.js';
import { h } from '../ui/dom.js';
import { cellText, copyText, numberTexts, timeTexts } from './cells.js';

/** Rows per page. */
export const PAGE = 100;

interface RowsHandlers {
  /** Shows the page that begins at a row. */
  readonly onPage: (from: number) => void;
  readonly onCopy: (text: string) => void;
  /** A row was chosen, by its position in the page. Rows are then links for mouse and keyboard. */
  readonly onRow?: (row: number) => void;
}

interface RowsLook {
  /** Heading of the times. */
  readonly time?: string;
  /** Text for a missing value. Default: null. */
  readonly none?: string;
  /** Text shown if there are no rows. */
  readonly empty?: string;
}

/** A node's stored rows, page by page, which can be copied for a spreadsheet. */
export class RowsView {
  readonly element = h('div', { class: 'rows-view' });
  readonly #where = h('span', { class: 'quiet' });
  readonly #table = h('div', { class: 'table-frame', tabindex: '0', role: 'region' });
  readonly #first: Control;
  readonly #back: Control;
  readonly #next: Control;
  readonly #last: Control;
  readonly #copy: Control;
  readonly #onRow: RowsHandlers['onRow'];
  readonly #look: RowsLook;
  #rows: PanelRows | null = null;

  constructor({ onPage, onCopy, onRow }: RowsHandlers, look: RowsLook = {}) {
    this.#onRow = onRow;
    this.#look = look;
    const page = (to: (rows: PanelRows) => number) => () => {
      if (this.#rows) onPage(Math.max(0, to(this.#rows)));
    };
    const lastPage = ({ total }: PanelRows): number => Math.floor(Math.max(0, total - 1) / PAGE) * PAGE;
    this.#first = button({ text: l10n.t('First'), onClick: page(() => 0) });
    this.#back = button({ text: l10n.t('Back'), onClick: page(({ from }) => from - PAGE) });
    this.#next = button({ text: l10n.t('Next'), onClick: page(({ from }) => from + PAGE) });
    this.#last = button({ text: l10n.t('Last'), onClick: page(lastPage) });
    this.#copy = button({
      text: l10n.t('Copy'),
      glyph: 'copy',
      title: l10n.t('Copy these rows, separated by tabs'),
      onClick: () => {
        if (this.#rows) onCopy(copyText(this.#rows.table));
      },
    });
    const buttons = h(
      'div',
      { class: 'row-buttons' },
      this.#first,
      this.#back,
      this.#next,
      this.#last,
      this.#copy,
    );
    this.element.append(buttons, this.#where, this.#table);
    this.#table.setAttribute('aria-label', l10n.t('Rows'));
  }

  /** @param which describes the rows, if they are not current */
  show(rows: PanelRows, which: string): void {
    this.#rows = rows;
    const { total, from, table } = rows;
    const to = from + table.ts.length;
    const where =
      total === 0
        ? (this.#look.empty ?? l10n.t('No row in this range.'))
        : l10n.t('Rows {0} to {1} of {2}', formatCount(from + 1), formatCount(to), formatCount(total));
    this.#where.textContent = [which, where].filter((part) => part !== '').join(' · ');
    this.#first.disabled = this.#back.disabled = from === 0;
    this.#next.disabled = this.#last.disabled = to >= total;
    this.#copy.disabled = total === 0;
    this.#table.hidden = total === 0;
    this.#table.replaceChildren(tableOf(table, this.#look));
    if (this.#onRow) makeChoosable(this.#table, this.#onRow);
    this.#table.scrollTop = 0;
  }
}

/** Rows that can be reached with Tab and the arrow keys, and chosen with Enter or a click. */
function makeChoosable(frame: HTMLElement, onRow: (row: number) => void): void {
  const rows = [...frame.querySelectorAll<HTMLTableRowElement>('tbody tr')];
  const focus = (at: number): void => {
    rows.forEach((row, each) => (row.tabIndex = each === at ? 0 : -1));
    rows[at]?.focus();
  };
  rows.forEach((row, at) => {
    row.tabIndex = at === 0 ? 0 : -1;
    row.classList.add('choosable');
    row.addEventListener('click', () => {
      rows.forEach((each) => each.classList.toggle('chosen', each === row));
      focus(at);
      onRow(at);
    });
    row.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (event.key === 'Enter' || event.key === ' ') row.click();
      else if (step !== 0) focus(Math.max(0, Math.min(rows.length - 1, at + step)));
      else return;
      event.preventDefault();
    });
  });
}

function tableOf(table: Table, { time: heading = l10n.t('time'), none }: RowsLook): HTMLTableElement {
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, heading),
    ...table.names.map((name, at) => {
      const isNumber = table.columns[at]?.type === 'number';
      return h('th', { scope: 'col', ...(isNumber && { class: 'number' }) }, name);
    }),
  );
  const times = timeTexts(table.ts);
  const numbers = table.columns.map((column) =>
    column.type === 'number' ? numberTexts(table, column) : null,
  );
  const rows = times.map((time, row) => {
    const cells = table.columns.map((column, at) => {
      const [shown, whole] = [numbers[at]?.[row], cellText(table, column, row)];
      if (none !== undefined && column.valid?.[row] === 0) return h('td', { class: 'number' }, none);
      return shown === undefined
        ? h('td', {}, whole)
        : h('td', { class: 'number', ...(shown !== whole && { title: whole }) }, shown);
    });
    return h('tr', {}, h('th', { scope: 'row' }, time), ...cells);
  });
  return h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows));
}
