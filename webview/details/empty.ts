import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import { formatRange } from '../../src/sdk/time/time.js';
import { button, type ButtonOptions } from '../ui/controls.js';
import { h } from '../ui/dom.js';
import { glyph, type GlyphName } from '../ui/glyphs.js';

export interface EmptyHandlers {
  /** Runs the shown range. */
  readonly onRun: () => void;
  readonly onReveal: () => void;
  /** Asks for trust in the workspace. */
  readonly onTrust: () => void;
}

export interface EmptyFacts {
  readonly node: PanelNode;
  /** The range that a run would cover; null: unknown. */
  readonly target: Span | null;
  readonly running: boolean;
  readonly trusted: boolean;
}

/** Whether a node has no values in any version. */
export function isBare({ rows, coverage, stale, standing }: PanelNode): boolean {
  return rows === 0 && coverage.length === 0 && stale.length === 0 && standing !== 'uncached';
}

/** Shown instead of missing values: what would appear, and a button to get it. */
export function emptyElement(facts: EmptyFacts, on: EmptyHandlers): HTMLElement {
  const { node, target, running, trusted } = facts;
  const run: ButtonOptions = {
    text: l10n.t('Materialize'),
    look: 'primary',
    glyph: 'run',
    onClick: on.onRun,
  };
  if (running)
    return empty('again', l10n.t('The values of {0} appear here when the run has finished.', node.name));
  if (!trusted) {
    const trust: ButtonOptions = { text: l10n.t('Manage Trust'), look: 'primary', onClick: on.onTrust };
    const text = l10n.t('{0} has no values yet. Trust this workspace to run it.', node.name);
    return empty('info', text, trust);
  }
  if (node.standing === 'failed' || node.standing === 'blocked') {
    const text =
      node.standing === 'failed'
        ? l10n.t('{0} failed before its first row. Fix it, then run it again.', node.name)
        : l10n.t('{0} has no values yet: what it depends on failed.', node.name);
    const reveal: ButtonOptions[] = node.located
      ? [{ text: l10n.t('Reveal in Source'), glyph: 'source', onClick: on.onReveal }]
      : [];
    return empty('stop', text, run, ...reveal);
  }
  if (!target) {
    return empty(
      'circle',
      l10n.t('{0} has no values yet. Choose a range with Materialize Range… above the class.', node.name),
    );
  }
  const range = formatRange({ start: target[0], end: target[1] });
  return empty(
    'circle',
    l10n.t('{0} has no values yet. Materialize {1} to see them here.', node.name, range),
    run,
  );
}

function empty(icon: GlyphName, text: string, ...buttons: readonly ButtonOptions[]): HTMLElement {
  return h(
    'div',
    { class: 'empty' },
    glyph(icon, 28),
    h('p', {}, text),
    h('div', { class: 'row-buttons' }, ...buttons.map(button)),
  );
}
