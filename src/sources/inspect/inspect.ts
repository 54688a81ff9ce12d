import { anchorOf } from '../../engine/graph/anchors.js';
import type { SourceDescription } from '../../engine/ports/host.js';
import type { SkippedRow, SourceLibrary, SourceTaken } from '../../engine/ports/source.js';
import type { SourceNote } from '../../engine/ports/source-note.js';
import { SeamlessError } from '../../sdk/errors.js';
import { ceilToSlot, closeOf, isTicks, plainGrid, slotsIn, TICKS, type Grid } from '../../sdk/time/grid.js';
import { DAY, type Range, type Seconds } from '../../sdk/time/time.js';
import { likelyWays, lineOf, type Way } from './likely.js';

/** How many ranges without bars are shown, longest first. */
const MOST_GAPS = 3;
/** How many messages about faulty rows are shown. */
const MOST_BAD = 3;

const EVERYTHING: Range = { start: -Infinity, end: Infinity };

/** What a file is read as. */
interface Inspection extends SourceTaken {
  /** Seconds. */
  readonly interval: Seconds;
  readonly phase: Seconds;
  /** For weeks and months: where they end; null: the usual end. */
  readonly anchor: string | null;
  readonly rows: number;
  /** Opens of the first and the last bar; null where there is none. */
  readonly first: Seconds | null;
  readonly last: Seconds | null;
  /** How many gaps there are between bars, and the longest of them. */
  readonly gaps: number;
  readonly longest: readonly Range[];
  readonly notes: readonly SourceNote[];
  /** How many rows are faulty, and why the first ones are. */
  readonly bad: number;
  readonly faults: readonly string[];
  /** The stream that reads it so, and the condition under which it is right: a clause. */
  readonly line: string;
  readonly when: string;
  /** Alternatives, and when they are right. */
  readonly others: readonly { readonly when: string; readonly line: string }[];
}

interface Found {
  readonly opens: readonly Seconds[];
  readonly skipped: readonly SkippedRow[];
  readonly taken: SourceTaken;
  readonly notes: readonly SourceNote[];
}

/**
 * Reads a file as a provider with these options would, with the interval that its rows have.
 * @param path as a strategy would write it
 * @param given the author's options
 * @throws SeamlessError `source` or `source-row` for a file that cannot be read as bars, naming the option to set
 */
export async function inspectFile(
  library: SourceLibrary,
  path: string,
  given: Way['options'] = {},
): Promise<Inspection> {
  const kind = /\.(parquet|pq|feather|arrow|arrows|ipc)$/i.test(path) ? 'parquet' : 'csv';
  const read = (grid: Grid, options: Way['options'], spacing?: 'unknown'): Promise<Found> =>
    readAs(library, { kind, options: { path, ...options } }, grid, spacing);
  const roughly = ({ stamp: _stamp, ...options }: Way['options']): Promise<Found> =>
    read(TICKS, options, 'unknown');
  const rough = await roughly(given);
  const found = likelyWays(rough.opens, given);
  const days: Way = {
    grid: plainGrid(DAY),
    calendar: null,
    options: given,
    when: 'if its rows are bars of days',
  };
  const dated = await areDates(found, rough.opens.length, given, () => read(days.grid, given));
  const ways = await possible(dated ? [days] : found, rough.opens, given, roughly);
  const [{ grid, options }, ...others] = ways;
  const { opens, skipped, taken, notes } = isTicks(grid) ? rough : await read(grid, options);
  const gaps = gapsOf(opens, grid);
  const longest = [...gaps].sort((a, b) => slotsIn(b, grid) - slotsIn(a, grid));
  return {
    ...taken,
    interval: grid.interval,
    phase: grid.phase,
    anchor: isTicks(grid) ? null : anchorOf(grid),
    rows: opens.length,
    first: opens[0] ?? null,
    last: opens.at(-1) ?? null,
    gaps: gaps.length,
    longest: longest.slice(0, MOST_GAPS),
    notes,
    bad: skipped.length,
    faults: skipped.slice(0, MOST_BAD).map(({ error }) => error.message),
    line: lineOf(ways[0], kind, path),
    when: ways[0].when,
    others: others.map((way) => ({ when: way.when, line: lineOf(way, kind, path) })),
  };
}

/** Whether daily bars that begin at another hour than UTC midnight are read as dates in a daily stream. */
async function areDates(
  [{ grid, options }]: readonly [Way, ...Way[]],
  rows: number,
  given: Way['options'],
  read: () => Promise<Found>,
): Promise<boolean> {
  if (grid.interval !== DAY || given['phase'] !== undefined || options['phase'] === undefined) return false;
  // If all rows were off UTC days, the strict check would refuse them, so they are no dates.
  const found = await read().catch((error: unknown) => {
    if (error instanceof SeamlessError) return null;
    throw error;
  });
  return found !== null && found.skipped.length === 0 && found.opens.length === rows;
}

/** The candidates without those that assume a zone, if the times name theirs. */
async function possible(
  ways: readonly [Way, ...Way[]],
  opens: readonly Seconds[],
  given: Way['options'],
  read: (options: Way['options']) => Promise<Found>,
): Promise<readonly [Way, ...Way[]]> {
  const [{ options }, ...others] = ways;
  const [other] = others;
  if (options['timeZone'] === given['timeZone'] || !other) return ways;
  const local = await read(options);
  return local.opens[0] === opens[0] ? [other, ...others.slice(1)] : ways;
}

async function readAs(
  library: SourceLibrary,
  source: SourceDescription,
  grid: Grid,
  spacing?: 'unknown',
): Promise<Found> {
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

function gapsOf(opens: readonly Seconds[], grid: Grid): Range[] {
  if (isTicks(grid)) return [];
  return opens.slice(1).flatMap((open, i) => {
    const start = ceilToSlot(closeOf(opens[i] as Seconds, grid), grid);
    return open > start ? [{ start, end: open }] : [];
  });
}
