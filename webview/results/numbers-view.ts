import * as l10n from '@vscode/l10n';
import type { ResultsState } from '../../src/panel/results/messages.js';
import { countNumbers, metricNumbers, type NamedNumber } from '../../src/present/report/numbers.js';
import { h } from '../ui/dom.js';

type Report = NonNullable<ResultsState['report']>;

/** All numbers with their meaning; two runs side by side. */
export function numbersElement(report: Report, compared: Report | null): HTMLElement {
  const shown = [report, ...(compared?.outcome ? [compared] : [])];
  const columns = shown.map(numbersOf);
  const rows = (columns[0] ?? []).map(({ name, meaning }, at) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      ...columns.map((numbers) => h('td', { class: 'number' }, numbers[at]?.value ?? '')),
      h('td', { class: 'quiet meaning' }, meaning),
    ),
  );
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, l10n.t('number')),
    ...shown.map(({ run }) =>
      h('th', { scope: 'col', class: 'number' }, shown.length > 1 ? run : l10n.t('value')),
    ),
    h('th', { scope: 'col' }, l10n.t('meaning')),
  );
  return h(
    'div',
    { class: 'result-view' },
    h(
      'div',
      { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': l10n.t('Numbers') },
      h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows)),
    ),
  );
}

function numbersOf({ outcome }: Report): NamedNumber[] {
  return outcome ? [...countNumbers(outcome), ...metricNumbers(outcome.metrics)] : [];
}
