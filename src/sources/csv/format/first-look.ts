import type { OpenStream } from '../../../engine/ports/source.js';
import type { Seconds } from '../../../sdk/time/time.js';
import { refuseMixed } from '../../universe/mixed-symbols.js';
import type { Notes } from '../../conformance.js';
import type { Database } from '../../sql/database.js';
import { openSql } from '../../sql/relation.js';
import { explainCsvFailure, rowsOfSound } from '../failure.js';
import type { CsvPlan } from '../plan.js';

/** Rows from which order and spacing are found. */
const FIRST_ROWS = 1_000;

/** Opens of the first rows, in file order. @throws SeamlessError `source` or `source-row` for a file that cannot be read */
export async function firstOpens(
  stream: OpenStream,
  database: Database,
  { relation, reading }: CsvPlan,
): Promise<Seconds[]> {
  try {
    const rows = await rowsOfSound(database, relation.from, (from) => {
      return `SELECT ${openSql(relation)} AS open FROM ${from} LIMIT ${FIRST_ROWS}`;
    });
    return rows.flatMap(({ open }) => (typeof open === 'number' && Number.isFinite(open) ? [open] : []));
  } catch (error) {
    throw await explainCsvFailure(stream, database, reading, error);
  }
}

/** Notes cells that a cast leaves empty: how many in each column, and the first one. */
export async function countBadCells(
  database: Database,
  { relation, reading }: CsvPlan,
  notes: Notes,
): Promise<void> {
  const { names } = relation;
  const cast = relation.columns.map(({ name, type }, i) => ({
    name,
    raw: `c${names.indexOf(name)}`,
    value: relation.expressions[i] ?? 'NULL',
    typed: type === 'number' || type === 'boolean',
  }));
  const checked = cast.filter(({ typed }) => typed);
  if (checked.length === 0) return;
  const counts = checked.map(({ raw, value }, i) => {
    const bad = `${raw} IS NOT NULL AND ${value} IS NULL`;
    return `count(*) FILTER (${bad})::DOUBLE AS n${i}, any_value(${raw}) FILTER (${bad}) AS example${i}`;
  });
  const [row = {}] = await rowsOfSound(database, relation.from, (from) => {
    return `SELECT ${counts.join(', ')} FROM ${from}`;
  });
  checked.forEach(({ name }, i) => {
    const example = row[`example${i}`];
    const shown = typeof example === 'string' ? JSON.stringify(example) : null;
    notes.add(`invalid cells of ${name} in ${reading.file.shown} left empty`, Number(row[`n${i}`]), shown);
  });
}

/** @throws SeamlessError `source` for rows of several symbols */
export async function refuseSymbols(
  stream: OpenStream,
  database: Database,
  { maybeMixed, relation, reading }: CsvPlan,
): Promise<void> {
  if (!maybeMixed) return;
  const { from, names } = relation;
  const table = { shown: reading.file.shown, names, open: openSql(relation), unordered: false, choose: null };
  await refuseMixed(stream, table, (query) => rowsOfSound(database, from, query));
}

/** Infinity: there are no rows. */
export async function earliestOpen(database: Database, { relation }: CsvPlan): Promise<Seconds> {
  const [row] = await rowsOfSound(database, relation.from, (from) => {
    return `SELECT min(${openSql(relation)}) AS first FROM ${from}`;
  });
  return typeof row?.['first'] === 'number' ? row['first'] : Infinity;
}
