import * as v from 'valibot';

import type { ComputeResult } from '../../engine/ports/host.js';
import { count, failure } from '../../protocol/shapes.js';
import { shareTable } from './share.js';
import {
  isPlain,
  numberTables,
  TablePacker,
  unpackTables,
  wholeTable,
  type NumberTables,
} from './slot-messages.js';

/** Longer tables are passed in shared memory. */
const MOST_ROWS = 256;
/** Results are sent once there are so many of them, or of their cells: their reader should not wait for long. */
const MOST_RESULTS = 256;
const MOST_CELLS = 65_536;

/** Results of a call, by positions of their requests: short tables of numbers in a few arrays, and the others. */
export interface SentResults {
  readonly numbers: readonly NumberTables[];
  readonly others: readonly (readonly [number, ComputeResult])[];
}

const result: v.GenericSchema<unknown, ComputeResult> = v.object({
  table: wholeTable(),
  failure: v.nullable(failure),
  state: v.exactOptional(v.instance(Uint8Array)),
});

export const sentResults: v.GenericSchema<unknown, SentResults> = v.object({
  numbers: v.array(numberTables),
  others: v.array(v.tuple([count, result])),
});

/** Collects results, to be sent together. */
export class ResultPacker {
  readonly #send: (results: SentResults) => void;
  #short = new TablePacker();
  #others: (readonly [number, ComputeResult])[] = [];
  #count = 0;
  #cells = 0;

  constructor(send: (results: SentResults) => void) {
    this.#send = send;
  }

  add(at: number, given: ComputeResult): void {
    const { table } = given;
    const rows = table.ts.length;
    this.#count++;
    this.#cells += rows * table.columns.length;
    if (rows > 0 && rows <= MOST_ROWS && !given.failure && !given.state && isPlain(table))
      this.#short.add(at, table);
    else this.#others.push([at, { ...given, table: shareTable(table) }]);
    if (this.#count >= MOST_RESULTS || this.#cells >= MOST_CELLS) this.flush();
  }

  /** Sends what has not been sent yet. */
  flush(): void {
    if (this.#count === 0) return;
    const results = { numbers: this.#short.packed.numbers, others: this.#others };
    this.#short = new TablePacker();
    this.#others = [];
    this.#count = 0;
    this.#cells = 0;
    this.#send(results);
  }
}

/** Hands out sent results, one by one. */
export function eachResult(
  { numbers, others }: SentResults,
  computed: (at: number, result: ComputeResult) => void,
): void {
  for (const [at, table] of unpackTables({ numbers, others: [] })) computed(at, { table, failure: null });
  for (const [at, given] of others) computed(at, given);
}
