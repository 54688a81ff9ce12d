import type { OpenStream } from '../../engine/ports/source.js';
import type { SeamlessError } from '../../sdk/errors.js';
import { concatTables, sliceTable, type Table } from '../../sdk/table.js';
import { nextOpen, floorToSlot, openOf } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { BarCheck, BarFault } from '../faults.js';

/** With more faulty rows than this, the file as a whole is not what it was taken for. */
export const MOST_SKIPPED = 100;

/** Receives a faulty row and the range whose bars are unknown because of it; null where that range is unknown too. */
export type Skip = (range: Range | null, error: SeamlessError) => void;

/** Faults of how the file is read rather than of one row. */
function concernsAll({ kind, shared }: BarFault): boolean {
  return kind === 'milliseconds' || shared;
}

/** Passes on the good rows, and reports the ranges that the faulty ones hide. */
export class RowsAround {
  readonly #stream: OpenStream;
  readonly #check: BarCheck;
  readonly #stamp: 'open' | 'close';
  readonly #explain: (fault: BarFault) => Promise<SeamlessError>;
  readonly #skip: Skip;
  #skipped = 0;
  /** A row without a readable time, and the open of the bar before it. The next bar shows where the row was. */
  #untimed: { readonly error: SeamlessError; readonly after: Seconds } | null = null;

  constructor(
    stream: OpenStream,
    check: BarCheck,
    stamp: 'open' | 'close',
    explain: (fault: BarFault) => Promise<SeamlessError>,
    skip: Skip,
  ) {
    this.#stream = stream;
    this.#check = check;
    this.#stamp = stamp;
    this.#explain = explain;
    this.#skip = skip;
  }

  /** @throws SeamlessError `source-row` where the fault is the whole file's, or there are too many */
  async next(table: Table): Promise<Table> {
    let rest = table;
    const sound: Table[] = [];
    for (;;) {
      const fault = this.#check.next(rest.ts);
      if (!fault) {
        this.#place(rest);
        sound.push(rest);
        return concatTables(sound);
      }
      const good = sliceTable(rest, 0, fault.index);
      this.#check.next(good.ts);
      this.#place(good);
      sound.push(good);
      const error = await this.#explain(fault);
      // The next row may seem wrong only because it follows a row without a time.
      if (this.#untimed) throw this.#untimed.error;
      if (concernsAll(fault) || ++this.#skipped > MOST_SKIPPED) throw error;
      this.#note(fault, error);
      this.#check.skip();
      rest = sliceTable(rest, fault.index + 1, rest.ts.length);
    }
  }

  /** A row without a time after the last bar: everything after that bar is unknown. */
  end(): void {
    const { error, after = Number.NaN } = this.#untimed ?? {};
    if (error) this.#skip({ start: Number.isNaN(after) ? -Infinity : after, end: Infinity }, error);
  }

  #note(fault: BarFault, error: SeamlessError): void {
    if (fault.kind === 'not-a-time') {
      this.#untimed ??= { error, after: this.#open(fault.previous) };
      return;
    }
    this.#skip(slotOf(this.#stream, this.#open(fault.time)), error);
  }

  /** The open of the bar with this stamp. */
  #open(time: Seconds): Seconds {
    return this.#stamp === 'close' ? openOf(time, this.#stream) : time;
  }

  #place(good: Table): void {
    const [next] = good.ts;
    if (!this.#untimed || next === undefined) return;
    const { error, after } = this.#untimed;
    this.#untimed = null;
    const start = Number.isNaN(after) ? next : after;
    this.#skip({ start, end: nextOpen(next, this.#stream) }, error);
  }
}

/** The slot that a row with this time is in. */
export function slotOf(stream: OpenStream, time: Seconds): Range {
  const start = floorToSlot(time, stream);
  return { start, end: nextOpen(start, stream) };
}
