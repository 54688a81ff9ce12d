import { SeamlessError, UndeclaredInput } from './errors.js';
import type { DagNode } from './node.js';
import { cellValue, columnIndex, rowValue, VALUE_COLUMN, type Column, type RowValue, type Table } from './table.js';
import { formatTime, type Seconds } from './time.js';

/** The last bars of one input, oldest first, as of one firing. */
export interface Window {
  readonly length: number;
  /** Opens of the bars, in epoch seconds. */
  readonly ts: Float64Array;
  /** The numbers of a column, NaN where a row is null. No copy: reading is free, writing is an error. */
  column(name?: string): Float64Array;
  /** The rows of a column of any type as plain values, null where null. */
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
  /** The last value of an input. */
  latest<T>(input: DagNode<T>): T;
  /** The last `bars` bars of an input; by default as many as the node's period. */
  window(input: DagNode, bars?: number): Window;
}

/** One input of a node as a view reads it. */
export interface ViewInput {
  readonly name: string;
  readonly table: Table;
  /** For each firing, how many of the table's rows are visible. */
  readonly end: Int32Array;
  /** Bars of a window by default, and at most. */
  readonly period: number;
  readonly lookback: number;
}

/** Called when a column is handed out, so that its owner can check that nobody wrote to it. */
export type ColumnHandedOut = (input: number, column: number) => void;

/** The view of one node over a chunk of firings; `moveTo` sets the firing it shows. */
export class ChunkView implements View {
  readonly #node: string;
  readonly #inputs: readonly ViewInput[];
  readonly #positions: ReadonlyMap<DagNode, number>;
  readonly #handedOut: ColumnHandedOut;
  #firing = 0;
  asOf: Seconds = 0;

  constructor(
    node: string,
    inputs: readonly ViewInput[],
    positions: ReadonlyMap<DagNode, number>,
    handedOut: ColumnHandedOut,
  ) {
    this.#node = node;
    this.#inputs = inputs;
    this.#positions = positions;
    this.#handedOut = handedOut;
  }

  moveTo(firing: number, asOf: Seconds): void {
    this.#firing = firing;
    this.asOf = asOf;
  }

  latest<T>(input: DagNode<T>): T {
    const position = this.#positionOf(input);
    const { table, end } = this.#inputs[position] as ViewInput;
    return rowValue(table, (end[this.#firing] as number) - 1) as T;
  }

  window(input: DagNode, bars?: number): Window {
    const position = this.#positionOf(input);
    const source = this.#inputs[position] as ViewInput;
    const length = bars ?? source.period;
    if (length > source.lookback || length < 1 || !Number.isInteger(length)) this.#refuseLength(source, length);
    const end = source.end[this.#firing] as number;
    return new ChunkWindow(source, position, end - length, end, this.#handedOut);
  }

  #positionOf(input: DagNode): number {
    const position = this.#positions.get(input);
    if (position !== undefined) return position;
    const declared = this.#inputs.map(({ name }) => name).join(', ');
    throw new UndeclaredInput(
      `Node ${this.#node} asked for ${input?.name ?? String(input)}, which is not among its inputs (${declared}): add it to "input".`,
      { node: this.#node, asOf: this.asOf },
    );
  }

  #refuseLength(source: ViewInput, length: number): never {
    throw new UndeclaredInput(
      `Node ${this.#node} asked for ${length} bars of ${source.name} at ${formatTime(this.asOf)}, but its period gives it ${source.lookback}: raise the period, or ask for fewer.`,
      { node: this.#node, asOf: this.asOf },
    );
  }
}

class ChunkWindow implements Window {
  readonly #source: ViewInput;
  readonly #position: number;
  readonly #from: number;
  readonly #to: number;
  readonly #handedOut: ColumnHandedOut;

  constructor(source: ViewInput, position: number, from: number, to: number, handedOut: ColumnHandedOut) {
    this.#source = source;
    this.#position = position;
    this.#from = from;
    this.#to = to;
    this.#handedOut = handedOut;
  }

  get length(): number {
    return this.#to - this.#from;
  }

  get ts(): Float64Array {
    this.#handedOut(this.#position, -1);
    return this.#source.table.ts.subarray(this.#from, this.#to);
  }

  column(name = VALUE_COLUMN): Float64Array {
    const index = resolveColumn(this.#source, name);
    const column = this.#source.table.columns[index] as Column;
    this.#handedOut(this.#position, index);
    return numbersOf(this.#source.name, name, column).subarray(this.#from, this.#to);
  }

  values(name = VALUE_COLUMN): RowValue[] {
    const column = this.#source.table.columns[resolveColumn(this.#source, name)] as Column;
    return Array.from({ length: this.length }, (_, index) => cellValue(column, this.#from + index));
  }

  valid(name = VALUE_COLUMN): Uint8Array {
    const column = this.#source.table.columns[resolveColumn(this.#source, name)] as Column;
    return column.valid ? column.valid.slice(this.#from, this.#to) : new Uint8Array(this.length).fill(1);
  }

  row(index: number): RowValue {
    const at = index < 0 ? this.#to + index : this.#from + index;
    if (at >= this.#from && at < this.#to) return rowValue(this.#source.table, at);
    throw new RangeError(`Row ${index} is outside a window of ${this.length} bars of ${this.#source.name}.`);
  }
}

/** The index of a column. @throws SeamlessError `unknown-column` offering the names there are. */
export function resolveColumn(source: { readonly name: string; readonly table: Table }, name: string): number {
  const index = columnIndex(source.table.names, name);
  if (index >= 0) return index;
  throw new SeamlessError(
    'unknown-column',
    `${source.name} has no column ${JSON.stringify(name)}; it has ${source.table.names.join(', ') || 'none'}.`,
  );
}

/** The numbers of a column. @throws SeamlessError `value` when it holds something else. */
export function numbersOf(input: string, name: string, column: Column): Float64Array {
  if (column.type === 'number' || column.type === 'null') return column.values;
  throw new SeamlessError(
    'value',
    `Column ${name} of ${input} holds ${column.type} values, not numbers: read it with window.values(${JSON.stringify(name)}).`,
  );
}
