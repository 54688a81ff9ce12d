import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import { plural } from '../../src/present/format.js';
import { formatRange } from '../../src/sdk/time/time.js';
import { segmentAt } from '../axis/segments.js';
import { h } from './dom.js';
import { segmentText } from './words.js';

/** Milliseconds that the pointer rests before rows are counted. */
const REST = 150;

/** The text under the pointer: a node, and over its bar, the segment with its rows. */
export class Tooltip {
  readonly element = h('div', { class: 'tooltip', role: 'tooltip', hidden: true });
  readonly #countRows: (node: string, span: Span) => Promise<number>;
  readonly #onError: (error: unknown) => void;
  #shown = '';
  #timer = 0;

  /** @param countRows counts a node's rows within a segment */
  constructor(countRows: (node: string, span: Span) => Promise<number>, onError: (error: unknown) => void) {
    this.#countRows = countRows;
    this.#onError = onError;
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.#shown = '';
    this.element.hidden = true;
  }

  /** A node: its full name, and the reason for its state. */
  showText(title: string, text: string, at: PointerEvent): void {
    this.#put(`${title}\n${text}`, [h('strong', {}, title), h('div', {}, text)], at);
  }

  /** A bar's segment at a time. */
  showSegment(node: PanelNode, range: Span, time: number, at: PointerEvent): void {
    const { kind, span } = segmentAt(node, range, time);
    const count = h('div', { class: 'rows' });
    const lines = [
      h('strong', {}, node.name),
      h('div', {}, segmentText(kind)),
      h('div', {}, formatRange({ start: span[0], end: span[1] })),
      count,
    ];
    const key = `${node.name} ${kind} ${span.join()} ${node.rows}`;
    const isNew = key !== this.#shown;
    this.#put(key, lines, at);
    if (!isNew || kind !== 'covered') return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#countRows(node.name, span).then(
        (rows) => (count.textContent = plural(rows, 'row')),
        (error: unknown) => {
          count.textContent = l10n.t('The rows could not be counted.');
          this.#onError(error);
        },
      );
    }, REST);
  }

  #put(key: string, children: readonly Node[], { clientX, clientY }: PointerEvent): void {
    if (key !== this.#shown) this.element.replaceChildren(...children);
    this.#shown = key;
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.min(clientX + 14, window.innerWidth - width - 6);
    const top = clientY + 18 + height > window.innerHeight ? clientY - height - 10 : clientY + 18;
    this.element.style.left = `${Math.max(4, left)}px`;
    this.element.style.top = `${Math.max(4, top)}px`;
  }
}
