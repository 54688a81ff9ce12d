import { closeOf, floorToSlot, slotsIn, type Grid } from '../../sdk/time/grid.js';
import type { HeldTo, ServiceLevel, ServiceOutcome, StreamService } from '../../sdk/providers/fetched.js';
import { formatInterval, formatTime, type Range, type Seconds } from '../../sdk/time/time.js';

/** The result of a fetch of a range. */
interface FetchFacts {
  readonly range: Range;
  readonly asOf: Seconds;
  /** Bars in the range. */
  readonly bars: number;
  /** Open of the last of them; null: none. */
  readonly last: Seconds | null;
  /** Closed bars that are not taken yet, since they may still change. */
  readonly unsettled: number;
  /** Its deadline ended it. */
  readonly late: boolean;
}

/** How a fetch compares with its service level. */
export function serviceOutcome(
  level: ServiceLevel,
  { range, asOf, bars, last, unsettled, late }: FetchFacts,
  grid: Grid,
): ServiceOutcome {
  const until = Math.min(range.end, floorToSlot(asOf, grid));
  const due = until === range.end ? until : until - unsettled * grid.interval;
  const slots = due > range.start ? slotsIn({ start: range.start, end: due }, grid) : 0;
  const share = slots === 0 ? 1 : Math.min(1, bars / slots);
  const behind = Math.max(0, until - (last === null ? range.start : closeOf(last, grid)));
  const misses: string[] = [];
  if (late && level.deadline !== undefined) misses.push(deadlineText(level));
  if (level.coverage !== undefined && share < level.coverage)
    misses.push(
      `${bars.toLocaleString('en-US')} of ${slots.toLocaleString('en-US')} slots up to ${formatTime(due)} have a bar (${percent(share)}), and ${percent(level.coverage)} must.`,
    );
  if (level.lag !== undefined && behind > level.lag)
    misses.push(
      `Its last bar ends ${formatInterval(behind)} before ${formatTime(until)}, and may be ${formatInterval(level.lag)} behind.`,
    );
  return { ...level, met: misses.length === 0, misses, share, behind };
}

export function deadlineText({ deadline = 0 }: ServiceLevel): string {
  return `It was not done within its deadline of ${formatInterval(deadline)}.`;
}

/** What was missed, with the ways out, in sentences. */
export function missedText({ preset, stream, name, level }: HeldTo, misses: readonly string[]): string {
  const isLate = misses.includes(deadlineText(level));
  const what = preset === null ? `Stream ${stream ?? ''}` : `Preset ${preset}`;
  return `${what} missed ${name ?? 'its service level'}. ${misses.join(' ')} What was fetched is kept. ${wayOut(level, isLate)}`;
}

/** What a stream missed although it is used; empty: nothing. */
export function serviceText({ preset, name, met, misses }: StreamService): string {
  const what = preset === null ? 'It' : `Preset ${preset}`;
  return met ? '' : `${what} missed ${name ?? 'its service level'}. ${misses.join(' ')}`;
}

function wayOut({ miss, deadline }: ServiceLevel, isLate: boolean): string {
  if (miss === 'hold') return 'Give it a longer deadline, or ask less of it.';
  if (miss === 'partialFill') return 'Run again to go on from there, or give it a longer deadline.';
  const take = 'to take what there is, say miss: partialFill';
  if (isLate) return `Run again to go on from there, or give it a longer deadline; ${take}.`;
  const wait = deadline === undefined ? 'miss: hold, with a deadline' : 'miss: hold';
  return `To ${take.slice(3)}; to wait for it, ${wait}.`;
}

function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toLocaleString('en-US')} %`;
}
