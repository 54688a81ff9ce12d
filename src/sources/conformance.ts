import type { OpenStream } from '../engine/ports/source.js';
import type { SourceNote } from '../engine/ports/source-note.js';
import { isOnGrid, isTicks } from '../sdk/time/grid.js';
import { cellValue, pickRows, type Table } from '../sdk/table.js';
import { formatTime, type Seconds } from '../sdk/time/time.js';

/** Said of a source in which a faulty row hides its own slot. */
export const UNREADABLE = 'rows that cannot be bars are in it: a run over their time is refused';

/** Counts what was repaired or left out. */
export class Notes {
  readonly #notes: Map<string, { count: number; example: string | null }>;

  constructor(earlier: readonly SourceNote[] = []) {
    this.#notes = new Map(earlier.map(({ what, count, example }) => [what, { count, example }]));
  }

  add(what: string, count = 1, example: string | null = null): void {
    if (count === 0) return;
    const note = this.#notes.get(what);
    if (note) note.count += count;
    else this.#notes.set(what, { count, example });
  }

  list(): readonly SourceNote[] {
    return [...this.#notes].map(([what, note]) => ({ what, ...note }));
  }
}

/** Leaves out the rows that cannot be bars, and counts them. Rows come in ascending order of their opens. */
export class Cleaner {
  readonly #stream: OpenStream;
  readonly #notes: Notes;
  #last: Table | null = null;

  constructor(stream: OpenStream, notes: Notes) {
    this.#stream = stream;
    this.#notes = notes;
  }

  clean(table: Table): Table {
    const kept: number[] = [];
    let previous: Seconds = this.#last?.ts.at(-1) ?? Number.NaN;
    for (let row = 0; row < table.ts.length; row++) {
      const open = table.ts[row] as number;
      if (!Number.isFinite(open)) this.#notes.add('rows without a time left out');
      else if (!isOnGrid(open, this.#stream))
        this.#notes.add('rows off the grid left out', 1, formatTime(open));
      else if (open === previous && !isTicks(this.#stream))
        this.#notes.add('rows with a repeated time left out', 1, formatTime(open));
      else {
        kept.push(row);
        previous = open;
      }
    }
    const clean = kept.length === table.ts.length ? table : pickRows(table, kept);
    if (clean.ts.length > 0) this.#last = clean;
    return clean;
  }
}

/** Whether two rows of two tables with the same columns are equal, bit for bit. */
export function sameRow(a: Table, i: number, b: Table, j: number): boolean {
  return a.columns.every((column, index) => {
    const other = b.columns[index];
    return other !== undefined && Object.is(cellValue(column, i), cellValue(other, j));
  });
}
