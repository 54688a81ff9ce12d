import * as l10n from '@vscode/l10n';
import type { PanelDifference, PanelSeries } from '../../src/panel/requests.js';
import { formatCount, formatSpans } from '../../src/present/format.js';
import { formatNumber } from '../../src/present/values.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { h } from '../ui/dom.js';

/** Before and after in sentences: how many bars differ, where, and by how much. */
export function differenceElement(series: PanelSeries): HTMLElement {
  const [, before] = series.versions;
  if (!before)
    return quiet(l10n.t('No earlier version: this node has not changed since it was first stored.'));
  const { difference } = series;
  if (!difference || difference.compared.length === 0) {
    return quiet(
      l10n.t('The two versions have no bars in common to compare. Materialize the range, then try again.'),
    );
  }
  return h('ul', { class: 'facts' }, ...sentences(difference).map((sentence) => h('li', {}, sentence)));
}

function quiet(text: string): HTMLElement {
  return h('p', { class: 'quiet' }, text);
}

/** The result of a comparison. Bars of only one version are mentioned if there are any. */
export function sentences(found: PanelDifference): string[] {
  const { common, changed, onlyBefore, onlyAfter, largest, first, spans } = found;
  const lines = [
    changed + onlyBefore + onlyAfter === 0
      ? l10n.t('All {0} bars are the same, bit for bit.', formatCount(common))
      : l10n.t('{0} of {1} bars differ.', formatCount(changed), formatCount(common)),
  ];
  if (onlyBefore > 0) lines.push(l10n.t('Bars only in the earlier version: {0}.', formatCount(onlyBefore)));
  if (onlyAfter > 0) lines.push(l10n.t('Bars only in this version: {0}.', formatCount(onlyAfter)));
  if (largest) {
    const { difference, column, ts } = largest;
    lines.push(
      l10n.t('Largest difference: {0}, in {1} at {2}.', formatNumber(difference), column, formatTime(ts)),
    );
  }
  if (first) {
    const none = l10n.t('no row');
    lines.push(
      l10n.t(
        'First at {0}: {1} before, {2} now.',
        formatTime(first.ts),
        first.before ?? none,
        first.after ?? none,
      ),
    );
  }
  if (spans.length > 0) lines.push(l10n.t('Where: {0}', formatSpans(spans)));
  return lines;
}
