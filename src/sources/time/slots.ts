import type { OpenStream } from '../../engine/ports/source.js';
import { isTicks, type Grid } from '../../sdk/time/grid.js';
import { DAY, WEEK, isMonths, MONTH } from '../../sdk/time/time.js';
import { LARGEST_SECONDS } from '../faults.js';

/** Whether bars are whole UTC days, weeks or months. */
export function isOfDays({ interval, phase }: OpenStream): boolean {
  return (interval % DAY === 0 && phase % DAY === 0) || isMonths(interval);
}

/** SQL: whether an open is on a stream's grid. */
export function onGridSql({ interval, phase }: OpenStream, open: string): string {
  if (isTicks({ interval })) return `isfinite(${open})`;
  if (!isMonths(interval)) return `(${open} - ${phase}) % ${interval} = 0`;
  return `${monthsSql({ interval, phase }, open, `floor((${open}) * 1e6)`)} = ${open}`;
}

/** Whether rows stamped by the close may have any time in their slot: the last day of a month, or a week's last trading day. */
export function isOfLastDays({ interval }: OpenStream): boolean {
  return interval % WEEK === 0 || isMonths(interval);
}

/** The open of the week or month that contains a close stamp; a stamp on a border belongs to the slot before. */
export function closingSql(grid: OpenStream, time: string): string {
  const { interval, phase } = grid;
  if (!isMonths(interval)) return `ceil((${time} - ${phase}) / ${interval} - 1) * ${interval} + ${phase}`;
  return monthsSql(grid, time, `ceil((${time}) * 1e6) - 1`);
}

/** @param micros the microsecond whose slot is meant. Implausible times are left as they are, to be refused later. */
function monthsSql(
  { interval, phase }: Pick<Grid, 'interval' | 'phase'>,
  time: string,
  micros: string,
): string {
  const [months, first] = [interval / MONTH, phase / MONTH];
  const at = `make_timestamp(CAST(${micros} AS BIGINT))`;
  const slot = `((year(${at}) * 12 + month(${at}) - 1 - ${first}) // ${months} * ${months} + ${first})`;
  const open = `epoch(make_timestamp(${slot} // 12, ${slot} % 12 + 1, 1, 0, 0, 0.0))`;
  return `CASE WHEN abs(${time}) < ${LARGEST_SECONDS} THEN ${open} ELSE ${time} END`;
}
