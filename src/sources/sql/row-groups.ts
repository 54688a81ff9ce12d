import { createHash } from 'node:crypto';
import type { Seconds } from '../../sdk/time/time.js';
import { literalPath, type Database } from './database.js';
import { sqlText } from '../../sdk/sql-text.js';

/** A border between row groups of a Parquet file, and what is before it. */
export interface Border {
  /** Bytes before it. */
  readonly end: number;
  readonly rows: number;
  /** SHA-256 of the footer's entries for the row groups before it: where their pages are, and how they are encoded. */
  readonly footer: string;
}

/** A border, and what later content is compared with. */
export interface KnownBorder extends Border {
  /** SHA-256 of the bytes before it. */
  readonly hash: string;
  /** The earliest open after it; null: no rows. */
  readonly after: Seconds | null;
}

/** A file's borders with at least one row before them, in order; none if its row groups are not contiguous. */
export async function bordersOf(database: Database, path: string): Promise<readonly Border[]> {
  const start =
    'CASE WHEN dictionary_page_offset > 0 THEN least(dictionary_page_offset, data_page_offset) ELSE data_page_offset END';
  // The metadata repeats facts about the whole file, such as its row count, for each row group.
  const groups = await database.rows(
    `SELECT any_value(row_group_num_rows)::DOUBLE AS rows, min(${start})::DOUBLE AS start,
       sum(total_compressed_size)::DOUBLE AS bytes, sha256(string_agg(CAST(part AS VARCHAR), ';' ORDER BY column_id)) AS digest
     FROM (FROM (SELECT * EXCLUDE (file_name, key_value_metadata) FROM parquet_metadata(${sqlText(literalPath(path))})) AS part
           SELECT *, part)
     GROUP BY row_group_id ORDER BY row_group_id`,
  );
  const borders: Border[] = [];
  const footer = createHash('sha256');
  let [rows, end] = [0, 0];
  for (const group of groups) {
    const begin = Number(group['start']);
    if (begin < end) return [];
    if (rows > 0) borders.push({ end: begin, rows, footer: footer.copy().digest('hex') });
    rows += Number(group['rows']);
    end = begin + Number(group['bytes']);
    footer.update(String(group['digest']));
  }
  if (rows > 0) borders.push({ end, rows, footer: footer.digest('hex') });
  return borders;
}

/** The earliest open from a row on; null: no rows. @param borders the file's own */
export async function firstOpenFrom(
  database: Database,
  path: string,
  { names, open }: { readonly names: readonly string[]; readonly open: string },
  row: number,
  borders: readonly Border[],
): Promise<Seconds | null> {
  if (row === borders.at(-1)?.rows) return null;
  const columns = [...names.map((_, index) => `c${index}`), 'place'].join(', ');
  const [found] = await database.rows(
    `SELECT min(${open})::DOUBLE AS first
     FROM read_parquet(${sqlText(literalPath(path))}, file_row_number = true) AS bars(${columns}) WHERE place >= ${row}`,
  );
  return typeof found?.['first'] === 'number' ? found['first'] : null;
}
