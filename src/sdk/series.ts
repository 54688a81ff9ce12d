import type { DagNode } from './dag-node.js';
import { VALUE_COLUMN } from './table.js';
import type { Seconds } from './time/time.js';
import { InputReader, undeclaredInput, type ColumnHandedOut, type ViewInput } from './view.js';

/** One input of a column-form function: its rows over a chunk, with warm-up, and which of them each firing sees. */
export interface InputSeries {
  /** Opens of the rows, in epoch seconds. */
  readonly ts: Float64Array;
  /** Names of its columns. */
  readonly names: readonly string[];
  /** For firing `i` the window is rows `end[i] - period` to `end[i] - 1`. */
  readonly end: Int32Array;
  /** Seconds from a bar's open to its close. */
  readonly interval: Seconds;
  /** Bars in a window. */
  readonly period: number;
  /** A column's numbers, NaN where a row is null. Not a copy: read-only. */
  column(name?: string): Float64Array;
  /** 1 where a column has a value, 0 where it is null; null: no nulls. A copy. */
  valid(name?: string): Uint8Array | null;
}

/** What a column-form function sees: many firings at once. */
export interface Series {
  /** How many values to return: one per firing. */
  readonly length: number;
  /** The close of each firing's slot, in epoch seconds. */
  readonly asOf: Float64Array;
  /** The open of each firing's slot, in epoch seconds. */
  readonly opens: Float64Array;
  of(input: DagNode): InputSeries;
}

/** When the slots of a series open and close. */
export type SeriesTimes = Pick<Series, 'length' | 'asOf' | 'opens'>;

/** The series of one node over a chunk of firings. */
export class ChunkSeries implements Series {
  readonly length: number;
  readonly #node: string;
  readonly #times: SeriesTimes;
  readonly #inputs: readonly ViewInput[];
  readonly #positions: ReadonlyMap<DagNode, number>;
  readonly #handedOut: ColumnHandedOut;

  constructor(
    node: string,
    times: SeriesTimes,
    inputs: readonly ViewInput[],
    positions: ReadonlyMap<DagNode, number>,
    handedOut: ColumnHandedOut,
  ) {
    this.#node = node;
    this.length = times.length;
    this.#times = times;
    this.#inputs = inputs;
    this.#positions = positions;
    this.#handedOut = handedOut;
  }

  get asOf(): Float64Array {
    return this.#times.asOf;
  }

  get opens(): Float64Array {
    return this.#times.opens;
  }

  of(input: DagNode): InputSeries {
    const position = this.#positions.get(input);
    if (position === undefined) throw undeclaredInput(this.#node, input, this.#inputs);
    const source = this.#inputs[position] as ViewInput;
    const reader = new InputReader(source, position, this.#handedOut);
    return {
      get ts() {
        return reader.ts.all;
      },
      names: source.table.names,
      end: source.end,
      interval: source.interval,
      period: source.period,
      column: (name = VALUE_COLUMN) => reader.column(name).all,
      valid: (name = VALUE_COLUMN) => source.table.columns[reader.placeOf(name)]?.valid?.slice() ?? null,
    };
  }
}

// Frozen, so that nothing can be stored on what all series share.
for (const shared of [ChunkSeries, ChunkSeries.prototype]) Object.freeze(shared);
