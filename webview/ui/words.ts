import * as l10n from '@vscode/l10n';
import type { NodeStanding } from '../../src/panel/state.js';
import { standingText } from '../../src/present/freshness.js';
import type { SegmentKind } from '../axis/segments.js';

/** How a node stands, or what goes on with it: `checking` is of one whose code or data are being looked at. */
export type ShownStanding = NodeStanding | 'running' | 'checking';

export function shownStandingText(standing: ShownStanding): string {
  if (standing === 'checking') return l10n.t('checking…');
  return standing === 'running' ? l10n.t('running') : standingText(standing);
}

/** A node that is called complete is so only once what it is made of was looked at. */
export function checked(standing: NodeStanding, isChecking: boolean): ShownStanding {
  return isChecking && (standing === 'fresh' || standing === 'partial') ? 'checking' : standing;
}

/** What a range of a coverage bar says, in a word or two. */
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

/** A time in UTC beside another: `14:31` of the same day, `03-01` the beginning of one, with its year where that is another. */
export function shortTime(time: number, beside: number): string {
  const [iso, now] = [time, beside].map((each) => new Date(each * 1000).toISOString()) as [string, string];
  const clock = iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19);
  const day = iso.slice(0, 4) === now.slice(0, 4) ? iso.slice(5, 10) : iso.slice(0, 10);
  if (clock === '00:00') return day;
  return iso.slice(0, 10) === now.slice(0, 10) ? clock : `${day} ${clock}`;
}

/** What went wrong, as a sentence for a person. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
