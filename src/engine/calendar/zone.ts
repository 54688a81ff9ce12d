import { SeamlessError } from '../../sdk/errors.js';
import { DAY, type Seconds } from '../../sdk/time/time.js';

/** A zone's clocks change at most once in this many seconds. */
const STEP = 5 * 86_400;
const QUARTER = 900;
/** Before the first and after the second of these years (1850 and 2300), a zone's offset counts as constant. */
const [EARLIEST, LATEST] = [-3_786_825_600, 10_413_792_000];

/** A time zone: local times, and when its clocks change. Times without "local" in their name are epoch seconds. */
export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** Clock changes by number of year (365.25 days) since the epoch. */
  readonly #changes = new Map<number, readonly Change[]>();
  readonly #offsets = new Map<number, Seconds>();

  /** @throws SeamlessError `interval` for a name that is no zone */
  constructor(name: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    } catch (cause) {
      const message = `${JSON.stringify(name)} is no time zone: write a name of the IANA time zone database, such as 'America/New_York'.`;
      throw new SeamlessError('interval', message, { cause });
    }
    this.name = name;
  }

  /** Seconds that local clocks are ahead of UTC. */
  offsetAt(time: Seconds): Seconds {
    const year = yearOf(time);
    let offset = this.#offsetAtStart(year);
    for (const change of this.#changesIn(year)) {
      if (change.at > time) break;
      offset = change.offset;
    }
    return offset;
  }

  /** Changes of the clocks in `[start, end)`, ascending. */
  changes(start: Seconds, end: Seconds): readonly Change[] {
    const found: Change[] = [];
    for (let year = yearOf(start); year <= yearOf(end); year++) {
      for (const change of this.#changesIn(year))
        if (change.at >= start && change.at < end) found.push(change);
    }
    return found;
  }

  /**
   * When clocks show a local time. If twice, the first; if never, as much later as the clocks skip.
   * @param local seconds that a UTC clock would show then
   */
  timeOf(local: Seconds): Seconds {
    const before = this.offsetAt(local - DAY);
    const after = this.offsetAt(local + DAY);
    const first = local - Math.max(before, after);
    if (this.offsetAt(first) === local - first) return first;
    const second = local - Math.min(before, after);
    return this.offsetAt(second) === local - second ? second : local - before;
  }

  #offsetAtStart(year: number): Seconds {
    const known = this.#offsets.get(year);
    if (known !== undefined) return known;
    const offset = this.#read(startOf(year));
    this.#offsets.set(year, offset);
    return offset;
  }

  #changesIn(year: number): readonly Change[] {
    const known = this.#changes.get(year);
    if (known) return known;
    const found: Change[] = [];
    const end = startOf(year + 1);
    let [at, offset] = [startOf(year), this.#offsetAtStart(year)];
    while (at < end) {
      const next = Math.min(end, at + STEP);
      const later = this.#read(next);
      if (later !== offset) {
        const change = this.#between(at, next, offset);
        found.push(change);
        offset = change.offset;
        at = change.at;
      } else at = next;
    }
    // A change exactly at the end belongs to the next year.
    const within = found.filter((change) => change.at < end);
    this.#changes.set(year, within);
    return within;
  }

  /** The first change in `(from, to]`. */
  #between(from: Seconds, to: Seconds, offset: Seconds): Change {
    // Nearly all changes are at a quarter of an hour, so those are searched first.
    const at = this.#firstOff(from, to, offset, QUARTER);
    const change = this.#firstOff(at - QUARTER, at, offset, 1);
    return { at: change, offset: this.#read(change) };
  }

  /** The first time with another offset, among multiples of `unit` after `from`. */
  #firstOff(from: Seconds, to: Seconds, offset: Seconds, unit: Seconds): Seconds {
    let [before, after] = [from, to];
    if (unit === 1 && this.#read(to - 1) === offset) return to;
    while (after - before > unit) {
      const middle = before + Math.floor((after - before) / unit / 2) * unit;
      if (this.#read(middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }

  #read(time: Seconds): Seconds {
    const at = Math.min(Math.max(time, EARLIEST), LATEST);
    const shown = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(this.#format.format(at * 1000));
    if (!shown) throw new SeamlessError('internal', `The clocks of ${this.name} cannot be read.`);
    const parts = shown.slice(2) as readonly (string | undefined)[];
    const [hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
    return (shown[1] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  }
}

/** A clock change: from then on, the offset is this many seconds. */
interface Change {
  readonly at: Seconds;
  readonly offset: Seconds;
}

const YEAR = 365.25 * DAY;

function yearOf(time: Seconds): number {
  return Math.floor(time / YEAR);
}

function startOf(year: number): Seconds {
  return year * YEAR;
}
