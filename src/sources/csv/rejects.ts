import type { DuckDBConnection } from '@duckdb/node-api';
import type { OpenStream } from '../../engine/ports/source.js';
import { rowError } from '../faults.js';
import { openSql, timePositions } from '../sql/relation.js';
import { MOST_SKIPPED, slotOf, type Skip } from './around.js';
import { splitLine } from './format/cells.js';
import { lastBytes } from './format/lines.js';
import { ignoring, isOfOneLine, rejectedLines, sentence, type Reject } from './failure.js';
import type { Notes } from '../conformance.js';
import type { CsvPlan } from './plan.js';
import { sqlText } from '../../sdk/sql-text.js';

/** The last lines of a file are looked for in this many bytes at its end. */
const TAIL_BYTES = 1 << 16;

/** The FROM clause, skipping lines that DuckDB cannot read. */
export function withoutRejects({ relation, reading }: CsvPlan): string {
  return relation.from.replace(reading.from, () => ignoring(reading.from));
}

/**
 * The lines that DuckDB cannot read, given that a query over the others works.
 * @param failure the error of the query over all lines, thrown again if lines are not to blame
 * @throws SeamlessError `source-row` where there are too many, or one swallows others
 */
export async function rejectsOf(
  stream: OpenStream,
  connection: DuckDBConnection,
  { reading }: CsvPlan,
  failure: unknown,
): Promise<readonly Reject[]> {
  const rejects = await rejectedLines(connection, reading.from, MOST_SKIPPED + 1);
  const worst = rejects.find((reject) => !isOfOneLine(reject)) ?? rejects[MOST_SKIPPED];
  if (worst) throw rowError(stream, sentence(reading, worst), failure);
  if (rejects.length === 0) throw failure;
  return rejects;
}

/**
 * Accounts for lines that were left out. An unfinished last line and lines after the last bar are noted; the others are skipped,
 * with their time where it can be read.
 */
export async function accountForRejects(
  stream: OpenStream,
  connection: DuckDBConnection,
  plan: CsvPlan,
  rejects: readonly Reject[],
  notes: Notes,
  skip: Skip,
): Promise<void> {
  const opens = await opensOf(connection, plan, rejects);
  const tail = await tailOf(plan);
  for (const [index, reject] of [...rejects.entries()].reverse()) {
    const last = tail.lines.at(-1) === reject.text;
    if (last) tail.lines.pop();
    const open = opens[index] ?? null;
    if (last && !tail.finished && reject.kind === 'MISSING COLUMNS') {
      notes.add('unfinished last lines left out', 1, reject.text);
      tail.finished = true;
    } else if (last && open === null && isFooter(reject, plan))
      notes.add('lines after the last bar left out', 1, reject.text);
    else skip(open === null ? null : slotOf(stream, open), rowError(stream, sentence(plan.reading, reject)));
  }
}

/** A last line that is no row: a sum, a source, a copyright. */
function isFooter({ kind, text }: Reject, { reading }: CsvPlan): boolean {
  const filled = splitLine(text, reading.layout.delimiter).filter((cell) => cell.trim() !== '');
  return kind === 'MISSING COLUMNS' || filled.length === 1;
}

/** The times of rejected lines, where they can be read. */
async function opensOf(
  connection: DuckDBConnection,
  { relation, reading }: CsvPlan,
  rejects: readonly Reject[],
): Promise<(number | null)[]> {
  const { layout, types } = reading;
  const wanted = timePositions(relation);
  const rows = rejects.map(({ text }, index) => {
    const cells = splitLine(text, layout.delimiter);
    const values = wanted.map((at) => `TRY_CAST(${sqlText(cells[at] ?? '')} AS ${types[at] ?? 'VARCHAR'})`);
    return `(${index}, ${values.join(', ')})`;
  });
  const names = ['line', ...wanted.map((at) => `c${at}`)].join(', ');
  const found = await connection.runAndReadAll(
    `SELECT ${openSql(relation)} AS open FROM (VALUES ${rows.join(', ')}) AS t(${names}) ORDER BY line`,
  );
  return found
    .getRowObjectsJS()
    .map(({ open }) => (typeof open === 'number' && Number.isFinite(open) ? open : null));
}

interface Tail {
  /** The last lines that are not empty, without their ends. */
  readonly lines: string[];
  /** Whether the last line has a line end. */
  finished: boolean;
}

async function tailOf({ text }: CsvPlan): Promise<Tail> {
  const tail = (await lastBytes(text, TAIL_BYTES)).toString('utf8');
  const lines = tail.split(/\r\n|\n|\r/).filter((line) => line !== '');
  return { lines, finished: /[\r\n]$/.test(tail) };
}
