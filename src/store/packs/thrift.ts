/** The part of Thrift's compact protocol that Parquet metadata needs. */

const TRUE = 1;
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** A value with its type. */
export type Thrift =
  | { readonly type: typeof I32 | typeof I64; readonly value: number }
  | { readonly type: typeof BINARY; readonly value: Uint8Array }
  | { readonly type: typeof LIST; readonly value: readonly Thrift[] }
  | { readonly type: typeof STRUCT; readonly value: Fields };

/** Fields of a struct by id, ascending. */
export type Fields = readonly (readonly [id: number, value: Thrift])[];

const utf8 = new TextEncoder();

export const i32 = (value: number): Thrift => ({ type: I32, value });
export const i64 = (value: number): Thrift => ({ type: I64, value });
export const binary = (value: Uint8Array): Thrift => ({ type: BINARY, value });
export const text = (value: string): Thrift => binary(utf8.encode(value));
export const list = (value: readonly Thrift[]): Thrift => ({ type: LIST, value });
export const struct = (...value: Fields): Thrift => ({ type: STRUCT, value });

/** The bytes of a struct. */
export function encodeStruct(fields: Fields): Uint8Array {
  const out = new Bytes();
  writeStruct(out, fields);
  return out.take();
}

class Bytes {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** LEB128, without shifts: file offsets may exceed 32 bits. */
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    this.byte(rest);
  }

  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  all(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function writeStruct(out: Bytes, fields: Fields): void {
  let last = 0;
  for (const [id, value] of fields) {
    const step = id - last;
    if (step > 0 && step < 16) out.byte((step << 4) | value.type);
    else {
      out.byte(value.type);
      out.zigzag(id);
    }
    last = id;
    writeValue(out, value);
  }
  out.byte(0);
}

function writeValue(out: Bytes, { type, value }: Thrift): void {
  switch (type) {
    case I32:
    case I64:
      return out.zigzag(value);
    case BINARY:
      out.varint(value.length);
      return out.all(value);
    case LIST: {
      const element = value[0]?.type ?? I32;
      if (value.length < 15) out.byte((value.length << 4) | element);
      else {
        out.byte(0xf0 | element);
        out.varint(value.length);
      }
      for (const each of value) writeValue(out, each);
      return;
    }
    case STRUCT:
      return writeStruct(out, value);
  }
}

/** A decoded struct: its fields by id. Types that nobody asks for are skipped. */
export type Read = ReadonlyMap<number, ReadValue>;
export type ReadValue = number | Uint8Array | readonly ReadValue[] | Read;

/** Decodes a struct. @throws Error for other bytes */
export function decodeStruct(bytes: Uint8Array): Read {
  return new Reader(bytes).struct();
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(): Read {
    const fields = new Map<number, ReadValue>();
    for (let id = 0; ;) {
      const head = this.#byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      const type = head & 15;
      fields.set(id, type === TRUE || type === FALSE ? Number(type === TRUE) : this.#value(type));
    }
  }

  #value(type: number): ReadValue {
    switch (type) {
      case TRUE:
      case FALSE:
        return Number(this.#byte() === TRUE);
      case 3:
        return this.#byte();
      case 4:
      case I32:
      case I64:
        return this.#zigzag();
      case 7:
        return this.#slice(8);
      case BINARY:
        return this.#slice(this.#varint());
      case LIST:
      case 10: {
        const head = this.#byte();
        const count = head >> 4 === 15 ? this.#varint() : head >> 4;
        return Array.from({ length: count }, () => this.#value(head & 15));
      }
      case STRUCT:
        return this.struct();
      default:
        throw new Error(`no type of Thrift has the number ${type}`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('the metadata ends too early');
    return byte;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #slice(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Error('the metadata ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
