import { SeamlessError } from '../sdk/errors.js';
import { nullColumn, type Column, type ColumnType } from '../sdk/table.js';

/** The values of a column as they are stored. No data: all rows are null. No mask: none is. */
export interface Cell {
  readonly data: Uint8Array | null;
  readonly valid: Uint8Array | null;
}

const utf8 = new TextEncoder();
// A leading U+FEFF is part of the text, not a mark of its encoding.
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Packs a column: numbers as big-endian IEEE doubles, booleans as a byte each, texts as a JSON array, and the mask as a byte
 * per row. Not as DuckDB's own DOUBLE or LIST, whose checkpoint loses the sign of zeros; and in forms its SQL can unpack.
 */
export function encodeColumn(column: Column): Cell {
  const valid = column.valid?.includes(0) ? column.valid : null;
  switch (column.type) {
    case 'null':
      return { data: null, valid: null };
    case 'number':
      return { data: encodeNumbers(column.values), valid };
    case 'boolean':
      return { data: column.values, valid };
    default:
      // JSON.stringify escapes lone surrogates, which UTF-8 cannot carry, so that any text survives.
      return { data: utf8.encode(JSON.stringify(column.values)), valid };
  }
}

/** @throws SeamlessError `cache` when the cell does not hold `rows` values of the type. */
export function decodeColumn(type: ColumnType, rows: number, cell: Cell): Column {
  const { data } = cell;
  if (rows === 0) return emptyColumn(type);
  if (type === 'null' || data === null) return nullColumn(rows);
  const valid = cell.valid && decodeMask(cell.valid, rows);
  switch (type) {
    case 'number':
      return { type, values: decodeNumbers(data, rows), valid };
    case 'boolean':
      return { type, values: decodeMask(data, rows), valid };
    default:
      return { type, values: decodeTexts(data, rows), valid };
  }
}

function emptyColumn(type: ColumnType): Column {
  switch (type) {
    case 'null':
    case 'number':
      return { type, values: new Float64Array(0), valid: null };
    case 'boolean':
      return { type, values: new Uint8Array(0), valid: null };
    default:
      return { type, values: [], valid: null };
  }
}

/** Numbers as big-endian doubles. Every platform DuckDB has bindings for is little-endian. */
export function encodeNumbers(values: Float64Array): Uint8Array {
  const copy = Buffer.from(values.slice().buffer);
  return copy.swap64();
}

/** Turns the bytes into numbers where they are: they must be the caller's own, and are not bytes afterwards. */
export function decodeNumbers(bytes: Uint8Array, rows: number): Float64Array {
  requireRows(bytes.byteLength, rows * 8);
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap64();
  return new Float64Array(bytes.buffer, bytes.byteOffset, rows);
}

/** A mask is stored as it is in memory. */
export function decodeMask(bytes: Uint8Array, rows: number): Uint8Array {
  requireRows(bytes.byteLength, rows);
  return bytes;
}

function decodeTexts(bytes: Uint8Array, rows: number): readonly string[] {
  const values: unknown = JSON.parse(text.decode(bytes));
  if (!isTexts(values)) throw new SeamlessError('cache', 'The cache holds a text column that is not one.');
  requireRows(values.length, rows);
  return values;
}

function isTexts(values: unknown): values is string[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}

function requireRows(found: number, expected: number): void {
  if (found === expected) return;
  throw new SeamlessError(
    'cache',
    `The cache holds ${found} units of a column where ${expected} were written.`,
  );
}
