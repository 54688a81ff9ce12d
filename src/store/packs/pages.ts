import { hash } from 'node:crypto';
import { numbersDigest } from '../../engine/fingerprint/digest.js';
import type { Column } from '../../sdk/table.js';
import { levelsOf, packBits } from './levels.js';

/** A page to be written. Its bytes are requested when it is written. */
export interface Page {
  readonly rows: number;
  readonly type: PageType;
  /** Bytes of its definition levels; 0: no nulls. */
  readonly levels: number;
  /** Bytes of its values, without nulls. */
  readonly values: number;
  /** See `pageDigest`. */
  readonly digest: string;
  /** Levels, if any, then values. */
  readonly load: () => readonly Uint8Array[];
}

/** How Parquet stores a page's values. */
export type PageType = 'time' | 'double' | 'boolean' | 'text' | 'bytes';

/** Most bytes of text in a page: Parquet stores a page's size as a 32-bit number. */
const TEXT_PAGE_BYTES = 2 ** 28;

const DIGEST_LENGTH = 32;

/** 128 bits of the SHA-256 of a page's levels and values, in hexadecimal. */
export function pageDigest(bytes: Uint8Array): string {
  return hash('sha256', bytes).slice(0, DIGEST_LENGTH);
}

export function bytesOf(array: Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A column as pages; an all-null column has none. */
export function encodeColumn(column: Column): Page[] {
  const mask = column.valid?.includes(0) ? column.valid : null;
  switch (column.type) {
    case 'null':
      return [];
    case 'number':
      return [encodeNumbers(column.values, mask)];
    case 'boolean':
      return [encodeFlags(column.values, mask)];
    default:
      return encodeTexts(column.values, mask);
  }
}

/** Numbers without nulls are written as they are in memory. */
export function encodeNumbers(values: Float64Array, mask: Uint8Array | null = null): Page {
  return mask
    ? pageOf('double', mask.length, mask, bytesOf(withoutNulls(values, mask)))
    : pageOf('double', values.length, null, bytesOf(values), numbersDigest(values));
}

const HALF = 2 ** 32;

/**
 * Times are stored as whole seconds, which SQL shows directly: a cast costs as much as reading a column. If any is fractional, as
 * for ticks, all are doubles.
 */
export function encodeTimes(ts: Float64Array): Page {
  if (!areWhole(ts)) return encodeNumbers(ts);
  const whole = new Float64Array(ts.length);
  const halves = new Int32Array(whole.buffer);
  for (let row = 0; row < ts.length; row++) {
    const time = ts[row] as number;
    halves[row * 2] = time;
    halves[row * 2 + 1] = Math.floor(time / HALF);
  }
  return pageOf('time', ts.length, null, bytesOf(whole));
}

/** Whether all times are whole seconds. A loop, since every pack asks: a callback per time costs ten times as much. */
export function areWhole(ts: Float64Array): boolean {
  for (let row = 0; row < ts.length; row++) if (Math.floor(ts[row] as number) !== ts[row]) return false;
  return true;
}

/** Decodes a page of times in place. */
export function decodeTimes(ts: Float64Array): Float64Array {
  const halves = new Uint32Array(ts.buffer, ts.byteOffset, ts.length * 2);
  const upper = new Int32Array(ts.buffer, ts.byteOffset, ts.length * 2);
  for (let row = 0; row < ts.length; row++) {
    ts[row] = (upper[row * 2 + 1] as number) * HALF + (halves[row * 2] as number);
  }
  return ts;
}

/** Copied as integers: reading a NaN as a number may change its bits. */
function withoutNulls(values: Float64Array, mask: Uint8Array): Float64Array {
  const kept = new Float64Array(values.length);
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const to = new Uint32Array(kept.buffer);
  let at = 0;
  for (let row = 0; row < mask.length; row++) {
    if (mask[row] === 0) continue;
    to[at++] = from[row * 2] as number;
    to[at++] = from[row * 2 + 1] as number;
  }
  return kept.subarray(0, at / 2);
}

export function encodeFlags(values: Uint8Array, mask: Uint8Array | null = null): Page {
  return pageOf(
    'boolean',
    values.length,
    mask,
    packBits(mask ? values.filter((_, row) => mask[row] !== 0) : values),
  );
}

function encodeTexts(values: readonly string[], mask: Uint8Array | null): Page[] {
  return textSlices(values).map(([from, to]) => {
    const part = mask?.subarray(from, to) ?? null;
    return pageOf('text', to - from, part?.includes(0) ? part : null, packTexts(values, from, to, part));
  });
}

function textSlices(values: readonly string[]): [from: number, to: number][] {
  const slices: [number, number][] = [];
  let [from, bytes] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    bytes += mostBytes(values[row] ?? '');
    if (bytes < TEXT_PAGE_BYTES && row + 1 < values.length) continue;
    slices.push([from, row + 1]);
    [from, bytes] = [row + 1, 0];
  }
  return slices;
}

/** Of a text with its length prefix. */
function mostBytes(text: string): number {
  return 4 + text.length * 3;
}

/** Each text as its UTF-8 length, then its bytes; a lone surrogate becomes U+FFFD. */
function packTexts(values: readonly string[], from: number, to: number, mask: Uint8Array | null): Uint8Array {
  let most = 0;
  for (let row = from; row < to; row++) most += mostBytes(values[row] ?? '');
  const bytes = Buffer.allocUnsafeSlow(most);
  let at = 0;
  for (let row = from; row < to; row++) {
    if (mask?.[row - from] === 0) continue;
    const length = bytes.write(values[row] ?? '', at + 4, 'utf8');
    bytes.writeUInt32LE(length, at);
    at += 4 + length;
  }
  return bytes.subarray(0, at);
}

/** Texts that UTF-8 cannot hold, as UTF-16, with nulls for the others; none if there are no such texts. */
export function encodeExact({ type, values, valid }: Column): Page[] {
  if (type !== 'string' && type !== 'json') return [];
  const mask = Uint8Array.from(values, (text, row) => Number(valid?.[row] !== 0 && hasLoneSurrogate(text)));
  if (!mask.includes(1)) return [];
  const parts = values.flatMap((text, row) => {
    if (mask[row] === 0) return [];
    const bytes = Buffer.from(text, 'utf16le');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return [pageOf('bytes', values.length, mask, Buffer.concat(parts))];
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** @param digest of the values, if known and there are no levels */
function pageOf(
  type: PageType,
  rows: number,
  mask: Uint8Array | null,
  values: Uint8Array,
  digest?: string,
): Page {
  const levels = mask && levelsOf(mask);
  const parts = levels ? [levels, values] : [values];
  return {
    rows,
    type,
    levels: levels?.length ?? 0,
    values: values.length,
    digest: digest ?? pageDigest(levels ? Buffer.concat(parts) : values),
    load: () => parts,
  };
}
