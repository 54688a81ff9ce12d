import * as l10n from '@vscode/l10n';
import type { ResultsState } from '../../src/panel/results/messages.js';
import { Chart } from '../details/chart.js';
import { h } from '../ui/dom.js';
import { equityLines, seriesOf, spanOf, tableOf } from './series.js';

type Report = NonNullable<ResultsState['report']>;

/** Equity and drawdown over time; for two runs, their returns. */
export class EquityView {
  readonly element = h('div', { class: 'result-view' });
  readonly #chart = new Chart(() => undefined);
  #shown = '';

  constructor() {
    this.element.append(this.#chart.element);
  }

  show(report: Report, compared: Report | null): void {
    const key = JSON.stringify([report.run, report.outcome?.slots, compared?.run, compared?.outcome?.slots]);
    if (key === this.#shown) return;
    this.#shown = key;
    const lines = equityLines(report, compared, {
      equity: l10n.t('equity'),
      drawdown: l10n.t('drawdown, %'),
      returnOf: (run) => l10n.t('return of {0}, %', run),
      drawdownOf: (run) => l10n.t('drawdown of {0}, %', run),
    });
    const table = tableOf(lines);
    const range = spanOf(table, 1);
    this.#chart.reset();
    this.#chart.show({
      ...{ node: compared ? l10n.t('Returns and drawdowns') : l10n.t('Equity and drawdown') },
      ...{ series: seriesOf(table, 1), range, whole: range, compare: false },
      // Returns above, drawdowns below.
      panes: [table.names.slice(0, table.names.length / 2), table.names.slice(table.names.length / 2)],
    });
  }

  repaint(): void {
    this.#chart.repaint();
  }
}
