import type { OpenStream } from '../../engine/ports/source.js';
import { sourceError } from '../faults.js';
import { Options, type TimeOptions } from '../options.js';
import { symbolOptions, type OneSymbol } from '../universe/symbols.js';
import type { NumberMarks } from './format/numbers.js';

/** The options of a CSV source, checked. */
export interface CsvSettings {
  /** Paths or patterns, as their author wrote them. */
  readonly paths: readonly string[];
  /** Names of the columns of a file without a header. */
  readonly columns: readonly string[] | null;
  /** New names of columns: from new name to the name in the file. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly delimiter: string | null;
  readonly comment: string | null;
  readonly skip: number | null;
  readonly encoding: string | null;
  readonly decimal: NumberMarks['decimal'] | null;
  readonly thousands: string | null;
  /** More markers for a missing value. */
  readonly missing: readonly string[];
  /** The symbol whose rows are read, where a file has those of several. */
  readonly symbol: string | null;
  /** The same, with the column named. */
  readonly one: OneSymbol | null;
  readonly time: TimeOptions;
}

/** @throws SeamlessError `source` when an option is wrong. */
export function csvSettings(stream: OpenStream): CsvSettings {
  const options = new Options(stream);
  const columns = options.textsOrMap('columns');
  const settings: CsvSettings = {
    paths: options.paths(),
    columns: Array.isArray(columns) ? (columns as readonly string[]) : null,
    renamed: columns === null || Array.isArray(columns) ? {} : (columns as Readonly<Record<string, string>>),
    delimiter: options.text('delimiter'),
    comment: options.text('comment'),
    skip: options.number('skip', 'a number of lines', (value) => Number.isInteger(value) && value >= 0),
    encoding: options.text('encoding'),
    decimal: options.oneOf('decimal', ['.', ',']),
    thousands: options.text('thousands'),
    missing: options.texts('missing') ?? [],
    one: symbolOptions(options),
    symbol: options.text('symbol'),
    time: options.time(),
  };
  options.finish();
  for (const name of ['delimiter', 'thousands'] as const) {
    const value = settings[name];
    if (value === null || value.length === 1) continue;
    throw sourceError(stream, `its ${name} ${JSON.stringify(value)} must be a single character.`);
  }
  return settings;
}
