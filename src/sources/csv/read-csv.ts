import { literalPath } from '../sql/database.js';
import type { CsvLayout } from './format/layout.js';
import { isOneByte, type NumberMarks } from './format/numbers.js';
import type { PlainText } from './plain-text.js';
import { sqlText } from '../../sdk/sql-text.js';

/** What follows FROM. @param buffer bytes that DuckDB reads at a time; null: its own */
export function csvFrom(
  { path, compression }: PlainText,
  layout: CsvLayout,
  types: readonly string[],
  { marks, numbers }: { readonly marks: readonly string[]; readonly numbers: NumberMarks },
  buffer: number | null = null,
): string {
  const columns = types.map((type, index) => `c${index}: '${type}'`).join(', ');
  const dialect = [
    `delim = ${sqlText(layout.delimiter)}`,
    `quote = '"', escape = '"', comment = ${sqlText(layout.comment)}`,
    `nullstr = [${['', ...marks].map(sqlText).join(', ')}]`,
    ...(numbers.decimal === '.' ? [] : [`decimal_separator = ${sqlText(numbers.decimal)}`]),
    ...(numbers.thousands === '' || !isOneByte(numbers) ? [] : [`thousands = ${sqlText(numbers.thousands)}`]),
    ...(compression === 'none' ? [] : [`compression = '${compression}'`]),
    ...(buffer === null || compression !== 'none' ? [] : [`buffer_size = ${buffer}`]),
  ];
  return `${linesSql(path, layout.skipped)}, ${dialect.join(', ')}, columns = {${columns}})`;
}

/** The beginning of the call. The dialect follows, the same for all files that are read alike. */
export function linesSql(path: string, skipped: number): string {
  return `read_csv(${sqlText(literalPath(path))}, auto_detect = false, header = false, skip = ${skipped}`;
}
