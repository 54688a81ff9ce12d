import * as l10n from '@vscode/l10n';
import type { PanelSplit } from '../../src/panel/state.js';
import { assign, h } from './dom.js';

/** Where the pane is, as the style sheet decides by the panel's shape. */
const BELOW = window.matchMedia('(max-width: 760px), (max-aspect-ratio: 1/1)');

const LEAST = { beside: 280, below: 160 } as const;

/** The least size of the graph. */
const LEFT = { beside: 240, below: 120 } as const;

const STEP = 24;

/** The edge between graph and pane: drag it, or use the arrow keys; double-click to reset it. */
export class Splitter {
  readonly element = h('div', { class: 'splitter', role: 'separator', tabindex: '0' });
  readonly #pane: HTMLElement;
  readonly #onSplit: (split: PanelSplit) => void;
  #split: PanelSplit = { beside: null, below: null };

  constructor(pane: HTMLElement, onSplit: (split: PanelSplit) => void) {
    this.#pane = pane;
    this.#onSplit = onSplit;
    assign(this.element, { 'aria-label': l10n.t('Size of the details') });
    BELOW.addEventListener('change', () => this.#apply());
    this.#listen();
  }

  show(split: PanelSplit, isShown: boolean): void {
    this.#split = split;
    this.element.hidden = !isShown;
    this.#apply();
  }

  get #side(): keyof PanelSplit {
    return BELOW.matches ? 'below' : 'beside';
  }

  #apply(): void {
    const size = this.#split[this.#side];
    this.#pane.style.flexBasis = size === null ? '' : `${this.#clamped(size)}px`;
    const { offsetWidth, offsetHeight } = this.#pane;
    assign(this.element, {
      'aria-orientation': BELOW.matches ? 'horizontal' : 'vertical',
      'aria-valuemin': LEAST[this.#side],
      'aria-valuenow': BELOW.matches ? offsetHeight : offsetWidth,
      'aria-valuemax': Math.max(LEAST[this.#side], this.#most),
    });
  }

  get #most(): number {
    const frame = this.#pane.parentElement;
    const all = (BELOW.matches ? frame?.clientHeight : frame?.clientWidth) ?? 0;
    return all - LEFT[this.#side];
  }

  #clamped(size: number): number {
    return Math.round(Math.max(LEAST[this.#side], Math.min(this.#most, size)));
  }

  #move(size: number | null): void {
    this.#split = { ...this.#split, [this.#side]: size === null ? null : this.#clamped(size) };
    this.#apply();
    this.#onSplit(this.#split);
  }

  #listen(): void {
    const { element } = this;
    let isDragged = false;
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      isDragged = true;
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener('pointermove', (event) => {
      if (!isDragged) return;
      const { right, bottom } = this.#pane.getBoundingClientRect();
      this.#move(BELOW.matches ? bottom - event.clientY : right - event.clientX);
    });
    const end = (): void => {
      isDragged = false;
    };
    element.addEventListener('pointerup', end);
    element.addEventListener('pointercancel', end);
    element.addEventListener('dblclick', () => this.#move(null));
    element.addEventListener('keydown', (event) => {
      const [larger, smaller] = BELOW.matches ? ['ArrowUp', 'ArrowDown'] : ['ArrowLeft', 'ArrowRight'];
      const step = event.key === larger ? STEP : event.key === smaller ? -STEP : 0;
      if (step === 0) return;
      event.preventDefault();
      const { offsetWidth, offsetHeight } = this.#pane;
      this.#move((BELOW.matches ? offsetHeight : offsetWidth) + step);
    });
  }
}
