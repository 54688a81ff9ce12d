import * as l10n from '@vscode/l10n';
import type { PanelState } from '../../src/panel/state.js';
import { button, progressRing } from './controls.js';
import { h } from './dom.js';
import { glyph } from './glyphs.js';

export interface NoticeHandlers {
  /** Checks the strategy again; in an untrusted workspace, asks for trust first. */
  readonly onRetry: () => void;
  readonly onShowProblem: () => void;
}

/** Shown instead of a graph: loading, no nodes, or a problem. Null: there is a graph. */
export function placeholder(state: PanelState | null, on: NoticeHandlers): HTMLElement | null {
  if (state && !state.trusted && state.nodes === null) return untrustedPage(on);
  if (!state || (state.nodes === null && !state.problem)) {
    const text = state ? l10n.t('Loading {0}…', state.strategy) : l10n.t('Loading…');
    return h('div', { class: 'placeholder', role: 'status' }, progressRing(text), h('p', {}, text));
  }
  if (state.nodes === null && state.problem) return problemPage(state.problem, on);
  if (state.nodes?.length === 0) {
    return h(
      'div',
      { class: 'placeholder' },
      glyph('circle', 40),
      h('h2', {}, l10n.t('{0} has no nodes', state.strategy)),
      h(
        'p',
        {},
        l10n.t(
          'Create inputs and nodes in setup() and pass them to this.addNodes([…]). They appear here when you save the file.',
        ),
      ),
    );
  }
  return null;
}

function untrustedPage({ onRetry }: NoticeHandlers): HTMLElement {
  return h(
    'div',
    { class: 'placeholder' },
    glyph('info', 40),
    h('h2', {}, l10n.t('This workspace is not trusted')),
    h('p', {}, l10n.t('Trust this workspace to see the graph.')),
    h(
      'div',
      { class: 'row-buttons' },
      button({ text: l10n.t('Manage Trust'), look: 'primary', onClick: onRetry }),
    ),
  );
}

type Problem = NonNullable<PanelState['problem']>;

function problemTitle({ kind }: Problem): string {
  const texts: Readonly<Record<Problem['kind'], string>> = {
    cycle: l10n.t('The nodes form a cycle'),
    deleted: l10n.t('Strategy not found'),
    failed: l10n.t('The strategy could not be loaded'),
  };
  return texts[kind];
}

function problemPage(problem: Problem, on: NoticeHandlers): HTMLElement {
  const loop = problem.kind === 'cycle' && problem.path.length > 0 ? [cycleElement(problem.path)] : [];
  return h(
    'div',
    { class: 'placeholder', role: 'alert' },
    glyph(problem.kind === 'cycle' ? 'again' : 'warning', 40),
    h('h2', {}, problemTitle(problem)),
    ...loop,
    h('p', { class: 'message' }, problem.message),
    problemButtons(problem, on),
  );
}

function problemButtons(problem: Problem, { onRetry, onShowProblem }: NoticeHandlers): HTMLElement {
  const retry = button({ text: l10n.t('Try Again'), glyph: 'again', onClick: onRetry });
  const show = button({ text: l10n.t('Show Problem'), look: 'primary', onClick: onShowProblem });
  return h('div', { class: 'row-buttons' }, ...(problem.kind === 'deleted' ? [retry] : [show, retry]));
}

/** `a → b → a`: the closed cycle. */
function cycleElement(path: readonly string[]): HTMLElement {
  const closed = path.length > 1 && path[0] === path.at(-1) ? path : [...path, path[0] ?? ''];
  const steps = closed.map((name) => h('li', {}, h('span', { class: 'chip' }, name)));
  return h('ol', { class: 'cycle', 'aria-label': l10n.t('The cycle') }, ...steps);
}

/** A line above the graph about a limitation. Null: there is none. */
export function banner(state: PanelState | null, on: NoticeHandlers): HTMLElement | null {
  if (!state?.nodes) return null;
  if (state.problem) {
    const text = l10n.t(
      '{0}. The graph shows the last version that could be loaded. {1}',
      problemTitle(state.problem),
      state.problem.message,
    );
    return h(
      'div',
      { class: 'banner error', role: 'alert' },
      glyph('warning'),
      h('span', {}, text),
      problemButtons(state.problem, on),
    );
  }
  if (!state.trusted) {
    return h(
      'div',
      { class: 'banner' },
      glyph('info'),
      h('span', {}, l10n.t('This workspace is not trusted. Nothing is run.')),
    );
  }
  if (state.edited) {
    return h(
      'div',
      { class: 'banner', role: 'status' },
      glyph('pencil'),
      h('span', {}, l10n.t('The file has unsaved changes. Save it to see what becomes stale.')),
    );
  }
  return null;
}
