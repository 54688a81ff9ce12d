import { DuckDBDataChunk, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import {
  CompressionType,
  setCompressionCodec,
  tableFromIPC,
  type Batch,
  type Table,
} from '@uwdata/flechette';
import { decompress as decompressZstd } from 'fzstd';
import { decompress as decompressLz4 } from 'lz4js';
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { OpenStream } from '../../engine/ports/source.js';
import { messageOf } from '../../sdk/errors.js';
import { sourceError } from '../faults.js';
import { unreadableFile, type SourceFile } from '../files.js';
import { type Database } from '../sql/database.js';
import type { Scratch } from '../scratch.js';
import { arrowColumn, type ArrowColumn } from './columns.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

/** DuckDB's chunk size, in rows. */
const CHUNK_ROWS = 2048;

const notWritten = (): never => {
  throw new Error('Arrow files are only read.');
};

setCompressionCodec(CompressionType.LZ4_FRAME, {
  decode: (bytes, length) => decompressLz4(bytes, length),
  encode: notWritten,
});
setCompressionCodec(CompressionType.ZSTD, {
  decode: (bytes, length) => decompressZstd(bytes, new Uint8Array(length)),
  encode: notWritten,
});

/** Whether a file begins like an Arrow file: Feather, IPC file or IPC stream. */
export function isArrow(stream: OpenStream, file: SourceFile): boolean {
  const start = Buffer.alloc(6);
  let opened: number | null = null;
  try {
    opened = openSync(file.path, 'r');
    const magic = start.toString('latin1', 0, readSync(opened, start, 0, start.length, 0));
    return magic === 'ARROW1' || magic.startsWith('FEA1') || magic.startsWith('\xff\xff\xff\xff');
  } catch (error) {
    throw unreadableFile(stream, file, error);
  } finally {
    if (opened !== null) closeSync(opened);
  }
}

/**
 * Copies an Arrow file to Parquet, which DuckDB reads. The file and its unpacked columns are held in memory.
 * @returns the path of the copy
 * @throws SeamlessError `source` for a damaged file, or a column type that bars cannot have
 */
export async function copyOfArrow(
  stream: OpenStream,
  database: Database,
  scratch: Scratch,
  file: SourceFile,
): Promise<string> {
  const { columns, table } = await readArrow(stream, file);
  const path = scratch.file('arrow.parquet');
  const names = columns.map((_, index) => `c${index}`);
  const copied = `CREATE TEMP TABLE arrow (${columns.map(({ type }, i) => `c${i} ${type.toString()}`).join(', ')})`;
  const selected = columns.map(({ sql }, i) => `${sql(names[i] ?? '')} AS ${sqlName(table.names[i] ?? '')}`);
  await database.use(async (connection) => {
    await connection.run(copied);
    await append(connection, table, columns);
    // No dictionaries: a dictionary of doubles merges +0 and -0.
    await connection.run(
      `COPY (SELECT ${selected.join(', ')} FROM arrow) TO ${sqlText(path)} (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1)`,
    );
    await connection.run('DROP TABLE arrow');
  });
  return path;
}

async function readArrow(
  stream: OpenStream,
  file: SourceFile,
): Promise<{ readonly table: Table; readonly columns: readonly ArrowColumn[] }> {
  const bytes = await readFile(file.path).catch((error: unknown) => {
    throw unreadableFile(stream, file, error);
  });
  if (bytes.toString('latin1', 0, 4) === 'FEA1') {
    throw sourceError(
      stream,
      `${file.shown} is a Feather file of version 1, which is not read: rewrite it with pandas.read_feather(${JSON.stringify(file.shown)}).to_feather(${JSON.stringify(file.shown)}).`,
    );
  }
  const table = tableOf(stream, file, bytes);
  const columns = table.schema.fields.map((field) => {
    const column = arrowColumn(field);
    if (column) return column;
    throw sourceError(
      stream,
      `${file.shown} has a column ${field.name} of lists, records, bytes or durations, which no bar can have: write the file without it.`,
    );
  });
  return { table, columns };
}

function tableOf(stream: OpenStream, file: SourceFile, bytes: Uint8Array): Table {
  try {
    return tableFromIPC(bytes, { useBigInt: true });
  } catch (error) {
    const reason = messageOf(error);
    if (/reading 'cache'/.test(reason))
      throw sourceError(
        stream,
        `${file.shown} has categories in an order that is not read, as Polars writes them: cast them to strings before writing the file, or write Parquet.`,
        error,
      );
    throw sourceError(
      stream,
      `${file.shown} cannot be read as an Arrow file (${reason}): it is damaged or incomplete.`,
      error,
    );
  }
}

async function append(
  connection: DuckDBConnection,
  table: Table,
  columns: readonly ArrowColumn[],
): Promise<void> {
  const appender = await connection.createAppender('arrow');
  const chunk = DuckDBDataChunk.create(columns.map(({ type }) => type));
  const batches = table.children[0]?.data ?? [];
  for (const [index, { length }] of batches.entries()) {
    for (let from = 0; from < length; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, length - from);
      chunk.reset();
      chunk.rowCount = rows;
      for (const [c, { cell }] of columns.entries()) {
        const batch = table.children[c]?.data[index];
        const values: DuckDBValue[] = Array.from({ length: rows }, (_, i) =>
          batch && hasCell(batch, from + i) ? cell(batch, from + i) : null,
        );
        chunk.setColumnValues(c, values);
      }
      appender.appendDataChunk(chunk);
    }
  }
  appender.closeSync();
}

/** The validity bitmap may be absent where all cells are valid, or all are null. */
function hasCell(batch: Batch<unknown>, row: number): boolean {
  if (batch.nullCount === 0) return true;
  return batch.nullCount < batch.length && batch.isValid(row);
}
