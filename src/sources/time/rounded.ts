import { ROUNDED } from '../../engine/sources/notes.js';
import type { OpenStream } from '../../engine/ports/source.js';
import type { Column, Table } from '../../sdk/table.js';
import { formatTime, type Seconds } from '../../sdk/time/time.js';
import type { Notes } from '../conformance.js';
import type { TimeOptions } from '../options.js';
import { stampedAfter } from './reading.js';

/** Counts the times that a reading rounded. */
export class Rounded {
  readonly #stream: OpenStream;
  readonly #time: TimeOptions;
  readonly #notes: Notes;

  constructor(stream: OpenStream, time: TimeOptions, notes: Notes) {
    this.#stream = stream;
    this.#time = time;
    this.#notes = notes;
  }

  /** A table without its column of exact times. */
  told(table: Table): Table {
    const { snap } = this.#time;
    if (snap === null) return table;
    const { values, valid } = table.columns.at(-1) as Column;
    const exact = values as Float64Array;
    let count = 0;
    let first: Seconds | null = null;
    for (let row = 0; row < exact.length; row++) {
      if (valid?.[row] === 0) continue;
      first ??= exact[row] as Seconds;
      count++;
    }
    if (first !== null) this.counted(count, first);
    return { ...table, names: table.names.slice(0, -1), columns: table.columns.slice(0, -1) };
  }

  /** Notes rounded times. @param first the earliest of them, before rounding */
  counted(count: number, first: Seconds, notes: Notes = this.#notes): void {
    const { snap } = this.#time;
    if (snap === null || count === 0) return;
    const after = stampedAfter(this.#stream, this.#time);
    const taken = Math.round(first / snap) * snap;
    notes.add(ROUNDED, count, `${formatTime(first + after)}, taken for ${formatTime(taken + after)}`);
  }
}
