import type { OpenStream } from '../../engine/ports/source.js';
import { isTicks } from '../../sdk/grid.js';
import { isMonths, MONTH, type Seconds } from '../../sdk/time.js';
import { LARGEST_SECONDS } from '../faults.js';

const DAY = 86_400;

/** Whether bars are of whole days of UTC, or of months. */
export function isOfDays({ interval, phase }: OpenStream): boolean {
  return (interval % DAY === 0 && phase === 0) || isMonths(interval);
}

/** SQL: whether an open is on the grid of a stream. */
export function onGridSql({ interval, phase }: OpenStream, open: string): string {
  if (isTicks({ interval })) return `isfinite(${open})`;
  if (!isMonths(interval)) return `(${open} - ${phase}) % ${interval} = 0`;
  return `${monthsSql(interval, open, `floor((${open}) * 1e6)`)} = ${open}`;
}

/** The open of the slot of months in which a time lies that is stamped by a close: one on a border ends the slot before. */
export function monthsClosingSql(interval: Seconds, time: string): string {
  return monthsSql(interval, time, `ceil((${time}) * 1e6) - 1`);
}

/** @param micros the microsecond whose slot is meant. What is no plausible time stays as it is, for others to refuse. */
function monthsSql(interval: Seconds, time: string, micros: string): string {
  const months = interval / MONTH;
  const at = `make_timestamp(CAST(${micros} AS BIGINT))`;
  const first = `((year(${at}) * 12 + month(${at}) - 1) // ${months} * ${months})`;
  const open = `epoch(make_timestamp(${first} // 12, ${first} % 12 + 1, 1, 0, 0, 0.0))`;
  return `CASE WHEN abs(${time}) < ${LARGEST_SECONDS} THEN ${open} ELSE ${time} END`;
}
