import type { OpenStream, SkippedRow } from '../../engine/ports/source.js';
import type { SeamlessError } from '../../sdk/errors.js';
import { floorToSlot } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import { BarCheck, barError, WRITE_TIMES, type BarFault } from '../faults.js';
import type { Database } from './database.js';
import type { RelationSource } from './relation-source.js';
import type { Relation } from './relation.js';
import { hiddenBy, untimedRows, type Untimed } from './untimed.js';

const NOWHERE: Untimed = { cell: null, before: null, after: null };
const NO_TIME: BarFault = {
  kind: 'not-a-time',
  row: 0,
  index: 0,
  time: Number.NaN,
  previous: Number.NaN,
  shared: false,
  calendar: null,
};

/**
 * Rows without a time, and the bars that they hide.
 * @throws SeamlessError `source-row` where the hidden bars cannot be known, or there are too many such rows
 */
export async function untimedFaults(
  stream: OpenStream,
  database: Database,
  source: RelationSource,
  relation: Relation,
  timed: string,
): Promise<readonly SkippedRow[]> {
  const rows = await untimedRows(database, relation, timed);
  const [first] = rows ?? [NOWHERE];
  // A query's result has no order, and a symbol's neighbouring rows may be another symbol's.
  if (first && (rows === null || source.sort || source.one))
    throw rowFault(stream, source, relation, NO_TIME, first.cell, leaveOut(source, relation, first));
  return (rows ?? []).map((row) => ({
    range: hiddenBy(stream, row),
    error: rowFault(stream, source, relation, NO_TIME, row.cell),
  }));
}

/** What to do about rows whose place is unknown. */
function leaveOut({ sort }: RelationSource, { names, time }: Relation, { cell }: Untimed): string {
  const counted = "to have such rows left out and counted, say conformance: 'permissive'";
  const name = names[time] ?? '';
  return sort && cell === null
    ? `nothing says which bars it is beside, so add WHERE ${/^\w+$/.test(name) ? name : `"${name}"`} IS NOT NULL to the query; or ${counted}`
    : `nothing says which bars it is beside, so correct it; or ${counted}`;
}

/** The message for a row that cannot be a bar. @param write what to do about a cell that is no time */
export function rowFault(
  stream: OpenStream,
  { shown }: RelationSource,
  { names, time }: Relation,
  fault: BarFault,
  cell: string | null = null,
  write = WRITE_TIMES,
): SeamlessError {
  return barError(stream, fault, {
    row: `a row of ${shown}`,
    cell,
    write,
    sort: `Write the file sorted by ${names[time] ?? ''}, or read it through sqlHistory, which sorts.`,
    seconds: 'Say which with the option timeUnit.',
  });
}

/**
 * Slots of the first and last row. A single faulty row hides its own slot; if both ends are faulty, the file is not what it was
 * taken for.
 */
export function endsOf(
  stream: OpenStream,
  source: RelationSource,
  relation: Relation,
  { first, last }: { readonly first: Seconds; readonly last: Seconds },
): { readonly first: Seconds; readonly last: Seconds } {
  const faultOf = (...opens: Seconds[]): BarFault | null =>
    new BarCheck(stream, source.time.stamp).next(Float64Array.from(opens));
  const faults = [faultOf(first), faultOf(last)];
  const whole = faults.find((fault) => fault !== null && fault.kind !== 'off-grid');
  if (whole) throw rowFault(stream, source, relation, whole);
  if (faults.every((fault) => fault !== null)) {
    const fault = faultOf(...new Set([first, last]));
    if (fault) throw rowFault(stream, source, relation, fault);
  }
  return { first: floorToSlot(first, stream), last: floorToSlot(last, stream) };
}
