import * as l10n from '@vscode/l10n';

import type { OtherVersion } from '../engine/plan/judged.js';
import type { NodeStanding } from './freshness.js';

/** Where shown rows come from if they are not current: earlier code, the last run, or earlier data. */
export type ShownRows = OtherVersion | 'before-change';

/** @param judged whether the rows belong to the version that the state describes. Null: they are current. */
export function shownRows(judged: boolean, standing: NodeStanding): ShownRows | null {
  if (!judged) return standing === 'uncached' ? 'last-run' : 'earlier';
  return standing === 'maybe-stale' ? 'before-change' : null;
}

/** `rows of an earlier version, from before the change`; empty for current rows. */
export function shownRowsText(shown: ShownRows | null): string {
  if (shown === null) return '';
  const texts: Readonly<Record<ShownRows, string>> = {
    earlier: l10n.t('rows of an earlier version, from before the change'),
    'last-run': l10n.t('rows of the last run, which may have used other code'),
    'before-change': l10n.t('rows from before the change'),
  };
  return texts[shown];
}
