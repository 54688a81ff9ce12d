import * as l10n from '@vscode/l10n';

import type { Span } from '../engine/run/reporting/report.js';
import { SeamlessError } from '../sdk/errors.js';
import { DAY, formatTime, parseRange, type Range } from '../sdk/time/time.js';

/** A named range that a person can choose. */
interface RangePreset {
  readonly id: RangePresetId;
  readonly label: string;
  readonly range: Range;
}

export type RangePresetId = 'last-day' | 'last-week' | 'last-month' | 'year-to-date' | 'all';

/** Preset names as in the setting for the default range. */
export const PRESET_IDS: readonly RangePresetId[] = [
  'last-day',
  'last-week',
  'last-month',
  'year-to-date',
  'all',
];

/** The past part of the sources' bounds: a made-up market may be endless. Null: unknown. */
export function dataUntil(data: Span | null, now: number): Span | null {
  if (!data || data[0] >= now) return data;
  return [data[0], Math.min(data[1], nextDay(now))];
}

function nextDay(time: number): number {
  return Math.ceil(time / DAY) * DAY;
}

/**
 * The presets. Each ends with the data, at the end of a UTC day.
 * @param known bounds over all inputs; null: unknown
 * @param now epoch seconds; presets end today if the bounds are unknown or later
 */
export function rangePresets(known: Span | null, now: number): readonly RangePreset[] {
  const data = dataUntil(known, now);
  const end = nextDay(data ? data[1] : now);
  const last = new Date((end - 1) * 1000);
  const yearStart = Date.UTC(last.getUTCFullYear(), 0, 1) / 1000;
  const presets: RangePreset[] = [
    { id: 'last-day', label: l10n.t('Last day'), range: { start: end - DAY, end } },
    { id: 'last-week', label: l10n.t('Last week'), range: { start: end - 7 * DAY, end } },
    { id: 'last-month', label: l10n.t('Last month'), range: { start: monthBefore(end), end } },
    { id: 'year-to-date', label: l10n.t('Year to date'), range: { start: yearStart, end } },
  ];
  if (data) {
    const start = Math.floor(data[0] / DAY) * DAY;
    presets.push({ id: 'all', label: l10n.t('All data of the source'), range: { start, end } });
  }
  return presets;
}

/** Where the presets are counted from, as a clause for their heading. */
export function presetsOrigin(known: Span | null, now: number): string {
  const today = formatTime(nextDay(now));
  if (!known) return l10n.t('counted back from today, {0} (the end of the data is not known)', today);
  const [, end] = known;
  const last = formatTime(nextDay(end));
  if (known[0] < now && end > nextDay(now)) {
    return l10n.t('counted back from today, {0} (the data goes on to {1})', today, last);
  }
  return l10n.t('counted back from the end of the data, {0}', last);
}

/** The same day of the previous month, or its last day. */
function monthBefore(time: number): number {
  const date = new Date(time * 1000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Date.UTC(year, month - 1, Math.min(date.getUTCDate(), lastDay)) / 1000;
}

/**
 * A typed range: two ISO dates or times, or epoch seconds, separated by `→`, `to`, `..`, a comma or blanks.
 * @throws SeamlessError `time` or `range`, with a sentence to show below the box
 */
export function parseTypedRange(text: string): Range {
  const parts = text
    .trim()
    .split(/\s*(?:→|->|\.\.+|,|;|\bto\b)\s*|\s+(?=-?\d)/u)
    .filter((part) => part !== '');
  const [start, end, ...rest] = joinTimes(parts);
  if (start === undefined || end === undefined || rest.length > 0) {
    throw new SeamlessError(
      'range',
      l10n.t('Type a start and an exclusive end: 2023-03-01 → 2023-03-22, or epoch seconds.'),
    );
  }
  return parseRange(start, end);
}

/** `2023-03-01 09:30` was split at its blank: a time of day belongs to the date before it. */
function joinTimes(parts: readonly string[]): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(last) && /^\d{2}:\d{2}/.test(part)) {
      joined[joined.length - 1] = `${last}T${part}`;
    } else joined.push(part);
  }
  return joined;
}
