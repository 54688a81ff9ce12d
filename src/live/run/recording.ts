import type { Graph } from '../../engine/graph/graph.js';
import type { SourceReader } from '../../engine/ports/source.js';
import { schemaOf } from '../../engine/run/evaluation/evaluation.js';
import { addTo } from '../../sdk/lists.js';
import { closeOf, lastOpenBy, type Grid } from '../../sdk/time/grid.js';
import { lowerBound, rowValue, sliceTable, type RowValue, type Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { FeedBar } from '../feed/feed.js';
import type { JournalLine } from '../journal/codec.js';
import { BarColumns } from './rows.js';
import { sameBits } from '../../engine/history/difference.js';

/** A run's recorded bars, and its nodes' values. */
export interface Recording {
  /** From the first slot's open to the last close. */
  readonly range: Range;
  /** Earlier rows came from history. */
  readonly historyEnd: Seconds;
  readonly bars: ReadonlyMap<string, readonly FeedBar[]>;
  /** Opens and values by node. */
  readonly values: ReadonlyMap<string, ReadonlyMap<Seconds, RowValue>>;
}

export function recordingOf(lines: Iterable<JournalLine>): Recording | null {
  let start: Seconds | null = null;
  let end = -Infinity;
  let historyEnd = -Infinity;
  const bars = new Map<string, FeedBar[]>();
  const values = new Map<string, Map<Seconds, RowValue>>();
  const valuesOf = (node: string): Map<Seconds, RowValue> => {
    const known = values.get(node) ?? new Map<Seconds, RowValue>();
    values.set(node, known);
    return known;
  };
  for (const { asOf, events } of lines) {
    for (const event of events) {
      if (event.type === 'ready') {
        // A resumed run repeats it.
        if (start === null) historyEnd = event.history?.[1] ?? -Infinity;
        start ??= asOf;
      } else if (event.type === 'bar') {
        addTo(bars, event.stream, event);
        end = Math.max(end, asOf);
      } else if (event.type === 'value') {
        valuesOf(event.node).set(event.ts, event.value);
        end = Math.max(end, asOf);
      } else if (event.type === 'late' && event.taken && event.row) {
        insert(bars, { type: 'bar', stream: event.stream, ts: event.ts, row: event.row });
      } else if (event.type === 'revised') {
        if (event.value === undefined) valuesOf(event.node).delete(event.ts);
        else valuesOf(event.node).set(event.ts, event.value);
      }
    }
  }
  return start === null || end <= start ? null : { range: { start, end }, historyEnd, bars, values };
}

/** Inserts a late bar, in place of another with the same open. */
function insert(lists: Map<string, FeedBar[]>, bar: FeedBar): void {
  const list = (lists.get(bar.stream) ?? []).filter(({ ts }) => ts !== bar.ts);
  const after = list.findIndex(({ ts }) => ts > bar.ts);
  list.splice(after < 0 ? list.length : after, 0, bar);
  lists.set(bar.stream, list);
}

/** A stream's source as a run saw it: history up to its start, then the feed's bars. */
export class RecordedSource implements SourceReader {
  readonly whole = true;
  readonly #source: SourceReader;
  readonly #recording: Recording;
  readonly #grid: Grid;
  readonly #bars: readonly FeedBar[];

  constructor(source: SourceReader, recording: Recording, stream: string, grid: Grid) {
    this.#source = source;
    this.#recording = recording;
    this.#grid = grid;
    this.#bars = recording.bars.get(stream) ?? [];
  }

  version(): Promise<null> {
    return Promise.resolve(null);
  }

  async bounds(): ReturnType<SourceReader['bounds']> {
    const history = await this.#source.bounds();
    const before = lastOpenBy(this.#before, this.#grid);
    const known =
      history && history.first <= before
        ? { first: history.first, last: Math.min(history.last, before) }
        : null;
    const first = known?.first ?? this.#bars[0]?.ts;
    const last = this.#bars.at(-1)?.ts ?? known?.last;
    return first === undefined || last === undefined ? null : { first, last };
  }

  async *read({ start, end }: Range): AsyncGenerator<Table> {
    let columns: BarColumns | null = null;
    const history = { start, end: Math.min(end, this.#before) };
    if (history.start < history.end) {
      for await (const table of this.#source.read(history)) {
        columns = new BarColumns(schemaOf(table));
        yield table;
      }
    }
    columns ??= new BarColumns(null);
    for (const { row } of this.#bars) columns.fault(row);
    const table = columns.table(this.#bars);
    const rows = sliceTable(table, lowerBound(table.ts, start), lowerBound(table.ts, end));
    if (rows.ts.length > 0) yield rows;
  }

  /** Bars that open here or later close after the run began, so they are not history. */
  get #before(): Seconds {
    const { range, historyEnd } = this.#recording;
    return lastOpenBy(Math.min(range.start, historyEnd), this.#grid) + 1e-6;
  }
}

/** A row that differs; `undefined`: there was none. */
export interface RowDifference {
  readonly node: string;
  /** Its open. */
  readonly ts: Seconds;
  readonly live: RowValue | undefined;
  readonly materialized: RowValue | undefined;
}

/** A node's stored rows over the recording's range. */
export interface Materialized {
  readonly table: Table;
  readonly complete: (open: Seconds) => boolean;
}

/** Compares a run's values with those materialized from its recorded bars, bit for bit. */
export function parityOf(
  about: { readonly run: string; readonly strategy: string },
  graph: Graph,
  canonical: readonly number[],
  { range, values }: Recording,
  materialized: ReadonlyMap<number, Materialized>,
) {
  const nodes = graph.nodes.filter(({ kind, index }) => kind === 'node' && canonical[index] === index);
  let [rows, notYet, differing] = [0, 0, 0];
  let first = null as RowDifference | null;
  let firstClose = Infinity;
  for (const node of nodes) {
    const live = new Map(values.get(node.name) ?? []);
    const { table, complete } = materialized.get(node.index) as Materialized;
    const note = (ts: Seconds, was: RowValue | undefined, is: RowValue | undefined): void => {
      rows += 1;
      if (was !== undefined && is !== undefined && sameBits(was, is)) return;
      differing += 1;
      if (closeOf(ts, node) >= firstClose) return;
      firstClose = closeOf(ts, node);
      first = { node: node.name, ts, live: was, materialized: is };
    };
    for (let at = 0; at < table.ts.length; at++) {
      const ts = table.ts[at] as Seconds;
      if (closeOf(ts, node) <= range.start || closeOf(ts, node) > range.end) continue;
      note(ts, live.get(ts), rowValue(table, at));
      live.delete(ts);
    }
    for (const [ts, value] of live) {
      if (complete(ts)) note(ts, value, undefined);
      else notYet += 1;
    }
  }
  return {
    ...about,
    range: [range.start, range.end] as const,
    nodes: nodes.length,
    rows,
    notYet,
    differing,
    first,
  };
}
