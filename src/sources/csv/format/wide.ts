import type { OpenStream } from '../../../engine/ports/source.js';
import { sourceError } from '../../faults.js';
import { cellKind } from './cells.js';

/** This many times in a line that starts a table are its header. */
const LEAST_TIMES = 3;

/**
 * @throws SeamlessError `source` for a table whose columns are times and whose rows are series, as statistics offices publish them:
 * with the query that turns it
 * @param rows cells of the first lines
 * @param skipped lines before them
 */
export function refuseWide(
  stream: OpenStream,
  shown: string,
  rows: readonly (readonly string[])[],
  skipped: number,
): void {
  const [header = [], ...series] = rows;
  const times = header.flatMap((cell, index) => (isTime(cell) ? [index] : []));
  const [first = 0] = times;
  const texts = header.slice(0, first);
  const distinct = new Set(times.map((index) => header[index])).size === times.length;
  if (times.length < LEAST_TIMES || !distinct || texts.length === 0 || series.length === 0) return;
  // The cells below a header of years are no years.
  if (series.some((cells) => times.every((index) => isTime(cells[index] ?? '')))) return;
  const named = texts.findIndex(
    (_, column) => new Set(series.map((cells) => cells[column])).size === series.length,
  );
  const name = texts[Math.max(0, named)] ?? '';
  const one = (series[0]?.[Math.max(0, named)] ?? '').replaceAll("'", "''");
  const query = `SELECT time, TRY_CAST(value AS DOUBLE) AS value FROM (UNPIVOT (FROM read_csv('${shown}', skip = ${skipped}, header = true, all_varchar = true) WHERE "${name}" = '${one}') ON COLUMNS('^[0-9]') INTO NAME time VALUE value)`;
  throw sourceError(
    stream,
    `the columns of ${shown} are times (${header[first] ?? ''}, ${header[first + 1] ?? ''}, …), and each row is a series: turn the row of one, such as ${one}, into bars with sqlHistory(\`${query}\`, { time: 'time' }).`,
  );
}

function isTime(cell: string): boolean {
  return cellKind(cell) === 'time' || /^(?:1[5-9]|2[01])\d{2}$/.test(cell.trim());
}
