import * as l10n from '@vscode/l10n';
import type { LiveRun, PanelProgress } from '../../src/panel/state.js';
import { progressLine } from '../../src/present/progress.js';
import { modeText } from '../../src/present/report/words.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { assign, h } from './dom.js';

/** The bottom line: the run's progress or the last result, and the legend of the bars. */
export class ProgressLine {
  readonly element: HTMLElement;
  readonly #world = h('div', { class: 'world', hidden: true });
  readonly #text = h('span', { class: 'progress-text' });
  readonly #fill = h('div', { class: 'progress-fill' });
  readonly #track = h('div', { class: 'progress-track', role: 'progressbar', hidden: true }, this.#fill);

  constructor() {
    assign(this.#track, { 'aria-label': l10n.t('Run'), 'aria-valuemin': 0, 'aria-valuemax': 100 });
    this.element = h(
      'footer',
      { class: 'progress' },
      this.#track,
      this.#world,
      h('div', { role: 'status' }, this.#text),
      legend(),
    );
  }

  /**
   * @param result the last run's line, or an error; null: nothing was run yet
   * @param run the active or last run in a world
   */
  show(running: PanelProgress | null, result: string | null, run: LiveRun | null): void {
    this.#showWorld(run);
    this.#track.hidden = running === null;
    if (!running) {
      this.#text.textContent = result ?? '';
      return;
    }
    const { fraction } = running;
    this.#text.textContent = progressLine(running);
    this.#track.classList.toggle('endless', fraction === null);
    assign(this.#track, { 'aria-valuenow': fraction === null ? null : Math.round(fraction * 100) });
    this.#fill.style.width = fraction === null ? '' : `${(fraction * 100).toFixed(1)}%`;
  }

  #showWorld(run: LiveRun | null): void {
    this.#world.hidden = run === null;
    if (!run) return;
    const { mode, world, asOf, ended } = run;
    this.#world.replaceChildren(
      h('span', { class: `mode is-${mode}` }, modeText(mode)),
      h('span', {}, world),
      ...(ended ? [h('span', { class: 'quiet' }, l10n.t('ended'))] : []),
      ...(asOf === null ? [] : [h('span', { class: 'quiet' }, l10n.t('as of {0}', formatTime(asOf)))]),
    );
  }
}

function legend(): HTMLElement {
  const entries: readonly (readonly [string, string])[] = [
    ['covered', l10n.t('complete')],
    ['gap', l10n.t('gap')],
    ['stale', l10n.t('stale')],
    ['failed', l10n.t('failed')],
    ['unavailable', l10n.t('unavailable')],
    ['not-yet', l10n.t('not yet')],
  ];
  const items = entries.map(([kind, text]) =>
    h('li', {}, h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text),
  );
  return h('ul', { class: 'legend', 'aria-label': l10n.t('Legend of the coverage bars') }, ...items);
}
