import type { OpenStream } from '../engine/ports/source.js';
import { isTicks } from '../sdk/time/grid.js';
import { sourceError } from './faults.js';
import type { TimeReading } from './time/reading.js';

/** @throws SeamlessError `source` for options that ticks cannot have */
export function checkTicks(stream: OpenStream): void {
  if (!isTicks(stream)) return;
  const { kind, options } = stream.source;
  if (['demo', 'http', 'ccxt', 'postgres'].includes(kind)) {
    throw sourceError(
      stream,
      `its ${kind} source gives bars, and no ticks: give the stream an interval such as '1m'.`,
    );
  }
  if (kind !== 'custom' && options['stamp'] === 'close')
    throw sourceError(stream, `ticks have no close, so they cannot be stamped by it: leave stamp out.`);
}

/** The same times, rounded to microseconds. */
export function toMicroseconds(stream: OpenStream, reading: TimeReading): TimeReading {
  if (!isTicks(stream)) return reading;
  return { ...reading, open: (raw, clock) => `round((${reading.open(raw, clock)}) * 1e6) / 1e6` };
}

/** An extra column with the place of each row in the file. @param newest whether rows come newest first */
export function placeSql(stream: OpenStream, newest = false): string {
  return isTicks(stream) || newest ? ', row_number() OVER () AS place' : '';
}

/** @param newest the rows come newest first, including rows of one time and an hour that a clock set back repeats */
export function orderSql(stream: OpenStream, newest = false): string {
  if (newest) return ' ORDER BY place DESC';
  return ` ORDER BY open NULLS LAST${isTicks(stream) ? ', place' : ''}`;
}
