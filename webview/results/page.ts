import * as l10n from '@vscode/l10n';
import type { ListedRun, ResultsState } from '../../src/panel/results/messages.js';
import { headlines, percent } from '../../src/present/report/numbers.js';
import { cautions, modeText, stateText } from '../../src/present/report/words.js';
import { button, dropdown, progressRing, type Control, type ValueControl } from '../ui/controls.js';
import { h } from '../ui/dom.js';
import { glyph } from '../ui/glyphs.js';
import { Tabs } from '../ui/tabs.js';
import { EquityView } from './equity-view.js';
import { monthsElement } from './months.js';
import { numbersElement } from './numbers-view.js';
import { PositionsView } from './positions-view.js';
import type { ResultsHandlers } from './handlers.js';
import { TradesView } from './trades-view.js';
import type { ResultsTab, ResultsView } from './view-state.js';

type Report = NonNullable<ResultsState['report']>;

const NOBODY = '–';

/** A run's results: which run, its summary, and tabs. If there is nothing to show, it says why. */
export class ResultsPage {
  readonly #on: ResultsHandlers;
  readonly #title = h('h1', {});
  readonly #chooser = h('div', { class: 'tools' });
  readonly #buttons: HTMLElement;
  readonly #start: Control;
  readonly #stop: Control;
  readonly #html: Control;
  readonly #csv: Control;
  readonly #notes = h('div', { class: 'notes', 'aria-live': 'polite' });
  readonly #headlines = h('dl', { class: 'headlines' });
  readonly #tabs: Tabs<ResultsTab>;
  readonly #panel = h('div', { class: 'tab-panel', role: 'tabpanel', id: 'result' });
  readonly #instead = h('div', { class: 'instead' });
  readonly #body: HTMLElement;
  readonly #equity: EquityView;
  readonly #trades: TradesView;
  readonly #positions: PositionsView;
  /** The options of the selects: they are rebuilt only if these change, or an open list would close. */
  #choices = '';
  #shownTab = '';

  constructor(root: HTMLElement, on: ResultsHandlers) {
    this.#on = on;
    this.#equity = new EquityView();
    this.#trades = new TradesView(on);
    this.#positions = new PositionsView();
    const asks = (kind: 'start' | 'stop' | 'openHtml' | 'exportTrades') => () => on.ask(on.request(kind, {}));
    this.#start = button({ text: l10n.t('Start Run…'), glyph: 'run', onClick: asks('start') });
    this.#stop = button({ text: l10n.t('Stop Run'), glyph: 'stop', look: 'primary', onClick: asks('stop') });
    this.#html = button({ text: l10n.t('Open as HTML'), glyph: 'source', onClick: asks('openHtml') });
    this.#csv = button({
      text: l10n.t('Export Trades as CSV'),
      glyph: 'save',
      onClick: asks('exportTrades'),
    });
    this.#buttons = h('div', { class: 'tools' }, this.#start, this.#stop, this.#html, this.#csv);
    this.#tabs = new Tabs(
      [
        ['equity', l10n.t('Equity')],
        ['months', l10n.t('Returns by Month')],
        ['trades', l10n.t('Trades')],
        ['positions', l10n.t('Positions')],
        ['numbers', l10n.t('Numbers')],
      ],
      'result',
      (tab) => on.update({ tab }),
    );
    this.#body = h('div', { class: 'results-body' }, this.#headlines, this.#tabs.element, this.#panel);
    root.append(
      h('header', { class: 'results-head' }, this.#title, this.#chooser, this.#buttons),
      this.#notes,
      this.#instead,
      this.#body,
    );
  }

  show(state: ResultsState | null, view: ResultsView, failure: string | null): void {
    const report = state?.report ?? null;
    this.#showHead(state, report);
    this.#showChoices(state);
    this.#showNotes(state, report, failure);
    const instead = report?.outcome ? null : this.#nothing(state, report);
    this.#instead.hidden = instead === null;
    this.#instead.replaceChildren(...(instead ? [instead] : []));
    this.#body.hidden = instead !== null;
    if (report?.outcome) this.#showReport(report, state?.compared ?? null, view);
  }

  repaint(): void {
    this.#equity.repaint();
    this.#trades.repaint();
    this.#positions.repaint();
  }

  #showHead(state: ResultsState | null, report: Report | null): void {
    const run = state?.runs?.find((each) => each.run === state.run);
    const mode = report?.mode ?? run?.mode ?? null;
    const name = report
      ? l10n.t('{0} in {1}', report.strategy, report.world)
      : (state?.run ?? l10n.t('Results'));
    const badge = mode === null ? [] : [h('span', { class: `mode is-${mode}` }, modeText(mode))];
    const how = report ? [h('span', { class: 'quiet how' }, stateText(report.state))] : [];
    this.#title.replaceChildren(name, ...badge, ...how);
    this.#stop.hidden = !(state?.stoppable === true && report?.state === 'running');
    this.#start.hidden = state?.trusted !== true;
    this.#html.disabled = this.#csv.disabled = !report?.outcome;
  }

  #showChoices(state: ResultsState | null): void {
    const runs = state?.runs ?? [];
    const key = JSON.stringify([runs, state?.run, state?.other]);
    if (key === this.#choices) return;
    this.#choices = key;
    if (runs.length === 0 || !state) {
      this.#chooser.replaceChildren();
      return;
    }
    const options = runs.map((run) => [run.run, runText(run)] as const);
    const choose = dropdown(l10n.t('Run'), options, (run) =>
      this.#on.ask(this.#on.request('choose', { run })),
    );
    const others = options.filter(([run]) => run !== state.run);
    const compare = dropdown(l10n.t('Compare with'), [['', l10n.t('Compare with…')], ...others], (run) =>
      this.#on.ask(this.#on.request('compare', { run: run === '' ? null : run })),
    );
    const chosen: readonly (readonly [ValueControl, string])[] = [
      [choose, state.run ?? ''],
      [compare, state.other ?? ''],
    ];
    for (const [element, value] of chosen) element.setAttribute('current-value', value);
    this.#chooser.replaceChildren(choose, ...(others.length > 0 ? [compare] : []));
    // A select forgets its value if it is set before it is in the page.
    for (const [element, value] of chosen) element.value = value;
  }

  #showNotes(state: ResultsState | null, report: Report | null, failure: string | null): void {
    const notes = [
      ...(report?.outcome ? cautions(report) : []),
      ...(report && state?.problem !== null && state?.problem !== undefined ? [state.problem] : []),
    ].map((text) => h('div', { class: 'banner' }, glyph('info'), h('span', {}, text)));
    if (failure !== null)
      notes.unshift(
        h('div', { class: 'banner error', role: 'alert' }, glyph('warning'), h('span', {}, failure)),
      );
    this.#notes.replaceChildren(...notes);
  }

  /** Shown instead of numbers. */
  #nothing(state: ResultsState | null, report: Report | null): HTMLElement {
    if (!state) return loading(l10n.t('Loading…'));
    const retry = button({
      text: state.trusted ? l10n.t('Try Again') : l10n.t('Manage Trust'),
      glyph: 'again',
      onClick: () => this.#on.ask(this.#on.request('retry', {})),
    });
    if (!state.trusted)
      return place(
        'info',
        l10n.t('This workspace is not trusted'),
        [l10n.t('Trust this workspace to see its runs.')],
        retry,
      );
    if (state.runs?.length === 0)
      return place('circle', l10n.t('No runs yet'), [
        l10n.t(
          'A run hands a strategy to a world (worlds/NAME.yaml): a backtest over history, or on paper over a feed.',
        ),
        l10n.t('Start one with “Start Run…”, or in a terminal: seamless run STRATEGY --world NAME.'),
      ]);
    if (!report && state.problem !== null)
      return place('warning', l10n.t('The run cannot be shown'), [state.problem], retry);
    if (!report) return loading(l10n.t('Reading {0}…', state.run ?? ''));
    const waits = report.state === 'running';
    return place(
      waits ? 'run' : 'warning',
      waits ? l10n.t('Running') : stateText(report.state),
      cautions(report),
      retry,
    );
  }

  #showReport(report: Report, compared: Report | null, view: ResultsView): void {
    const { outcome } = report;
    if (!outcome) return;
    const beside = compared?.outcome ? headlines(compared.outcome) : [];
    this.#headlines.replaceChildren(
      ...headlines(outcome).map(({ name, value, meaning }, at) =>
        h(
          'div',
          { title: meaning },
          h('dt', {}, name),
          h(
            'dd',
            {},
            value,
            ...(beside[at] ? [h('span', { class: 'quiet' }, ` / ${beside[at].value}`)] : []),
          ),
        ),
      ),
    );
    this.#tabs.show(view.tab);
    this.#showTab(report, compared, view);
  }

  #showTab(report: Report, compared: Report | null, { tab, symbol }: ResultsView): void {
    // Attached first: a chart requests as many points as it is wide.
    const put = (element: HTMLElement): void => {
      if (this.#panel.firstChild !== element) this.#panel.replaceChildren(element);
    };
    // The table is rebuilt only for other numbers: it may be scrolled.
    const key = JSON.stringify([
      tab,
      report.run,
      report.outcome?.slots,
      compared?.run,
      compared?.outcome?.slots,
    ]);
    const isThere = key === this.#shownTab;
    this.#shownTab = key;
    switch (tab) {
      case 'equity':
        put(this.#equity.element);
        this.#equity.show(report, compared);
        break;
      case 'months':
        if (!isThere) put(monthsElement(report, compared));
        break;
      case 'trades':
        put(this.#trades.element);
        this.#trades.show(report, symbol);
        break;
      case 'positions':
        put(this.#positions.element);
        this.#positions.show(report);
        break;
      case 'numbers':
        if (!isThere) put(numbersElement(report, compared));
    }
  }
}

function runText({ run, mode, state, totalReturn }: ListedRun): string {
  const came = totalReturn === null ? NOBODY : percent(totalReturn);
  return [run, modeText(mode), state === 'finished' ? came : stateText(state)]
    .filter((part) => part !== '')
    .join(' · ');
}

function loading(text: string): HTMLElement {
  return h('div', { class: 'placeholder', role: 'status' }, progressRing(text), h('p', {}, text));
}

function place(
  name: Parameters<typeof glyph>[0],
  title: string,
  sentences: readonly string[],
  ...controls: readonly Control[]
): HTMLElement {
  const buttons = controls.length > 0 ? [h('div', { class: 'row-buttons' }, ...controls)] : [];
  return h(
    'div',
    { class: 'placeholder' },
    glyph(name, 40),
    h('h2', {}, title),
    ...sentences.map((sentence) => h('p', { class: 'message' }, sentence)),
    ...buttons,
  );
}
