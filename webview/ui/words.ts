import * as l10n from '@vscode/l10n';
import type { NodeStanding } from '../../src/panel/state.js';
import { standingText } from '../../src/present/freshness.js';
import type { SegmentKind } from '../axis/segments.js';

/** A node's state or activity: `checking` while its code or data are being checked. */
export type ShownStanding = NodeStanding | 'running' | 'checking';

export function shownStandingText(standing: ShownStanding): string {
  if (standing === 'checking') return l10n.t('checking…');
  return standing === 'running' ? l10n.t('running') : standingText(standing);
}

/** A node is called complete only after its code and data were checked. */
export function checked(standing: NodeStanding, isChecking: boolean): ShownStanding {
  return isChecking && (standing === 'fresh' || standing === 'partial') ? 'checking' : standing;
}

/** The state of a coverage range, in a word or two. */
export function segmentText(kind: SegmentKind | 'gap'): string {
  const texts: Readonly<Record<typeof kind, string>> = {
    covered: l10n.t('complete'),
    stale: l10n.t('stale'),
    failed: l10n.t('failed or blocked'),
    unavailable: l10n.t('unavailable: before the data begins'),
    'not-yet': l10n.t('not yet: past the last bar of the data'),
    gap: l10n.t('not materialized'),
  };
  return texts[kind];
}

/** A time in UTC relative to another: `14:31` on the same day, `03-01` for midnight, with the year if that differs. */
export function shortTime(time: number, beside: number): string {
  const [iso, now] = [time, beside].map((each) => new Date(each * 1000).toISOString()) as [string, string];
  const clock = iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19);
  const day = iso.slice(0, 4) === now.slice(0, 4) ? iso.slice(5, 10) : iso.slice(0, 10);
  if (clock === '00:00') return day;
  return iso.slice(0, 10) === now.slice(0, 10) ? clock : `${day} ${clock}`;
}

/** An error as a sentence for a person. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
