import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';
import type { Column, Table } from '../sdk/table.js';

/** What a column of a source holds. A `null` column has no value in any row. */
export type CellType = 'number' | 'boolean' | 'string' | 'json' | 'null';

export interface SelectedColumn {
  readonly name: string;
  readonly type: CellType;
}

/** Rows per table: 16 chunks of DuckDB's, small enough for memory to stay flat. */
const BATCH_ROWS = 32_768;

/**
 * Streams a query as tables. Its first column must be the bar's open as DOUBLE, the others DOUBLE, BOOLEAN or VARCHAR, as
 * `columns` says. A null open becomes NaN.
 * @param rows the expected number of rows, if known: the result is then streamed and memory stays flat
 */
export async function* streamTables(
  connection: DuckDBConnection,
  sql: string,
  columns: readonly SelectedColumn[],
  rows?: number,
): AsyncGenerator<Table> {
  let batch = new Batch(columns, BATCH_ROWS);
  for await (const chunk of chunksOf(connection, sql, rows)) {
    if (batch.rows + chunk.rowCount > BATCH_ROWS) {
      yield batch.table();
      batch = new Batch(columns, BATCH_ROWS);
    }
    batch.add(chunk);
  }
  if (batch.rows > 0) yield batch.table();
}

/** The same as one table. @param rows their number */
export async function readTable(
  connection: DuckDBConnection,
  sql: string,
  columns: readonly SelectedColumn[],
  rows: number,
): Promise<Table> {
  const batch = new Batch(columns, rows);
  for await (const chunk of chunksOf(connection, sql, rows)) batch.add(chunk);
  return batch.table();
}

async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
  rows: number | undefined,
): AsyncGenerator<DuckDBDataChunk> {
  // DuckDB ends a stream silently when a row in the middle cannot be read, so only a stream with a known row count is safe.
  const result = rows === undefined ? await connection.run(sql) : await connection.stream(sql);
  let read = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    read += chunk.rowCount;
    if (rows !== undefined && read > rows) break;
    yield chunk;
  }
  if (rows === undefined || read === rows) return;
  // Reading the whole result at once gives DuckDB's error message.
  await connection.run(sql);
  throw new Error(`${read} rows were read where ${rows} were counted`);
}

class Batch {
  rows = 0;
  readonly #names: readonly string[];
  readonly #time: Cells;
  readonly #cells: readonly Cells[];

  /** @param most rows */
  constructor(columns: readonly SelectedColumn[], most: number) {
    this.#names = columns.map(({ name }) => name);
    this.#time = new NumberCells('number', most);
    this.#cells = columns.map(({ type }) => cellsFor(type, most));
  }

  add(chunk: DuckDBDataChunk): void {
    this.#time.add(chunk, 0, this.rows);
    this.#cells.forEach((cells, index) => cells.add(chunk, index + 1, this.rows));
    this.rows += chunk.rowCount;
  }

  table(): Table {
    return {
      shape: 'record',
      ts: this.#time.column(this.rows).values as Float64Array,
      names: this.#names,
      columns: this.#cells.map((cells) => cells.column(this.rows)),
      present: null,
    };
  }
}

function cellsFor(type: CellType, most: number): Cells {
  switch (type) {
    case 'number':
    case 'null':
      return new NumberCells(type, most);
    case 'boolean':
      return new BooleanCells(most);
    default:
      return new TextCells(type, most);
  }
}

abstract class Cells {
  readonly #most: number;
  #valid: Uint8Array | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  /** Copies column `index` of a chunk into the rows from `at` on. */
  abstract add(chunk: DuckDBDataChunk, index: number, at: number): void;
  abstract column(rows: number): Column;

  protected valid(rows: number): Uint8Array | null {
    return this.#valid?.subarray(0, rows) ?? null;
  }

  protected setNull(row: number): void {
    this.#valid ??= new Uint8Array(this.#most).fill(1);
    this.#valid[row] = 0;
  }

  /** Calls `found` with each row of a chunk's column that is null. DuckDB keeps one bit a row, 1 for valid. */
  protected eachNull(chunk: DuckDBDataChunk, index: number, found: (row: number) => void): void {
    const rows = chunk.rowCount;
    const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
    // The types say the mask is always there, but a column without nulls has none.
    const bits = bindings.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null;
    if (!bits) return;
    for (let row = 0; row < rows; row++) {
      if ((((bits[row >> 3] as number) >> (row & 7)) & 1) === 0) found(row);
    }
  }
}

class NumberCells extends Cells {
  readonly #values: Float64Array;
  readonly #type: 'number' | 'null';

  constructor(type: 'number' | 'null', most: number) {
    super(most);
    this.#values = new Float64Array(most);
    this.#type = type;
  }

  add(chunk: DuckDBDataChunk, index: number, at: number): void {
    const bytes = vectorBytes(chunk, index, 8);
    this.#values.set(new Float64Array(bytes.buffer, bytes.byteOffset, chunk.rowCount), at);
    this.eachNull(chunk, index, (row) => {
      this.#values[at + row] = Number.NaN;
      this.setNull(at + row);
    });
  }

  column(rows: number): Column {
    return { type: this.#type, values: this.#values.subarray(0, rows), valid: this.valid(rows) };
  }
}

class BooleanCells extends Cells {
  readonly #values: Uint8Array;

  constructor(most: number) {
    super(most);
    this.#values = new Uint8Array(most);
  }

  add(chunk: DuckDBDataChunk, index: number, at: number): void {
    this.#values.set(vectorBytes(chunk, index, bindings.sizeof_bool), at);
    this.eachNull(chunk, index, (row) => {
      this.#values[at + row] = 0;
      this.setNull(at + row);
    });
  }

  column(rows: number): Column {
    return { type: 'boolean', values: this.#values.subarray(0, rows), valid: this.valid(rows) };
  }
}

class TextCells extends Cells {
  readonly #values: string[] = [];
  readonly #type: 'string' | 'json';

  constructor(type: 'string' | 'json', most: number) {
    super(most);
    this.#type = type;
  }

  add(chunk: DuckDBDataChunk, index: number, at: number): void {
    chunk.getColumnValues(index).forEach((value, row) => {
      this.#values.push(typeof value === 'string' ? value : '');
      if (value === null) this.setNull(at + row);
    });
  }

  column(rows: number): Column {
    return { type: this.#type, values: this.#values, valid: this.valid(rows) };
  }
}

function vectorBytes(chunk: DuckDBDataChunk, index: number, size: number): Uint8Array {
  const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
  return bindings.vector_get_data(vector, chunk.rowCount * size);
}
