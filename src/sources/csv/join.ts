import type { OpenStream } from '../../engine/ports/source.js';
import {
  columnIndex,
  concatTables,
  emptyTable,
  lowerBound,
  pickRows,
  sliceTable,
  type Table,
} from '../../sdk/table.js';
import { formatTime, type Seconds } from '../../sdk/time/time.js';
import { wholeTimes } from '../../engine/sources/whole-times.js';
import { isTicks } from '../../sdk/time/grid.js';
import { sameRow, type Notes } from '../conformance.js';
import type { CellType, SelectedColumn } from '../batches.js';
import { rowError, sourceError } from '../faults.js';
import type { Conformance } from '../options.js';
import { mergeTicks, type TickJoin } from './join-ticks.js';
import type { CsvPlan } from './plan.js';

/** One of several files with the bars of a stream. */
export interface Part {
  readonly shown: string;
  /** The open of its first bar; +∞ when it has none. */
  readonly first: Seconds;
  read(): AsyncIterable<Table>;
}

/**
 * The bars of several files in order of time, whatever the files' names. Equal rows of two files are taken once and counted.
 * @throws SeamlessError `source-row` when two files contradict each other; permissive: the first file's row is used
 */
export async function* joinParts(
  stream: OpenStream,
  parts: readonly Part[],
  conformance: Conformance,
  notes: Notes,
): AsyncGenerator<Table> {
  const ordered = [...parts].sort((a, b) => a.first - b.first);
  let waiting = emptyTable();
  for (const [index, part] of ordered.entries()) {
    const next = ordered[index + 1]?.first ?? Infinity;
    const last = waiting.ts.at(-1);
    const join = { conformance, notes, border: last === part.first ? last : null };
    for await (const table of isTicks(stream) ? wholeTimes(part.read()) : part.read()) {
      const end = table.ts.at(-1) ?? Number.NaN;
      const due = lowerBound(waiting.ts, end + (isTicks(stream) ? 1e-6 : 1));
      const merged = merge(stream, sliceTable(waiting, 0, due), table, part.shown, join);
      const ready = lowerBound(merged.ts, next);
      // Bars that the next file may have too wait for it.
      waiting = joinTables(
        sliceTable(merged, ready, merged.ts.length),
        sliceTable(waiting, due, waiting.ts.length),
      );
      if (ready > 0) yield sliceTable(merged, 0, ready);
    }
    const ready = lowerBound(waiting.ts, next);
    if (ready > 0) yield sliceTable(waiting, 0, ready);
    waiting = sliceTable(waiting, ready, waiting.ts.length);
  }
}

/** How two files are put together. */
interface Join extends Pick<TickJoin, 'notes' | 'border'> {
  readonly conformance: Conformance;
}

function merge(
  stream: OpenStream,
  early: Table,
  late: Table,
  shown: string,
  { conformance, notes, border }: Join,
): Table {
  if (early.ts.length === 0) return late;
  const contradict = (time: Seconds): void => {
    if (conformance === 'permissive') {
      notes.add('rows that contradict another file left out', 1, formatTime(time));
      return;
    }
    throw rowError(
      stream,
      `${shown} has other values at ${formatTime(time)} than the file before it: correct one of them, or take the earlier file's with conformance: 'permissive'.`,
    );
  };
  if (isTicks(stream)) return mergeTicks(early, late, { notes, border, contradict });
  const both = joinTables(early, late);
  const order = Array.from(both.ts, (_, row) => row).sort(
    (a, b) => (both.ts[a] as number) - (both.ts[b] as number) || a - b,
  );
  const kept: number[] = [];
  for (const row of order) {
    const last = kept.at(-1);
    if (last === undefined || both.ts[last] !== both.ts[row]) {
      kept.push(row);
      continue;
    }
    const time = both.ts[row] as number;
    if (sameRow(both, last, both, row))
      notes.add('rows that are in two files taken once', 1, formatTime(time));
    else contradict(time);
  }
  return pickRows(both, kept);
}

function joinTables(a: Table, b: Table): Table {
  if (a.ts.length === 0) return b;
  return b.ts.length === 0 ? a : concatTables([a, b]);
}

/** The key that columns are joined by: case is ignored unless a file has two columns that differ in case only. */
function keysOf(planned: readonly { readonly plan: CsvPlan }[]): (name: string) => string {
  const lower = (name: string): string => name.toLowerCase();
  const clear = planned.every(({ plan }) => {
    const { columns } = plan.relation;
    return new Set(columns.map(({ name }) => lower(name))).size === columns.length;
  });
  return clear ? lower : (name) => name;
}

/**
 * The columns of all files by key, named as the first file names them. @throws SeamlessError `source` where a column has two
 * types
 */
export function commonColumns(
  stream: OpenStream,
  planned: readonly { readonly plan: CsvPlan }[],
): readonly SelectedColumn[] {
  const columns = new Map<string, { name: string; type: CellType; shown: string }>();
  const keyOf = keysOf(planned);
  for (const { plan } of planned) {
    for (const { name, type } of plan.relation.columns) {
      const known = columns.get(keyOf(name));
      if (known === undefined || known.type === 'null')
        columns.set(keyOf(name), { name: known?.name ?? name, type, shown: plan.reading.file.shown });
      else if (type !== 'null' && type !== known.type) {
        throw sourceError(
          stream,
          `column ${name} holds a ${known.type} in ${known.shown}, but a ${type} in ${plan.reading.file.shown}: make both alike, or read the files apart.`,
        );
      }
    }
  }
  return [...columns.values()].map(({ name, type }) => ({ name, type }));
}

/** A plan's relation with an expression for each of these columns; null for a column that the file lacks. */
export function aligned({ relation }: CsvPlan, columns: readonly SelectedColumn[]): CsvPlan['relation'] {
  const names = relation.columns.map((column) => column.name);
  const expressions = columns.map(({ name, type }) => {
    const index = columnIndex(names, name);
    const own = relation.columns[index];
    if (own === undefined) return `NULL::${SQL_TYPES[type]}`;
    const expression = relation.expressions[index] ?? 'NULL';
    return own.type === type ? expression : `CAST(${expression} AS ${SQL_TYPES[type]})`;
  });
  return { ...relation, columns, expressions };
}

const SQL_TYPES: Readonly<Record<CellType, string>> = {
  number: 'DOUBLE',
  null: 'DOUBLE',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
  json: 'VARCHAR',
};
