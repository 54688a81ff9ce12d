import * as l10n from '@vscode/l10n';
import type { NodeStanding } from '../../src/panel/messages.js';
import { standingText } from '../../src/present/freshness.js';
import type { SegmentKind } from '../axis/segments.js';

export function shownStandingText(standing: NodeStanding | 'running'): string {
  return standing === 'running' ? l10n.t('running') : standingText(standing);
}

/** What a stretch of a coverage bar says, in a word or two. */
export function segmentText(kind: SegmentKind | 'gap'): string {
  switch (kind) {
    case 'covered':
      return l10n.t('complete');
    case 'stale':
      return l10n.t('stale');
    case 'failed':
      return l10n.t('failed or blocked');
    case 'unavailable':
      return l10n.t('unavailable: before the data begins');
    case 'not-yet':
      return l10n.t('not yet: past the last bar of the data');
    case 'gap':
      return l10n.t('not materialized');
  }
}

/** What went wrong, as a sentence for a person. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
