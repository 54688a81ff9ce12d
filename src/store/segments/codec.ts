import { SeamlessError } from '../../sdk/errors.js';
import { nullColumn, type Column, type ColumnType } from '../../sdk/table.js';
import { BLOCK_ROWS } from '../duckdb/schema.js';

/** A block of a column's values as they are stored. No mask: none is null. */
export interface Cell {
  readonly data: Uint8Array;
  readonly valid: Uint8Array | null;
}

const utf8 = new TextEncoder();
// A leading U+FEFF is part of the text, not a mark of its encoding.
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Packs a column, block by block: numbers as big-endian IEEE doubles, booleans as a byte each, texts as a JSON array, the mask
 * as a byte per row. Not as DuckDB's own DOUBLE or LIST, whose checkpoint loses the sign of zeros; and in forms its SQL can
 * unpack. A column of nulls alone needs no cell.
 */
export function encodeColumn(column: Column): Cell[] {
  const mask = column.valid?.includes(0) ? encodeBytes(column.valid) : [];
  return encodeValues(column).map((data, block) => {
    const valid = mask[block];
    return { data, valid: valid?.includes(0) ? valid : null };
  });
}

function encodeValues(column: Column): Uint8Array[] {
  switch (column.type) {
    case 'null':
      return [];
    case 'number':
      return encodeNumbers(column.values);
    case 'boolean':
      return encodeBytes(column.values);
    default:
      // JSON.stringify escapes lone surrogates, which UTF-8 cannot carry, so that any text survives.
      return blocksOf(column.values.length).map(([from, to]) =>
        utf8.encode(JSON.stringify(column.values.slice(from, to))),
      );
  }
}

/** Numbers as big-endian doubles. Every platform DuckDB has bindings for is little-endian. */
export function encodeNumbers(values: Float64Array): Uint8Array[] {
  const bytes = Buffer.from(values.slice().buffer).swap64();
  return blocksOf(values.length).map(([from, to]) => bytes.subarray(from * 8, to * 8));
}

/** Booleans and masks are stored as they are in memory. */
export function encodeBytes(bytes: Uint8Array): Uint8Array[] {
  return blocksOf(bytes.length).map(([from, to]) => bytes.subarray(from, to));
}

function blocksOf(rows: number): [from: number, to: number][] {
  return Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, block) => [
    block * BLOCK_ROWS,
    Math.min(rows, (block + 1) * BLOCK_ROWS),
  ]);
}

/**
 * A column of `rows` values from its cells, in order. Their bytes must be the caller's own, and are not what they were
 * afterwards.
 * @throws SeamlessError `cache` when the cells do not hold as many values.
 */
export function decodeColumn(type: ColumnType, rows: number, cells: readonly Cell[]): Column {
  if (type === 'null') return nullColumn(rows);
  const data = cells.map((cell) => cell.data);
  const valid = cells.some((cell) => cell.valid) ? decodeMask(cells, rows) : null;
  switch (type) {
    case 'number':
      return { type, values: decodeNumbers(data, rows), valid };
    case 'boolean':
      return { type, values: decodeBytes(data, rows), valid };
    default:
      return { type, values: decodeTexts(data, rows), valid };
  }
}

export function decodeNumbers(blocks: readonly Uint8Array[], rows: number): Float64Array {
  const bytes = joined(blocks, rows * 8);
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap64();
  return new Float64Array(bytes.buffer, bytes.byteOffset, rows);
}

export function decodeBytes(blocks: readonly Uint8Array[], rows: number): Uint8Array {
  return joined(blocks, rows);
}

function decodeMask(cells: readonly Cell[], rows: number): Uint8Array {
  const mask = new Uint8Array(rows).fill(1);
  cells.forEach(({ valid }, block) => {
    if (!valid) return;
    requireUnits(valid.byteLength, Math.min(BLOCK_ROWS, rows - block * BLOCK_ROWS));
    mask.set(valid, block * BLOCK_ROWS);
  });
  return mask;
}

function decodeTexts(blocks: readonly Uint8Array[], rows: number): readonly string[] {
  const parts = blocks.map((bytes): readonly string[] => {
    const values: unknown = JSON.parse(text.decode(bytes));
    if (isTexts(values)) return values;
    throw new SeamlessError(
      'cache',
      'The cache holds a text column that is not one: clear it and run again.',
    );
  });
  const values = parts.length === 1 ? (parts[0] as readonly string[]) : parts.flat();
  requireUnits(values.length, rows);
  return values;
}

function isTexts(values: unknown): values is string[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}

function joined(blocks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = blocks;
  requireUnits(
    blocks.reduce((sum, block) => sum + block.byteLength, 0),
    bytes,
  );
  if (blocks.length === 1 && first && first.byteOffset % 8 === 0) {
    // Never the Buffer it may be, whose slice() does not copy.
    return new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.byteLength;
  }
  return all;
}

function requireUnits(found: number, expected: number): void {
  if (found === expected) return;
  throw new SeamlessError(
    'cache',
    `The cache holds ${found} units of a column where ${expected} were written: clear it and run again.`,
  );
}
