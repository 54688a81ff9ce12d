import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import { formatRange, formatTime } from '../../src/sdk/time/time.js';
import { assign, framed, h, s } from '../ui/dom.js';
import { shares } from './segments.js';
import { snapped } from './snap.js';
import { ticksOf } from '../../src/present/ticks.js';

const HEIGHT = 44;
const STRIP = { y: 34, height: 6 } as const;

interface AxisFacts {
  readonly range: Span | null;
  readonly nodes: readonly PanelNode[];
  /** The grid for a chosen range, in seconds. */
  readonly interval: number;
  readonly chosen: Span | null;
}

/** The time axis that all coverage bars share: drag to choose a range, or move its ends with the arrow keys. */
export class AxisView {
  readonly element: HTMLDivElement;
  readonly #svg = s('svg', { class: 'axis-drawing', height: HEIGHT, 'aria-hidden': 'true' });
  readonly #onChoose: (chosen: Span | null) => void;
  #facts: AxisFacts = { range: null, nodes: [], interval: 60, chosen: null };
  #from: number | null = null;
  readonly #draw = framed(() => this.#paint());

  constructor(onChoose: (chosen: Span | null) => void) {
    this.#onChoose = onChoose;
    this.element = h('div', { class: 'axis', tabindex: '0', role: 'group' }, this.#svg);
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.#listen();
  }

  show(facts: AxisFacts): void {
    this.#facts = facts;
    const { range, chosen } = facts;
    const shown = range ? formatRange({ start: range[0], end: range[1] }) : l10n.t('nothing');
    const label = chosen
      ? l10n.t('Time axis, {0}. Chosen: {1}', shown, formatRange({ start: chosen[0], end: chosen[1] }))
      : l10n.t('Time axis, {0}. Drag across it, or press Shift and an arrow key, to choose a range.', shown);
    assign(this.element, { 'aria-label': label, hidden: range === null });
    this.#draw();
  }

  #listen(): void {
    const { element } = this;
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !this.#facts.range) return;
      this.#from = this.#timeAt(event.clientX);
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener('pointermove', (event) => {
      const { range, interval } = this.#facts;
      if (this.#from === null || !range) return;
      this.#onChoose(snapped(this.#from, this.#timeAt(event.clientX), interval, range));
    });
    const end = (event: PointerEvent): void => {
      if (this.#from !== null && event.type === 'pointerup' && this.#isClick(event.clientX))
        this.#onChoose(null);
      this.#from = null;
    };
    element.addEventListener('pointerup', end);
    element.addEventListener('pointercancel', end);
    element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#onChoose(null);
      else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') this.#nudge(event);
      else return;
      event.preventDefault();
    });
  }

  /** An arrow moves the chosen range, with Shift only its end; without a range, it chooses the last tenth. */
  #nudge(event: KeyboardEvent): void {
    const { range, chosen, interval } = this.#facts;
    if (!range) return;
    const width = range[1] - range[0];
    const step = Math.max(interval, width / 100) * (event.key === 'ArrowLeft' ? -1 : 1);
    if (!chosen) this.#onChoose(snapped(range[1] - width / 10, range[1], interval, range));
    else if (event.shiftKey) this.#onChoose(snapped(chosen[0], chosen[1] + step, interval, range) ?? chosen);
    else this.#onChoose(snapped(chosen[0] + step, chosen[1] + step, interval, range) ?? chosen);
  }

  #isClick(clientX: number): boolean {
    return this.#from !== null && Math.abs(this.#xOf(this.#from) - this.#xOf(this.#timeAt(clientX))) < 3;
  }

  #timeAt(clientX: number): number {
    const { left, width } = this.element.getBoundingClientRect();
    const [start, end] = this.#facts.range ?? [0, 1];
    const share = Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)));
    return start + share * (end - start);
  }

  #xOf(time: number): number {
    const [start, end] = this.#facts.range ?? [0, 1];
    return ((time - start) / (end - start)) * this.element.clientWidth;
  }

  #paint(): void {
    const { range, nodes, chosen } = this.#facts;
    const width = this.element.clientWidth;
    if (!range || width === 0) {
      this.#svg.replaceChildren();
      return;
    }
    assign(this.#svg, { width });
    const ticks = ticksOf(range, Math.max(1, Math.floor(width / 96))).flatMap(({ time, text }) => {
      const x = this.#xOf(time);
      const room = x + text.length * 6.5 + 6 < width;
      return [
        s('path', { class: 'tick', d: `M${x} 18v14` }),
        ...(room ? [s('text', { class: 'tick-text', x: x + 4, y: 28 }, text)] : []),
      ];
    });
    const ends = [
      s('text', { class: 'end-text', x: 4, y: 12 }, brief(range[0])),
      s('text', { class: 'end-text', x: width - 4, y: 12, 'text-anchor': 'end' }, brief(range[1])),
    ];
    this.#svg.replaceChildren(
      ...strip(nodes, range, width),
      ...this.#chosenParts(chosen),
      ...ticks,
      ...ends,
      ...(chosen ? [chosenText(chosen, width)] : []),
    );
  }

  #chosenParts(chosen: Span | null): SVGElement[] {
    if (!chosen) return [];
    const [a, b] = [this.#xOf(chosen[0]), this.#xOf(chosen[1])];
    return [
      s('rect', { class: 'chosen', x: a, y: 0.5, width: Math.max(2, b - a), height: HEIGHT - 1 }),
      s('path', { class: 'chosen-end', d: `M${a} 0v${HEIGHT}M${b} 0v${HEIGHT}` }),
    ];
  }
}

/** Between the ends of the axis, where there is room even in a narrow panel. */
function chosenText([start, end]: Span, width: number): SVGElement {
  const text = l10n.t('Chosen: {0}', `${brief(start)} → ${brief(end)}`);
  return s('text', { class: 'chosen-text', x: width / 2, y: 12, 'text-anchor': 'middle' }, text);
}

/** `2023-03-01 04:00` in UTC, with seconds if not zero. */
function brief(time: number): string {
  return formatTime(time)
    .replace(/T(\d\d:\d\d)(?::00)?/, ' $1')
    .replace('Z', '');
}

/** Where all nodes are complete, and where some are. */
function strip(nodes: readonly PanelNode[], range: Span, width: number): SVGElement[] {
  const parts: SVGElement[] = [s('rect', { class: 'ground', x: 0, ...STRIP, width })];
  const all = shares(nodes, range, Math.max(1, Math.floor(width)));
  for (let from = 0; from < all.length;) {
    const share = all[from] ?? 0;
    let to = from + 1;
    while (to < all.length && all[to] === share) to++;
    if (share > 0) {
      const opacity = share === 1 ? 1 : 0.25 + share * 0.35;
      parts.push(s('rect', { class: 'segment covered', x: from, ...STRIP, width: to - from, opacity }));
    }
    from = to;
  }
  return parts;
}
