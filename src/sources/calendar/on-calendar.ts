import { slotsOfSame } from '../../engine/calendar/calendars.js';
import { isCalendarName } from '../../engine/calendar/named.js';
import type { OpenStream, SkippedRow, SourceReader } from '../../engine/ports/source.js';
import type { SeamlessError } from '../../sdk/errors.js';
import { DAY, formatInterval, formatTime, type Seconds } from '../../sdk/time/time.js';
import { isTicks, lastOpenBy, nextOpen, type SlotCalendar } from '../../sdk/time/grid.js';
import { lowerBound, pickRows, sliceTable, type Table } from '../../sdk/table.js';
import { Notes } from '../conformance.js';
import { rowError, sourceError } from '../faults.js';
import { slotStamped } from './stamps.js';

/** Kinds of sources that request bars by the slots of a fixed grid. */
const OF_UTC: ReadonlySet<string> = new Set(['demo', 'http', 'ccxt', 'postgres']);
/** How many rows the spacing is found from. */
const LEAST_ROWS = 8;
/** Intervals tried for rows that do not have the stream's own. */
const INTERVALS = [300, 900, 1800, 3600, 14_400, DAY, 7 * DAY];

type Opener = (stream: OpenStream) => Promise<SourceReader>;

/**
 * The bars of a stream that follows a calendar. The source is read without a grid; then each row goes to the slot that its time
 * names.
 */
export async function openOnCalendar(stream: OpenStream, open: Opener): Promise<SourceReader> {
  const { calendar, source } = stream;
  if (!calendar || isTicks(stream)) return open(stream);
  if (OF_UTC.has(source.kind)) throw ofUtc(stream, calendar);
  const { stamp, ...options } = source.options;
  if (stamp !== undefined && stamp !== 'open' && stamp !== 'close')
    throw sourceError(stream, `its option stamp is ${JSON.stringify(stamp)}, but must be 'open' or 'close'.`);
  // A custom provider gets the interval; file readers expect whole seconds.
  const interval = source.kind === 'custom' ? stream.interval : 1;
  const stamped = source.kind !== 'custom' && stamp === 'close' ? 'close' : 'open';
  const reader = await open({
    ...stream,
    slots: { calendar, interval: stream.interval, stamp: stamped },
    interval,
    phase: 0,
    calendar: null,
    spacing: 'unknown',
    source: { ...source, options: source.kind === 'custom' ? source.options : options },
  });
  return onCalendar(stream, calendar, stamped, reader);
}

/** Intervals of bars that sessions can be built from. */
const PARTS = [3600, 1800, 900, 300, 60];

/** UTC bars can be combined into sessions if no bar straddles a session's open or close. */
function ofUtc(stream: OpenStream, calendar: SlotCalendar): SeamlessError {
  const days = slotsOfSame(calendar, DAY);
  let open = days.holding(Date.UTC(2024, 0, 1) / 1000);
  const borders = Array.from({ length: 250 }, () => [(open = days.next(open)), days.close(open)]).flat();
  const part = PARTS.find((each) => each < stream.interval && borders.every((time) => time % each === 0));
  const which = isCalendarName(calendar.name) ? `calendar: '${calendar.name}'` : 'calendar: … (this one)';
  const made = `resample({ name: 'bars', input: …, interval: '${formatInterval(stream.interval)}', ${which} })`;
  const advice =
    part === undefined
      ? 'leave the calendar out'
      : `leave the calendar out, give the stream interval: '${formatInterval(part)}', and make its bars of these with ${made}`;
  return sourceError(
    stream,
    `its ${stream.source.kind} source makes UTC bars, but the stream follows ${calendar.name}: ${advice}.`,
  );
}

function onCalendar(
  stream: OpenStream,
  calendar: SlotCalendar,
  stamp: 'open' | 'close',
  reader: SourceReader,
): SourceReader {
  const notes = new Notes();
  const permissive = stream.source.options['conformance'] === 'permissive';
  const margin = stream.interval < DAY ? calendar.longest : 2 * stream.interval + 4 * DAY;
  const about = { stream, calendar, stamp, permissive, notes };
  return {
    whole: reader.whole,
    ...(reader.files && { files: reader.files }),
    version: (before) => reader.version(before),
    ...(reader.sameUntil && {
      sameUntil: async (before: string) => ((await reader.sameUntil?.(before)) ?? -Infinity) - margin,
    }),
    ...(reader.boundsByVersion !== undefined && { boundsByVersion: reader.boundsByVersion }),
    async bounds() {
      const found = await reader.bounds();
      if (!found) return null;
      const first =
        slotStamped(calendar, stream.interval, found.first, stamp) ?? calendar.holding(found.first);
      const last = slotStamped(calendar, stream.interval, found.last, stamp) ?? calendar.holding(found.last);
      return first <= last ? { first, last } : null;
    },
    async *read(range, skip) {
      const rows = new Rows(about, skip);
      const wider = { start: range.start - margin, end: range.end + margin };
      for await (const table of reader.read(wider, skip && ((row) => skip(onSlots(stream, row))))) {
        const mapped = rows.take(table);
        const within = sliceTable(
          mapped,
          lowerBound(mapped.ts, range.start),
          lowerBound(mapped.ts, range.end),
        );
        if (within.ts.length > 0) yield within;
      }
    },
    notes: () => [...(reader.notes?.() ?? []), ...notes.list()],
    ...(reader.taken && {
      taken: async () => {
        const taken = await (reader.taken as NonNullable<SourceReader['taken']>)();
        return { ...taken, details: [...taken.details, `days of ${calendar.name}`] };
      },
    }),
  };
}

/** The slots that a faulty row may have been meant for. */
function onSlots(stream: OpenStream, { range, error }: SkippedRow): SkippedRow {
  const { start, end } = range;
  const [first, last] = [lastOpenBy(start, stream), nextOpen(lastOpenBy(end, stream), stream)];
  return { range: { start: first, end: nextOpen(last, stream) }, error };
}

interface About {
  readonly stream: OpenStream;
  readonly calendar: SlotCalendar;
  readonly stamp: 'open' | 'close';
  readonly permissive: boolean;
  readonly notes: Notes;
}

/** The rows of one read, in ascending order of time. */
class Rows {
  readonly #about: About;
  readonly #skip: ((row: SkippedRow) => void) | undefined;
  #previous: Seconds = -Infinity;
  /** Slots between consecutive rows, of the first rows; null once they have been checked. */
  #gaps: number[] | null = [];

  constructor(about: About, skip: ((row: SkippedRow) => void) | undefined) {
    this.#about = about;
    this.#skip = skip;
  }

  /** The same rows, each stamped by the open of its slot. */
  take(table: Table): Table {
    const { stream, calendar, stamp } = this.#about;
    const opens = new Float64Array(table.ts.length);
    const kept: number[] = [];
    for (let row = 0; row < table.ts.length; row++) {
      const time = table.ts[row] as Seconds;
      const open = slotStamped(calendar, stream.interval, time, stamp);
      if (open === null)
        this.#refuse('rows off the calendar left out', time, this.#offText(time), calendar.holding(time));
      else if (open <= this.#previous)
        this.#refuse('rows in an occupied slot left out', time, this.#twiceText(time, open), open);
      else {
        this.#look(open);
        this.#previous = opens[row] = open;
        kept.push(row);
      }
    }
    const mapped = { ...table, ts: opens };
    return kept.length === opens.length ? mapped : pickRows(mapped, kept);
  }

  #refuse(what: string, time: Seconds, sentence: string, slot: Seconds): void {
    const { stream, calendar, permissive, notes } = this.#about;
    if (permissive) {
      notes.add(what, 1, formatTime(time));
      return;
    }
    const error = rowError(stream, sentence);
    if (!this.#skip) throw error;
    // It may have been meant for the previous slot as well.
    this.#skip({ range: { start: calendar.previous(slot), end: calendar.next(slot) }, error });
  }

  #offText(time: Seconds): string {
    const { stream, calendar } = this.#about;
    const slots = `${formatInterval(stream.interval)} of ${calendar.name}`;
    const near = [calendar.previous(calendar.holding(time)), calendar.holding(time)];
    const opens = near.map(formatTime).join(' and ');
    const advice =
      stream.source.kind === 'custom'
        ? ''
        : " To leave such rows out and count them, say conformance: 'permissive'.";
    return `a row has the time ${formatTime(time)}, at which no bar of ${slots} ${this.#about.stamp === 'close' ? 'closes' : 'opens'}; the nearest open at ${opens}.${advice}`;
  }

  #twiceText(time: Seconds, open: Seconds): string {
    return `a row has the time ${formatTime(time)}, and so the bar of ${formatTime(open)}, like the row before it: a slot has one bar, so remove one of them.`;
  }

  /** @throws SeamlessError `source` if no two rows are in adjacent slots: bars would be visible before they closed */
  #look(open: Seconds): void {
    const { stream, calendar } = this.#about;
    if (!this.#gaps || this.#previous === -Infinity) return;
    const gap = calendar.count({ start: this.#previous, end: open });
    this.#gaps.push(gap);
    if (gap < 2) this.#gaps = null;
    else if (this.#gaps.length + 1 >= LEAST_ROWS) {
      const least = Math.min(...this.#gaps);
      const longer = INTERVALS.filter(
        (each) => each > stream.interval && each <= (least + 1) * stream.interval * 4,
      ).at(-1);
      const advice = longer ? `such as interval: '${formatInterval(longer)}'` : 'or a source with such bars';
      throw sourceError(
        stream,
        `its rows are at least ${least} bars of ${formatInterval(stream.interval)} of ${calendar.name} apart, so each would be visible before it has closed: give the stream the interval of its rows, ${advice}.`,
      );
    }
  }
}
