import { SeamlessError, UndeclaredInput } from './errors.js';
import type { DagNode } from './dag-node.js';
import { Numbers } from './numbers.js';
import { rowMaker, unknownColumn, type RowMaker } from './records.js';
import {
  cellValue,
  columnIndex,
  rowValue,
  VALUE_COLUMN,
  type Column,
  type RowValue,
  type Table,
} from './table.js';
import { formatTime, type Seconds } from './time/time.js';

/** The last bars of one input, oldest first, at one firing. */
export interface Window {
  readonly length: number;
  /** Opens of the bars, in epoch seconds. */
  readonly ts: Float64Array;
  /** A column's numbers, NaN where a row is null. Not a copy: read-only. */
  column(name?: string): Float64Array;
  /** The rows of a column of any type as plain values; null where null. */
  values(name?: string): RowValue[];
  /** 1 where the column has a value, 0 where it is null. */
  valid(name?: string): Uint8Array;
  /** Row `index` (negative: from the end) as the input emitted it. */
  row(index: number): RowValue;
}

/** What a `computeFn` sees of its inputs: the bars closed by `asOf`, and nothing else. */
export interface View {
  /** The close of the slot this firing belongs to, in epoch seconds. */
  readonly asOf: Seconds;
  /**
   * The last value of an input. Field names may differ in case if that is unambiguous.
   * @throws SeamlessError `unknown-column` for a field that the record does not have
   */
  latest<T>(input: DagNode<T>): T;
  /** The last `bars` bars of an input; default: as many as the node's period, or all within a span such as '1h'. */
  window(input: DagNode, bars?: number): Window;
}

/** One input of a node as a view reads it. */
export interface ViewInput {
  readonly name: string;
  readonly table: Table;
  /** Of the input's bars. */
  readonly interval: Seconds;
  /** For each firing, how many of the table's rows are visible. */
  readonly end: Int32Array;
  /** Default and largest number of bars in a window. */
  readonly period: number;
  readonly lookback: number;
  /** For a window counted in time: its seconds. */
  readonly span?: Seconds;
  /** Windows are copies, so that nothing beyond them can be reached. Default: false. */
  readonly copied?: boolean;
}

/** Called before a column (−1: the times) is first handed out, so that its owner can check that it is not written to. */
export type ColumnHandedOut = (input: number, column: number) => void;

interface RecordRows {
  /** The cells of a record table without nulls, all numbers; else none. */
  readonly cells: readonly Float64Array[];
  readonly maker: RowMaker;
}

/** Reads one input, resolving each column's name once per chunk. */
export class InputReader {
  readonly source: ViewInput;
  // Copied from the source: V8 reads polymorphic objects slowly, and each chunk's source has another shape.
  readonly end: Int32Array;
  readonly period: number;
  readonly lookback: number;
  readonly span: Seconds | undefined;
  readonly copied: boolean;
  readonly #position: number;
  readonly #handedOut: ColumnHandedOut;
  /** The cells of a scalar input without nulls: its last value is one array access. */
  readonly #scalars: Float64Array | null;
  /** How rows of records are made; null: an input with single values, or nobody reads rows. */
  #rows: RecordRows | null = null;
  #columns: Map<string, Numbers> | null = null;
  #places: Map<string, number> | null = null;
  #ts: Numbers | null = null;
  #lastName: string | null = null;
  #lastColumn: Numbers | null = null;

  constructor(source: ViewInput, position: number, handedOut: ColumnHandedOut) {
    this.source = source;
    this.end = source.end;
    this.period = source.period;
    this.lookback = source.lookback;
    this.span = source.span;
    this.copied = source.copied ?? false;
    this.#position = position;
    this.#handedOut = handedOut;
    const [column] = source.table.columns;
    const scalar = source.table.shape === 'value' && column?.type === 'number' && !column.valid;
    this.#scalars = scalar ? column.values : null;
  }

  /** Prepares to read rows before author code runs. */
  withRows(): this {
    const { name, table } = this.source;
    if (table.shape === 'record') this.#rows = recordRows(name, table);
    return this;
  }

  get ts(): Numbers {
    if (this.#ts) return this.#ts;
    this.#handedOut(this.#position, -1);
    this.#ts = this.#shown(this.source.table.ts);
    return this.#ts;
  }

  /** All numbers of a column. */
  column(name: string): Numbers {
    // Most functions ask for the same column again and again.
    if (name === this.#lastName && this.#lastColumn) return this.#lastColumn;
    const column = this.#columns?.get(name) ?? this.#resolve(name);
    this.#lastName = name;
    this.#lastColumn = column;
    return column;
  }

  /** The position of a column. @throws SeamlessError `unknown-column` */
  placeOf(name: string): number {
    const known = this.#places?.get(name);
    if (known !== undefined) return known;
    const place = resolveColumn(this.source, name);
    (this.#places ??= new Map()).set(name, place);
    return place;
  }

  #resolve(name: string): Numbers {
    const index = this.placeOf(name);
    const column = this.#shown(numbersOf(this.source.name, name, this.source.table.columns[index] as Column));
    this.#handedOut(this.#position, index);
    (this.#columns ??= new Map()).set(name, column);
    return column;
  }

  #shown(array: Float64Array): Numbers {
    return new Numbers(this.copied ? array.slice() : array);
  }

  row(index: number): RowValue {
    if (this.#scalars !== null) return this.#scalars[index] as number;
    const { table, name } = this.source;
    if (table.shape !== 'record') return rowValue(table, index);
    const { cells, maker } = (this.#rows ??= recordRows(name, table));
    if (cells.length > 0) return maker.ofNumbers(cells, index);
    if (table.present && table.present[index] === 0) return null;
    return maker.ofCells(table.columns.map((column) => cellValue(column, index)));
  }
}

function recordRows(input: string, table: Table): RecordRows {
  return { cells: cellsOf(table), maker: makerOf(input, table.names) };
}

/** The cells of a table of non-null numbers; none for any other. */
function cellsOf({ columns, present }: Table): readonly Float64Array[] {
  if (present) return [];
  const cells: Float64Array[] = [];
  for (const { type, values, valid } of columns) if (type === 'number' && !valid) cells.push(values);
  return cells.length === columns.length ? cells : [];
}

const makers = new Map<string, RowMaker>();
/** Cache of one entry per input: the names are usually the same list from chunk to chunk. */
const lastMakers = new Map<string, { readonly names: readonly string[]; readonly maker: RowMaker }>();

/** Compiled once per input and list of names. */
function makerOf(input: string, names: readonly string[]): RowMaker {
  const last = lastMakers.get(input);
  if (last?.names === names) return last.maker;
  const key = JSON.stringify([input, names]);
  const maker = makers.get(key) ?? rowMaker(input, names);
  makers.set(key, maker);
  lastMakers.set(input, { names, maker });
  return maker;
}

/**
 * Sets a view's firing, by the close and the open of its slot. Not a method of the view, or author code could look at any bar.
 */
export let moveView: (view: ChunkView, firing: number, asOf: Seconds, open: Seconds) => void;

/**
 * An input (by position) and its row in the very slot that a view shows; null: it has no bar there. Not a method of the view, for
 * the same reason.
 */
export let readSlot: (
  view: View,
  position: number,
) => { readonly source: ViewInput; readonly row: number } | null;

/** The rows of an input (by position) that open in the very slot that a view shows, and that slot. */
export let windowOfSlot: (
  view: View,
  position: number,
) => { readonly window: Window; readonly open: Seconds; readonly close: Seconds };

/** The view of one node over a chunk of firings. */
export class ChunkView implements View {
  readonly #node: string;
  readonly #readers: readonly InputReader[];
  readonly #positions: ReadonlyMap<DagNode, number>;
  #firing = 0;
  #lastInput: DagNode | null = null;
  #lastReader: InputReader | null = null;
  #asOf: Seconds = 0;
  #open: Seconds = 0;

  static {
    moveView = (view, firing, asOf, open) => {
      view.#firing = firing;
      view.#asOf = asOf;
      view.#open = open;
    };
    readSlot = (view, position) => {
      if (!(view instanceof ChunkView)) throw new SeamlessError('internal', 'No view of a computation.');
      const { source } = view.#readers[position] as InputReader;
      const row = (source.end[view.#firing] as number) - 1;
      if (row < 0 || source.table.ts[row] !== view.#open) return null;
      return { source, row };
    };
    windowOfSlot = (view, position) => {
      if (!(view instanceof ChunkView)) throw new SeamlessError('internal', 'No view of a computation.');
      const reader = view.#readers[position] as InputReader;
      const end = reader.end[view.#firing] as number;
      const window = new ChunkWindow(reader, end - barsSince(reader.source, end, view.#open), end);
      return { window, open: view.#open, close: view.#asOf };
    };
  }

  constructor(
    node: string,
    inputs: readonly ViewInput[],
    positions: ReadonlyMap<DagNode, number>,
    handedOut: ColumnHandedOut,
  ) {
    this.#node = node;
    this.#readers = inputs.map((source, position) => new InputReader(source, position, handedOut).withRows());
    this.#positions = positions;
    // Frozen, so that nothing can be stored on a view from one bar to the next.
    Object.freeze(this);
  }

  get asOf(): Seconds {
    return this.#asOf;
  }

  latest<T>(input: DagNode<T>): T {
    const reader = this.#readerOf(input);
    return reader.row((reader.end[this.#firing] as number) - 1) as T;
  }

  window(input: DagNode, bars?: number): Window {
    const reader = this.#readerOf(input);
    const { span } = reader;
    const end = reader.end[this.#firing] as number;
    const most = span === undefined ? reader.lookback : barsSince(reader.source, end, this.#asOf - span);
    const length = bars ?? (span === undefined ? reader.period : most);
    if (length > most || length < 1 || !Number.isInteger(length))
      this.#refuseLength(reader.source, length, most);
    return new ChunkWindow(reader, end - length, end);
  }

  #readerOf(input: DagNode): InputReader {
    if (input === this.#lastInput && this.#lastReader) return this.#lastReader;
    const position = this.#positions.get(input);
    if (position === undefined) {
      const sources = this.#readers.map(({ source }) => source);
      throw undeclaredInput(this.#node, input, sources, this.#asOf);
    }
    const reader = this.#readers[position] as InputReader;
    this.#lastInput = input;
    this.#lastReader = reader;
    return reader;
  }

  #refuseLength(source: ViewInput, length: number, most: number): never {
    const bars = length === 1 ? 'bar' : 'bars';
    throw new UndeclaredInput(
      `Node ${this.#node} asked for ${length} ${bars} of ${source.name} at asOf ${formatTime(this.#asOf)}, but its period gives it ${most}: raise the period, or ask for a whole number of bars up to it.`,
      { node: this.#node, asOf: this.#asOf },
    );
  }
}

// Likewise for what all views and windows share.
for (const shared of [ChunkView, ChunkView.prototype]) Object.freeze(shared);

/** How many of the first `end` bars open at `start` or later. */
function barsSince({ table: { ts } }: ViewInput, end: number, start: Seconds): number {
  let first = end;
  while (first > 0 && (ts[first - 1] as number) >= start) first--;
  return end - first;
}

/** The error for a node that asks for something other than its inputs. */
export function undeclaredInput(
  node: string,
  input: unknown,
  inputs: readonly { readonly name: string }[],
  asOf?: Seconds,
): UndeclaredInput {
  const declared = inputs.map(({ name }) => name).join(', ');
  const at = asOf === undefined ? '' : ` at asOf ${formatTime(asOf)}`;
  return new UndeclaredInput(
    `Node ${node} asked for ${nameOf(input)}${at}, which is not among its inputs (${declared}): add it to "input".`,
    { node, asOf },
  );
}

/** In JavaScript it may be anything. */
function nameOf(input: unknown): string {
  const name = (input as Partial<DagNode> | null | undefined)?.name;
  return name ?? String(input);
}

class ChunkWindow implements Window {
  readonly #reader: InputReader;
  readonly #from: number;
  readonly #to: number;

  constructor(reader: InputReader, from: number, to: number) {
    this.#reader = reader;
    this.#from = from;
    this.#to = to;
  }

  get length(): number {
    return this.#to - this.#from;
  }

  get ts(): Float64Array {
    return this.#cut(this.#reader.ts);
  }

  column(name = VALUE_COLUMN): Float64Array {
    return this.#cut(this.#reader.column(name));
  }

  #cut(numbers: Numbers): Float64Array {
    const part = numbers.part(this.#from, this.#to);
    return this.#reader.copied ? part.slice() : part;
  }

  values(name = VALUE_COLUMN): RowValue[] {
    const column = this.#columnOf(name);
    return Array.from({ length: this.length }, (_, index) => cellValue(column, this.#from + index));
  }

  valid(name = VALUE_COLUMN): Uint8Array {
    const column = this.#columnOf(name);
    return column.valid ? column.valid.slice(this.#from, this.#to) : new Uint8Array(this.length).fill(1);
  }

  row(index: number): RowValue {
    const at = index < 0 ? this.#to + index : this.#from + index;
    if (Number.isInteger(at) && at >= this.#from && at < this.#to) return this.#reader.row(at);
    throw new RangeError(
      `Row ${index} is outside a window of ${this.length} bars of ${this.#reader.source.name}.`,
    );
  }

  #columnOf(name: string): Column {
    const { source } = this.#reader;
    return source.table.columns[resolveColumn(source, name)] as Column;
  }
}

for (const shared of [ChunkWindow, ChunkWindow.prototype]) Object.freeze(shared);

/** The index of a column. @throws SeamlessError `unknown-column` naming the columns */
export function resolveColumn(
  source: { readonly name: string; readonly table: Table },
  name: string,
): number {
  const index = columnIndex(source.table.names, name);
  if (index >= 0) return index;
  throw unknownColumn(source.name, source.table.names, name);
}

/** A column's numbers. @throws SeamlessError `value` if it holds something else */
export function numbersOf(input: string, name: string, column: Column): Float64Array {
  if (column.type === 'number' || column.type === 'null') return column.values;
  throw new SeamlessError(
    'value',
    `Column ${name} of ${input} holds ${column.type} values, not numbers: read it with window.values(${JSON.stringify(name)}).`,
  );
}
