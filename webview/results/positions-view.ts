import * as l10n from '@vscode/l10n';
import type { ResultsState } from '../../src/panel/results/messages.js';
import { Chart } from '../details/chart.js';
import { h } from '../ui/dom.js';
import { seriesOf, spanOf, tableOf } from './series.js';

type Report = NonNullable<ResultsState['report']>;

/** How many lines can be told apart. */
const MOST = 8;

/** Units held of each symbol over time. */
export class PositionsView {
  readonly element = h('div', { class: 'result-view' });
  readonly #note = h('p', { class: 'quiet note' });
  readonly #chart = new Chart(() => undefined);
  #shown = '';

  show({ run, outcome, positions }: Report): void {
    const key = JSON.stringify([run, outcome?.slots, outcome?.fills]);
    if (key === this.#shown) return;
    this.#shown = key;
    if (positions.length === 0) {
      this.element.replaceChildren(
        h('p', { class: 'quiet note' }, l10n.t('Nothing was held: no order was filled.')),
      );
      return;
    }
    const shown = positions.slice(0, MOST);
    const table = tableOf(shown.map(({ symbol, points }) => ({ name: symbol, points })));
    const range = spanOf(table, 1);
    this.#note.textContent =
      shown.length < positions.length
        ? l10n.t('{0} of {1} symbols: the most traded by money.', shown.length, positions.length)
        : l10n.t('Units held; negative: short.');
    this.element.replaceChildren(this.#note, this.#chart.element);
    this.#chart.reset();
    this.#chart.show({
      ...{ node: l10n.t('Positions'), series: seriesOf(table, 1), range, whole: range },
      ...{ compare: false, stepped: true },
    });
  }

  repaint(): void {
    this.#chart.repaint();
  }
}
