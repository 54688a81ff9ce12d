import * as l10n from '@vscode/l10n';
import type { PanelRows } from '../../src/panel/requests.js';
import type { ResultsState } from '../../src/panel/results/messages.js';
import type { Span, Table } from '../../src/panel/state.js';
import { formatCount } from '../../src/present/format.js';
import { shownTrades, type ShownTrade } from '../../src/present/report/trades.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { Chart } from '../details/chart.js';
import { PAGE, RowsView } from '../details/rows-view.js';
import { dropdown } from '../ui/controls.js';
import { h, s } from '../ui/dom.js';
import { messageOf } from '../ui/words.js';
import type { ResultsHandlers } from './handlers.js';
import { seriesOf } from './series.js';

type Report = NonNullable<ResultsState['report']>;

/** Bars around the shown trade, as a share of its length, and the least number. */
const ROOM = 0.6;
const LEAST_ROOM = 20;

/** A symbol's prices with its fills, and the trades below: a row jumps to its bars. */
export class TradesView {
  readonly element = h('div', { class: 'result-view' });
  readonly #on: ResultsHandlers;
  readonly #note = h('p', { class: 'quiet note', role: 'status' });
  readonly #symbols = h('span', {});
  readonly #chart: Chart;
  readonly #rows: RowsView;
  #report: Report | null = null;
  #symbol = '';
  #trades: ShownTrade[] = [];
  #from = 0;
  #whole: Span | null = null;
  #zoom: Span | null = null;
  #interval = 1;
  /** The shown trade. */
  #chosen: ShownTrade | null = null;
  #asked = 0;
  #shown = '';

  constructor(on: ResultsHandlers) {
    this.#on = on;
    this.#chart = new Chart((zoom) => {
      this.#zoom = zoom;
      this.#load();
    });
    this.#rows = new RowsView(
      {
        onPage: (from) => {
          this.#from = from;
          this.#showRows();
        },
        onCopy: (text) => on.ask(on.request('copy', { text })),
        onRow: (row) => this.#jump(this.#trades[this.#from + row] ?? null),
      },
      { time: l10n.t('opened'), none: '–', empty: l10n.t('No trade yet.') },
    );
    const legend = h(
      'span',
      { class: 'fill-legend' },
      ...legendEntry('bought', 'M4 0 8 8H0z', l10n.t('bought')),
      ...legendEntry('sold', 'M4 8 0 0h8z', l10n.t('sold')),
    );
    const head = h('div', { class: 'trades-head' }, this.#symbols, legend, this.#note);
    this.element.append(head, this.#chart.element, this.#rows.element);
  }

  show(report: Report, symbol: string | null): void {
    const known = symbolsOf(report);
    const wanted = known.includes(symbol ?? '') ? (symbol ?? '') : (known[0] ?? '');
    const key = JSON.stringify([report.run, report.outcome?.slots, report.outcome?.fills, wanted]);
    if (key === this.#shown) return;
    const isOther = this.#report?.run !== report.run;
    this.#shown = key;
    this.#report = report;
    this.#trades = report.outcome ? shownTrades(report.outcome) : [];
    if (isOther || this.#from >= this.#trades.length) this.#from = 0;
    if (isOther || wanted !== this.#symbol) {
      if (isOther) this.#chosen = null;
      this.#whole = null;
      this.#zoom = null;
      this.#chart.reset();
      this.#showSymbols(known, wanted);
    }
    this.#symbol = wanted;
    this.#showRows();
    this.#load();
  }

  repaint(): void {
    this.#chart.repaint();
  }

  #showSymbols(known: readonly string[], chosen: string): void {
    if (known.length < 2) {
      this.#symbols.replaceChildren(h('strong', {}, chosen));
      return;
    }
    const choice = dropdown(
      l10n.t('Symbol'),
      known.map((symbol) => [symbol, symbol] as const),
      (symbol) => this.#on.update({ symbol }),
    );
    choice.setAttribute('current-value', chosen);
    this.#symbols.replaceChildren(choice);
    choice.value = chosen;
  }

  #showRows(): void {
    const rows: PanelRows = {
      judged: true,
      total: this.#trades.length,
      from: this.#from,
      table: tradesTable(this.#trades.slice(this.#from, this.#from + PAGE)),
    };
    this.#rows.show(rows, '');
  }

  /** Shows a trade's bars, with some around them. */
  #jump(trade: ShownTrade | null): void {
    if (!trade) return;
    this.#chosen = trade;
    if (trade.symbol !== this.#symbol) {
      this.#on.update({ symbol: trade.symbol });
      return;
    }
    this.#load();
  }

  #lookAtChosen(): void {
    const trade = this.#chosen;
    if (!trade || !this.#whole) return;
    const [first, last] = this.#whole;
    const end = trade.closed ?? last;
    const room = Math.max(LEAST_ROOM * this.#interval, (end - trade.opened) * ROOM);
    this.#chart.lookAt([Math.max(first, trade.opened - room), Math.min(last, end + room)]);
  }

  #load(): void {
    const report = this.#report;
    if (!report || this.#symbol === '') {
      this.#note.textContent = l10n.t('It trades nothing.');
      return;
    }
    const asked = ++this.#asked;
    const symbol = this.#symbol;
    const chosen = this.#chosen;
    const range = this.#zoom;
    this.element.setAttribute('aria-busy', 'true');
    this.#on
      .request('prices', { run: report.run, symbol, range, maxPoints: this.#chart.points })
      .then(({ whole, table, fills, filled, interval }) => {
        if (asked !== this.#asked) return;
        this.#note.textContent = noteOf(fills.length, filled, whole);
        if (!whole) {
          this.#chart.clear();
          return;
        }
        const isFirst = this.#whole === null;
        [this.#whole, this.#interval] = [whole, Math.max(1, interval)];
        const marked: Span[] = chosen?.symbol === symbol ? [[chosen.opened, chosen.closed ?? whole[1]]] : [];
        this.#chart.show({
          ...{ node: symbol, series: seriesOf(table, this.#interval), range: range ?? whole, whole },
          ...{ compare: false, fills, marked },
        });
        if (chosen && (isFirst || this.#jumped !== chosen)) {
          this.#jumped = chosen;
          this.#lookAtChosen();
        }
      })
      .catch((error: unknown) => {
        if (asked !== this.#asked) return;
        this.#chart.clear();
        this.#note.textContent = messageOf(error);
        this.#on.log(error);
      })
      .finally(() => {
        if (asked === this.#asked) this.element.removeAttribute('aria-busy');
      });
  }

  /** The last trade jumped to: the view may move away from it. */
  #jumped: ShownTrade | null = null;
}

function legendEntry(style: string, path: string, text: string): (Node | string)[] {
  const mark = s('svg', { class: style, width: 8, height: 8, 'aria-hidden': 'true' });
  mark.append(s('path', { d: path }));
  return [mark, text];
}

/** Traded symbols, by money, then the others. */
function symbolsOf({ positions, symbols }: Report): string[] {
  return [...new Set([...positions.map(({ symbol }) => symbol), ...symbols])];
}

function noteOf(shown: number, filled: number, whole: Span | null): string {
  if (!whole) return l10n.t('Its prices are no longer stored: run the backtest again to restore them.');
  if (shown < filled)
    return l10n.t(
      '{0} of {1} fills are marked: zoom in to see all.',
      formatCount(shown),
      formatCount(filled),
    );
  return filled === 1 ? l10n.t('1 fill') : l10n.t('{0} fills', formatCount(filled));
}

function tradesTable(trades: readonly ShownTrade[]): Table {
  const numbers = (of: (trade: ShownTrade) => number | null): Table['columns'][number] => ({
    type: 'number',
    values: Float64Array.from(trades, (trade) => of(trade) ?? Number.NaN),
    valid: Uint8Array.from(trades, (trade) => (of(trade) === null ? 0 : 1)),
  });
  const texts = (of: (trade: ShownTrade) => string): Table['columns'][number] => ({
    type: 'string',
    values: trades.map(of),
    valid: null,
  });
  const columns: readonly (readonly [string, Table['columns'][number]])[] = [
    [l10n.t('symbol'), texts(({ symbol }) => symbol)],
    [l10n.t('side'), texts(({ side }) => (side === 'long' ? l10n.t('long') : l10n.t('short')))],
    [l10n.t('units'), numbers(({ quantity }) => quantity)],
    [l10n.t('closed'), texts(({ closed }) => (closed === null ? l10n.t('open') : formatTime(closed)))],
    [l10n.t('bars held'), numbers(({ bars }) => bars)],
    [l10n.t('entry'), numbers(({ entry }) => entry)],
    [l10n.t('exit'), numbers(({ exit }) => exit)],
    [l10n.t('fees'), numbers(({ fees }) => fees)],
    [l10n.t('profit'), numbers(({ profit }) => profit)],
  ];
  return {
    shape: 'record',
    ts: Float64Array.from(trades, ({ opened }) => opened),
    names: columns.map(([title]) => title),
    columns: columns.map(([, column]) => column),
    present: null,
  };
}
