import { calendarSlots } from '../engine/calendar/calendars.js';
import type { SkippedRow, SourceLibrary, SourceTaken } from '../engine/ports/source.js';
import type { SourceNote } from '../engine/ports/source-note.js';
import { ceilToSlot, closeOf, isOnGrid, isTicks, plainGrid, slotsIn, TICKS, type Grid } from '../sdk/grid.js';
import { calendarOf } from './calendar/stamps.js';
import { defaultPhase, formatInterval, MONTH, type Range, type Seconds } from '../sdk/time.js';

/** Ranges without bars that are shown: the longest. */
const MOST_GAPS = 3;
/** Rows that cannot be bars whose sentences are shown. */
const MOST_BAD = 3;

const DAY = 86_400;
const EVERYTHING: Range = { start: -Infinity, end: Infinity };

/** What a file is read as. */
export interface Inspection extends SourceTaken {
  /** Seconds. */
  readonly interval: Seconds;
  readonly phase: Seconds;
  readonly rows: number;
  /** Opens of the first and the last bar; null where there is none. */
  readonly first: Seconds | null;
  readonly last: Seconds | null;
  /** How many ranges between bars have none, and the longest of them. */
  readonly gaps: number;
  readonly longest: readonly Range[];
  readonly notes: readonly SourceNote[];
  /** How many rows cannot be bars, and why the first of them cannot. */
  readonly bad: number;
  readonly faults: readonly string[];
  /** The provider that reads it so. */
  readonly line: string;
}

interface Found {
  readonly opens: readonly Seconds[];
  readonly skipped: readonly SkippedRow[];
  readonly taken: SourceTaken;
  readonly notes: readonly SourceNote[];
}

/**
 * Reads a file as a provider without options would, with the interval that its rows have.
 * @param path as it would stand in a strategy
 * @throws SeamlessError `source` or `source-row` for a file that cannot be read as bars, with the option to say
 */
export async function inspectFile(library: SourceLibrary, path: string): Promise<Inspection> {
  const kind = /\.(parquet|pq|feather|arrow|arrows|ipc)$/i.test(path) ? 'parquet' : 'csv';
  const rough = await readAs(library, kind, path, TICKS, 'unknown');
  const { grid, calendar } = onCalendar(gridOf(rough.opens), rough.opens);
  const { opens, skipped, taken, notes } = isTicks(grid) ? rough : await readAs(library, kind, path, grid);
  const found = gapsOf(opens, grid);
  const longest = [...found].sort((a, b) => slotsIn(b, grid) - slotsIn(a, grid));
  const options = calendar || grid.phase === defaultPhase(grid.interval) ? '' : `, { phase: ${grid.phase} }`;
  return {
    ...taken,
    interval: grid.interval,
    phase: grid.phase,
    rows: opens.length,
    first: opens[0] ?? null,
    last: opens.at(-1) ?? null,
    gaps: found.length,
    longest: longest.slice(0, MOST_GAPS),
    notes,
    bad: skipped.length,
    faults: skipped.slice(0, MOST_BAD).map(({ error }) => error.message),
    line: `new StreamInput({ tags: ['${isTicks(grid) ? 'ticks' : 'price'}'], interval: '${formatInterval(grid.interval)}',${calendar ? ` calendar: '${calendar}',` : ''} historyProvider: ${kind}History(${JSON.stringify(path).replaceAll('"', "'")}${options}) })`,
  };
}

async function readAs(
  library: SourceLibrary,
  kind: string,
  path: string,
  grid: Grid,
  spacing?: 'unknown',
): Promise<Found> {
  const source = { kind, options: { path } };
  const stream = { node: 0, name: 'price', location: null, source, ...grid, ...(spacing && { spacing }) };
  const reader = await library.open(stream);
  const opens: Seconds[] = [];
  const skipped: SkippedRow[] = [];
  for await (const { ts } of reader.read(EVERYTHING, (row) => skipped.push(row))) {
    for (const open of ts) opens.push(open);
  }
  const notes = reader.notes?.() ?? [];
  const taken = (await reader.taken?.()) ?? {
    time: '',
    timeWords: '',
    otherTimes: [],
    columns: [],
    details: [],
  };
  return { opens, skipped, taken, notes };
}

/** The grid that most rows are on: that of the gap which is the most frequent. */
function gridOf(exact: readonly Seconds[]): Grid {
  if (areTicks(exact)) return TICKS;
  // Bars that are stamped a little off are those of whole seconds all the same.
  const opens = exact.map(Math.round);
  const counts = new Map<Seconds, number>();
  for (let i = 1; i < opens.length; i++) {
    const gap = (opens[i] as Seconds) - (opens[i - 1] as Seconds);
    if (gap > 0) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  const [likeliest] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const gap = likeliest?.[0] ?? DAY;
  if (gap >= 28 * DAY) {
    const months = [12, 3, 1].find((each) => gap > (each - 0.5) * MONTH) ?? 1;
    const interval = months * MONTH;
    if (opens.every((open) => isOnGrid(open, plainGrid(interval)))) return plainGrid(interval);
  }
  // Days of a zone with daylight saving are read as dates.
  const interval = Math.abs(gap - DAY) <= 3600 ? DAY : gap;
  const phases = new Map<Seconds, number>();
  for (const open of opens) {
    const phase = ((open % interval) + interval) % interval;
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
  }
  const [most] = [...phases].sort((a, b) => b[1] - a[1]);
  const local = interval === DAY && phases.size === 2;
  return plainGrid(interval, local ? 0 : (most?.[0] ?? defaultPhase(interval)));
}

/** Rows that are on no fixed grid, as hours of an exchange are not over a change of clocks, are on that of a calendar that all follow. */
function onCalendar(
  fixed: Grid,
  opens: readonly Seconds[],
): { readonly grid: Grid; readonly calendar: string | null } {
  const fits = isTicks(fixed) || opens.every((open) => isOnGrid(open, fixed));
  const name = fits ? null : calendarOf(fixed.interval, Float64Array.from(opens));
  const calendar = name === null ? null : calendarSlots(name, fixed.interval);
  return calendar
    ? { grid: { interval: fixed.interval, phase: 0, calendar }, calendar: name }
    : { grid: fixed, calendar: null };
}

/** Rows that show whether they are ticks. */
const LEAST_TICKS = 20;

/**
 * Whether rows are ticks: many have the time of another, or times are to fractions of a second and any distance apart. Bars of which a
 * few are repeated, or that are stamped a little off, are none.
 */
function areTicks(opens: readonly Seconds[]): boolean {
  if (opens.length < LEAST_TICKS) return false;
  const gaps = opens.slice(1).map((open, i) => open - (opens[i] as Seconds));
  const share = (those: (gap: Seconds) => boolean): number => gaps.filter(those).length / gaps.length;
  const odd = opens.filter((open) => !Number.isInteger(open)).length / opens.length;
  if (odd <= 0.2) return share((gap) => gap === 0) > 0.2;
  const median = Math.round([...gaps].sort((a, b) => a - b)[gaps.length >> 1] as Seconds);
  return median < 1 || share((gap) => Math.abs(gap - median) < 0.5) < 0.5;
}

function gapsOf(opens: readonly Seconds[], grid: Grid): Range[] {
  if (isTicks(grid)) return [];
  return opens.slice(1).flatMap((open, i) => {
    const start = ceilToSlot(closeOf(opens[i] as Seconds, grid), grid);
    return open > start ? [{ start, end: open }] : [];
  });
}
