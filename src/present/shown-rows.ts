import * as l10n from '@vscode/l10n';

import type { OtherVersion } from '../engine/plan/judged.js';
import type { NodeStanding } from './freshness.js';

/**
 * Which rows are shown of a node, where they are not those of its code and data as they are now: of the code before a change, of the
 * last run, or of the data before a change.
 */
export type ShownRows = OtherVersion | 'before-change';

/** @param judged whether the rows are of the very version that the standing is about. Null: they are those of now. */
export function shownRows(judged: boolean, standing: NodeStanding): ShownRows | null {
  if (!judged) return standing === 'uncached' ? 'last-run' : 'earlier';
  return standing === 'maybe-stale' ? 'before-change' : null;
}

/** `rows of an earlier version, from before the change`; empty for rows of now. */
export function shownRowsText(shown: ShownRows | null): string {
  switch (shown) {
    case 'earlier':
      return l10n.t('rows of an earlier version, from before the change');
    case 'last-run':
      return l10n.t('rows of the last run, which may have used other code');
    case 'before-change':
      return l10n.t('rows from before the change');
    case null:
      return '';
  }
}
