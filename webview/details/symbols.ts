import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import { formatCount } from '../../src/present/format.js';
import { symbolsOf, worstFirst } from '../../src/present/families.js';
import { SEGMENT_KINDS, segmentsOf, spansOf } from '../axis/segments.js';
import { textField } from '../ui/controls.js';
import { h, s } from '../ui/dom.js';
import { glyph, standingGlyph } from '../ui/glyphs.js';
import { checked, shownStandingText } from '../ui/words.js';

/** Size of a symbol's coverage bar in pixels. */
const BAR = { width: 140, height: 9 } as const;

interface SymbolsFacts {
  readonly members: readonly PanelNode[];
  readonly range: Span | null;
  /** Code and data are being checked. */
  readonly checking: boolean;
}

/** A family's symbols with their state and coverage, problems first. */
export class Symbols {
  readonly element: HTMLElement;
  readonly #onSelect: (name: string) => void;
  readonly #list = h('ul', { class: 'symbols', 'aria-label': l10n.t('Symbols') });
  readonly #none = h('p', { class: 'quiet', hidden: true });
  #wanted = '';
  #facts: SymbolsFacts | null = null;

  constructor(onSelect: (name: string) => void) {
    this.#onSelect = onSelect;
    const search = textField(l10n.t('Find a symbol'), (text) => {
      this.#wanted = text.trim();
      this.#draw();
    });
    this.element = h('div', { class: 'symbols-view' }, search, this.#none, this.#list);
    this.#list.addEventListener('keydown', (event) => this.#step(event));
  }

  show(facts: SymbolsFacts): void {
    this.#facts = facts;
    this.#draw();
  }

  #draw(): void {
    if (!this.#facts) return;
    const { members, range, checking } = this.#facts;
    const wanted = this.#wanted.toLowerCase();
    const found = symbolsOf(members).filter(({ symbol = '' }) => symbol.toLowerCase().includes(wanted));
    const focused = this.#focused()?.dataset['node'];
    this.#list.replaceChildren(...worstFirst(found).map((node) => this.#row(node, range, checking)));
    this.#none.hidden = found.length > 0;
    this.#none.textContent = l10n.t('No symbol has {0} in it.', this.#wanted);
    if (focused !== undefined)
      this.#buttons()
        .find(({ dataset }) => dataset['node'] === focused)
        ?.focus();
  }

  #row(node: PanelNode, range: Span | null, checking: boolean): HTMLLIElement {
    const standing = checked(node.standing, checking);
    const rows = l10n.t('{0} rows', formatCount(node.rows));
    const symbol = node.symbol ?? node.name;
    const button = h(
      'button',
      {
        type: 'button',
        class: `symbol is-${standing}`,
        title: node.why,
        'data-node': node.name,
      },
      glyph(standingGlyph(standing)),
      h('span', { class: 'symbol-name' }, symbol),
      // A screen reader needs spaces between the words.
      ' ',
      h('span', { class: 'quiet' }, shownStandingText(standing)),
      ' ',
      coverageBar(node, range),
      h('span', { class: 'quiet number' }, rows),
    );
    button.addEventListener('click', () => this.#onSelect(node.name));
    return h('li', {}, button);
  }

  #step(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const buttons = this.#buttons();
    const next = buttons[buttons.indexOf(this.#focused() as HTMLButtonElement) + step];
    if (step === 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll('button')];
  }

  #focused(): HTMLButtonElement | null {
    return this.#list.querySelector<HTMLButtonElement>('button:focus');
  }
}

function coverageBar(node: PanelNode, range: Span | null): SVGSVGElement {
  const { width, height } = BAR;
  const segments = range
    ? SEGMENT_KINDS.flatMap((kind) => segmentsOf(spansOf(node, kind), kind, range, width))
    : [];
  return s(
    'svg',
    { ...BAR, 'aria-hidden': 'true' },
    s('rect', { class: 'ground', width, height }),
    ...segments.map(({ kind, from, to }) =>
      s('rect', { class: `segment ${kind}`, x: from, y: 0, width: to - from, height }),
    ),
  );
}
