import type { SeamlessError } from '../../sdk/errors.js';
import { emptyTable, rowValue, type Table } from '../../sdk/table.js';
import { nextOpen, type Grid } from '../../sdk/time/grid.js';
import { formatTime, type Range, type Seconds } from '../../sdk/time/time.js';
import { sameBits } from '../history/difference.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { SourceDescription } from '../ports/host.js';
import type { SourceReader } from '../ports/source.js';
import type { NodeStore, SourceState } from '../ports/store.js';
import { union, type RangeSet } from '../plan/ranges.js';
import { sourceLimit } from './source-limit.js';
import { wholeTimes } from './whole-times.js';

/** How many changed sources a sentence names. */
const NAMED_SOURCES = 3;

/** Rows of one kind of difference. */
interface ChangedRows {
  readonly rows: number;
  /** Opens of the first and the last of them. */
  readonly first: Seconds;
  readonly last: Seconds;
}

/** How a source's bars differ from the stored ones. */
export interface SourceChange {
  readonly corrected: ChangedRows | null;
  readonly added: ChangedRows | null;
  readonly removed: ChangedRows | null;
}

/** Compares rows in ascending order as they arrive. */
export class SourceComparison implements SourceChange {
  corrected: ChangedRows | null = null;
  added: ChangedRows | null = null;
  removed: ChangedRows | null = null;

  /**
   * Compares tables of the same range.
   * @param grid of the bars
   * @returns ranges of bars that came, went or changed; two of them are separated by an unchanged bar
   */
  compare(before: Table, after: Table, grid: Grid): RangeSet {
    const ranges: Range[] = [];
    const alike = sameColumns(before, after);
    const same = alike ? sameCells(before, after) : () => false;
    let start: Seconds | null = null;
    let [a, b, end] = [0, 0, 0];
    while (a < before.ts.length || b < after.ts.length) {
      const [ta = Infinity, tb = Infinity] = [before.ts[a], after.ts[b]];
      if (this.#differs(before, a, after, b, same) || !alike) {
        start ??= Math.min(ta, tb);
        end = nextOpen(Math.min(ta, tb), grid);
      } else if (start !== null) {
        ranges.push({ start, end });
        start = null;
      }
      if (ta <= tb) a++;
      if (tb <= ta) b++;
    }
    if (start !== null) ranges.push({ start, end });
    return union(ranges);
  }

  #differs(before: Table, a: number, after: Table, b: number, same: SameCells): boolean {
    const [ta = Infinity, tb = Infinity] = [before.ts[a], after.ts[b]];
    if (ta < tb) this.removed = longer(this.removed, ta);
    else if (tb < ta) this.added = longer(this.added, tb);
    else if (same(a, b)) return false;
    else if (!sameBits(rowValue(before, a), rowValue(after, b))) this.corrected = longer(this.corrected, ta);
    else return false;
    return true;
  }
}

/** Whether row `a` of a table has the cells of row `b` of another. */
type SameCells = (a: number, b: number) => boolean;

/** Tells most rows that are the same without making values of them; false where these must be compared. */
function sameCells(before: Table, after: Table): SameCells {
  const pairs = before.columns.flatMap((column, index) => {
    const other = after.columns[index];
    return other?.type === column.type ? [[column, other] as const] : [];
  });
  if (pairs.length < Math.max(before.columns.length, after.columns.length)) return () => false;
  return (a, b) => {
    if ((before.present?.[a] ?? 1) !== (after.present?.[b] ?? 1)) return false;
    for (const [{ values, valid }, other] of pairs) {
      if ((valid?.[a] ?? 1) !== (other.valid?.[b] ?? 1)) return false;
      if (!Object.is(values[a], other.values[b])) return false;
    }
    return true;
  };
}

/** Whether equal values in rows of two tables are read the same way. */
function sameColumns(a: Table, b: Table): boolean {
  if (a.ts.length === 0 || b.ts.length === 0) return true;
  return (
    a.shape === b.shape &&
    a.names.length === b.names.length &&
    a.names.every((name, i) => name === b.names[i])
  );
}

function longer(known: ChangedRows | null, ts: Seconds): ChangedRows {
  if (!known) return { rows: 1, first: ts, last: ts };
  return { rows: known.rows + 1, first: Math.min(known.first, ts), last: Math.max(known.last, ts) };
}

/** The open of the first differing bar; null: none. */
export function firstDifference({ corrected, added, removed }: SourceChange): Seconds | null {
  const firsts = [corrected, added, removed].flatMap((each) => (each ? [each.first] : []));
  return firsts.length > 0 ? Math.min(...firsts) : null;
}

/**
 * Reads a source and compares it with what is stored. Stores nothing.
 * @param stream its fingerprint, and the grid of its bars
 * @param mostRows to read; the result is null if the source has more
 */
export async function compareSource(
  reader: SourceReader,
  store: NodeStore,
  stream: Grid & { readonly fingerprint: string },
  mostRows: number,
): Promise<SourceChange | null> {
  const { fingerprint } = stream;
  const spans = (await store.coverage([fingerprint])).get(fingerprint) ?? [];
  const ranges: readonly Range[] = reader.whole ? [{ start: -Infinity, end: Infinity }] : union(spans);
  const comparison = new SourceComparison();
  const stored = async (start: Seconds, end: Seconds): Promise<Table> => {
    const [table] = await store.read([{ fingerprint, range: { start, end } }]);
    return table ?? emptyTable();
  };
  let rows = 0;
  for (const range of ranges) {
    let from = range.start;
    // Compared pieces end between two times: ticks may have several rows at one.
    for await (const table of wholeTimes(reader.read(range, () => undefined))) {
      rows += table.ts.length;
      if (rows > mostRows) return null;
      const last = table.ts.at(-1);
      if (last === undefined) continue;
      const end = Math.min(range.end, nextOpen(last, stream));
      comparison.compare(await stored(from, end), table, stream);
      from = end;
    }
    comparison.compare(await stored(from, range.end), emptyTable(), stream);
  }
  return comparison;
}

/** A source's name: its file, if it has one. */
export function sourceName(stream: string, source: SourceDescription | null): string {
  const path = source?.options['path'];
  return typeof path === 'string' ? path : `the source of \`${stream}\``;
}

/** `price.csv: 1 row of 2023-03-04 10:00 corrected`, a clause. */
function sourceChangeText(name: string, change: SourceChange): string {
  const { corrected, added, removed } = change;
  const parts = [
    corrected && `${rowsText(corrected)} corrected`,
    added && `${rowsText(added)} added`,
    removed && `${rowsText(removed)} removed`,
  ].filter((each) => each !== null);
  return parts.length > 0 ? `${name}: ${parts.join(', ')}` : `${name} was written again with the same rows`;
}

function rowsText({ rows, first, last }: ChangedRows): string {
  const count = `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`;
  const when = first === last ? shown(first) : `${shown(first)} to ${shown(last)}`;
  return `${count} of ${when}`;
}

/** `2023-03-04 10:00`. */
function shown(seconds: Seconds): string {
  return formatTime(seconds)
    .replace('T', ' ')
    .replace(/(:00)?Z$/, '');
}

/** A stream whose source changed. */
export interface ChangedSource {
  readonly name: string;
  /** What changed in it; null: unknown. */
  readonly change: SourceChange | null;
  /** Why it cannot be read, if so. */
  readonly refusal?: SeamlessError;
}

/** Changes of sources as a sentence. */
export function sourcesText(sources: readonly ChangedSource[]): string {
  const texts = sources.map(({ name, change, refusal }) =>
    refusal
      ? `${name} cannot be read`
      : change
        ? sourceChangeText(name, change)
        : `${name} changed, or must be read again; the next run finds out which bars changed`,
  );
  const text = texts.slice(0, NAMED_SOURCES).join('; ');
  // A file's name is written as it is.
  return `${text.replace(/^the source of/, 'The source of')}.`;
}

/** The changed sources that each node is or depends on. */
export function sourcesUpstream(
  { nodes, order }: Graph,
  changed: ReadonlyMap<number, ChangedSource>,
): ReadonlyMap<number, readonly ChangedSource[]> {
  const touched = new Map<number, readonly ChangedSource[]>();
  if (changed.size === 0) return touched;
  for (const index of order) {
    const own = changed.get(index);
    const inputs = (nodes[index] as GraphNode).edges.flatMap((edge) => touched.get(edge.node) ?? []);
    const all = [...new Set([...(own ? [own] : []), ...inputs])];
    if (all.length > 0) touched.set(index, all);
  }
  return touched;
}

/** Up to when a source's bars were known. */
export function endOf(known: SourceState | undefined, node: GraphNode): Seconds {
  if (!known) return -Infinity;
  return known.last === null ? Infinity : sourceLimit(node, known.last);
}

/**
 * The effect of a source's new beginning or end. Bars may have appeared before the first one, and what is before the beginning or
 * after the end is no longer known to be empty.
 */
export function movedEnds(
  node: GraphNode,
  known: SourceState | undefined,
  { first, last }: Pick<SourceState, 'first' | 'last'>,
): RangeSet {
  if (!known || known.first === null || known.last === null) return [];
  if (first === null || last === null) return [{ start: -Infinity, end: Infinity }];
  const moved: Range[] = [];
  if (first < known.first) moved.push({ start: first, end: known.first });
  if (first > known.first) moved.push({ start: -Infinity, end: first });
  const limit = sourceLimit(node, last);
  if (limit < sourceLimit(node, known.last)) moved.push({ start: limit, end: Infinity });
  return moved;
}
