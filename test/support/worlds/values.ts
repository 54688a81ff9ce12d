import type { RowValue } from '../../../src/sdk/table.js';

/** What a node emits for its bars, all of one type, with nulls and odd values among them. */
export type Emits = 'number' | 'flag' | 'text' | 'record' | 'json';

export const EMITS: readonly Emits[] = ['number', 'flag', 'text', 'record', 'json'];

export interface Row {
  readonly ts: number;
  readonly value: RowValue;
}

/** The bars of a window, oldest first, whoever cut it. */
export interface Bars {
  readonly length: number;
  readonly ts: (index: number) => number;
  readonly value: (index: number) => RowValue;
}

const bits = new DataView(new ArrayBuffer(8));

/** Goes on from a hash of 32 bits with every bit of a number: 0 and −0 differ, all NaN are one. */
export function mixNumber(hash: number, value: number): number {
  bits.setFloat64(0, Number.isNaN(value) ? Number.NaN : value);
  let mixed = Math.imul(hash ^ bits.getInt32(0), 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ bits.getInt32(4), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

export function mixValue(hash: number, value: RowValue): number {
  switch (typeof value) {
    case 'number':
      return mixNumber(hash, value);
    case 'boolean':
      return mixNumber(hash, value ? 1.5 : 2.5);
    case 'string': {
      let mixed = mixNumber(hash, value.length + 0.25);
      for (let i = 0; i < value.length; i++) mixed = mixNumber(mixed, value.charCodeAt(i));
      return mixed;
    }
    default: {
      if (value === null) return mixNumber(hash, 3.5);
      let mixed = mixNumber(hash, 4.5);
      for (const [key, item] of Object.entries(value)) mixed = mixValue(mixValue(mixed, key), item);
      return mixed;
    }
  }
}

/** Goes on from a hash with all of a window, or with the value of its last bar alone. */
export function mixBars(hash: number, bars: Bars, reads: 'all' | 'last'): number {
  // Of an input that may be missing.
  if (bars.length === 0) return mixNumber(hash, 5.5);
  if (reads === 'last') return mixValue(hash, bars.value(bars.length - 1));
  let mixed = hash;
  for (let i = 0; i < bars.length; i++) mixed = mixValue(mixNumber(mixed, bars.ts(i)), bars.value(i));
  return mixed;
}

const ODD_NUMBERS = [Number.NaN, -0, 0, Infinity, -Infinity, Number.MIN_VALUE, null];
const TEXTS = ['', 'a', 'é😀', 'nul\0', '\ufffd', 'null', '"\\'];

/** A value of one type, decided by a hash. */
export function valueFrom(hash: number, emits: Emits): RowValue {
  switch (emits) {
    case 'number':
      return numberFrom(hash);
    case 'flag':
      return hash % 7 === 0 ? null : hash % 2 === 1;
    case 'text':
      return textFrom(hash);
    case 'record':
      if (hash % 11 === 0) return null;
      return {
        // As they are stored, by name: what is made of a record goes by the order of its fields.
        note: textFrom(hash >>> 7),
        open: numberFrom(hash >>> 3),
        up: hash % 5 === 0 ? null : hash % 2 === 1,
      };
    case 'json':
      if (hash % 9 === 0) return null;
      return hash % 2 === 0
        ? [hash % 5, { deep: textFrom(hash >>> 4) }]
        : { list: [hash % 3, null], n: { m: 1 } };
  }
}

function numberFrom(hash: number): number | null {
  const odd = ODD_NUMBERS[hash % 41];
  return odd === undefined ? (hash % 1_000_003) / 64 : odd;
}

function textFrom(hash: number): string | null {
  return hash % 13 === 0 ? null : `${TEXTS[hash % TEXTS.length] ?? ''}${hash % 17}`;
}
