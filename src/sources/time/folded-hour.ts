import type { Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';

const HOUR = 3_600;

/**
 * Separates the two passes through the hour that a clock set back repeats. Local times are read as the first pass; a row that
 * would not come after its predecessor belongs to the second.
 */
export class FoldedHour {
  readonly #format: Intl.DateTimeFormat;
  readonly #stampedAfter: Seconds;
  readonly #ticks: boolean;
  #previous: Seconds;

  /**
   * @param stampedAfter seconds from a bar's open to its stamp
   * @param previous open of the row before the first one; NaN: none
   * @param ticks rows may share a time
   */
  constructor(timeZone: string, stampedAfter: Seconds, previous: Seconds, ticks = false) {
    this.#ticks = ticks;
    this.#stampedAfter = stampedAfter;
    this.#previous = previous;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The same rows, with those of the second pass an hour later. */
  told(table: Table): Table {
    let ts: Float64Array | null = null;
    let previous = this.#previous;
    for (let row = 0; row < table.ts.length; row++) {
      const open = table.ts[row] as number;
      if (
        this.#comesAfter(open, previous) ||
        !this.#comesAfter(open + HOUR, previous) ||
        !this.#repeats(open)
      ) {
        previous = open;
        continue;
      }
      ts ??= table.ts.slice();
      previous = ts[row] = open + HOUR;
    }
    this.#previous = previous;
    return ts === null ? table : { ...table, ts };
  }

  #comesAfter(open: Seconds, previous: Seconds): boolean {
    return open > previous || (this.#ticks && open === previous);
  }

  #repeats(open: Seconds): boolean {
    const time = open + this.#stampedAfter;
    return this.#format.format(time * 1000) === this.#format.format((time + HOUR) * 1000);
  }
}
