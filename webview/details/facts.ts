import * as l10n from '@vscode/l10n';
import type { PanelNode, Span } from '../../src/panel/state.js';
import { formatCount, formatDuration, plural } from '../../src/present/format.js';
import { formatInterval, formatRange } from '../../src/sdk/time/time.js';
import { reachSeconds, type NodeGraph } from '../graph/model.js';
import { h } from '../ui/dom.js';
import { segmentText } from '../ui/words.js';
import { SEGMENT_KINDS, spansOf } from '../axis/segments.js';

/** How many ranges of a kind are listed; the bar shows them all. */
const MOST_STRETCHES = 6;

/** The facts about a node besides its values. @param onSelect shows another node */
export function factsElement(
  node: PanelNode,
  graph: NodeGraph,
  onSelect: (name: string) => void,
): HTMLElement {
  const readers = graph.hasNode(node.name) ? graph.outNeighbors(node.name) : [];
  const list = h('dl', { class: 'facts' });
  const add = (term: string, ...values: readonly (Node | string)[]): void => {
    list.append(h('dt', {}, term), h('dd', {}, ...values));
  };
  // A single change is stated above already.
  if (node.changes.length > 1) {
    add(l10n.t('Changed'), ...node.changes.map((change) => h('div', {}, changeText(change))));
  }
  add(l10n.t('Made by'), node.label);
  add(l10n.t('Interval'), formatInterval(node.interval));
  if (node.inputs.length > 0) {
    add(
      l10n.t('Inputs'),
      ...node.inputs.map(({ name, period, span }) =>
        h(
          'div',
          {},
          link(name, onSelect),
          ` × ${span === undefined ? plural(period, 'bar') : formatInterval(span)}`,
        ),
      ),
    );
    add(l10n.t('Reach'), formatDuration(reachSeconds(graph, node.name) * 1000));
  }
  if (readers.length > 0) {
    add(l10n.t('Read by'), ...readers.map((name) => h('div', {}, link(name, onSelect))));
  }
  add(l10n.t('Rows'), formatCount(node.rows));
  for (const kind of SEGMENT_KINDS.toReversed()) {
    const spans = spansOf(node, kind);
    if (spans.length > 0) add(capital(segmentText(kind)), ...ranges(spans));
  }
  if (node.reused.length > 0) add(l10n.t('Reused'), ...ranges(node.reused));
  return list;
}

/** How a stream's file is read, line by line. */
export function sourceFacts(lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  return [h('dt', {}, l10n.t('Read as')), h('dd', {}, ...lines.map((line) => h('div', {}, line)))];
}

function changeText({ text, file }: PanelNode['changes'][number]): string {
  return file === null || text.includes(file) ? text : `${text} (${file})`;
}

function link(name: string, onSelect: (name: string) => void): HTMLElement {
  const element = h('button', { class: 'link', type: 'button' }, name);
  element.addEventListener('click', () => onSelect(name));
  return element;
}

function ranges(spans: readonly Span[]): HTMLElement[] {
  const shown = spans
    .slice(0, MOST_STRETCHES)
    .map(([start, end]) => h('div', {}, formatRange({ start, end })));
  const more = spans.length - shown.length;
  return more > 0
    ? [...shown, h('div', { class: 'quiet' }, l10n.t('and {0} more', formatCount(more)))]
    : shown;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
