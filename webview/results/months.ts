import * as l10n from '@vscode/l10n';
import type { ResultsState } from '../../src/panel/results/messages.js';
import { percent } from '../../src/present/report/numbers.js';
import { monthNames } from '../../src/present/report/words.js';
import { h } from '../ui/dom.js';

type Report = NonNullable<ResultsState['report']>;

/** Returns by month and year, a table per run. */
export function monthsElement(report: Report, compared: Report | null): HTMLElement {
  const tables = [report, ...(compared?.outcome ? [compared] : [])].flatMap((each) => [
    ...(compared?.outcome ? [h('h3', {}, each.run)] : []),
    h(
      'div',
      {
        class: 'table-frame',
        tabindex: '0',
        role: 'region',
        'aria-label': l10n.t('Returns by month of {0}', each.run),
      },
      tableOf(each),
    ),
  ]);
  return h('div', { class: 'result-view scrolls' }, ...tables);
}

function tableOf({ years }: Report): HTMLTableElement {
  const head = [l10n.t('year'), ...monthNames(), l10n.t('whole year')].map((title, at) =>
    h('th', { scope: 'col', ...(at > 0 && { class: 'number' }) }, title),
  );
  const largest = Math.max(1e-9, ...years.flatMap(({ months }) => months.map((each) => Math.abs(each ?? 0))));
  const cell = (value: number | null): HTMLElement => {
    if (value === null) return h('td', { class: 'number' });
    // The colour only adds to the sign.
    const strength = Math.round((Math.abs(value) / largest) * 4);
    return h('td', { class: `number ${value < 0 ? 'fell' : 'rose'} by${strength}` }, percent(value, 1));
  };
  const rows = years.map(({ year, months, total }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, String(year)),
      ...months.map(cell),
      h('td', { class: 'number total' }, percent(total, 1)),
    ),
  );
  return h('table', { class: 'months' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
}
