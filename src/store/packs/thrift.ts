/** The part of Thrift's compact protocol that Parquet metadata needs. */

const TRUE = 1;
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const FIRST_BYTES = 4096;
/** Room for one number: ten bytes hold 64 bits. */
const NUMBER_BYTES = 10;

/** Writes structs into one growing memory, field by field in ascending order of their ids. */
export class ThriftWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  /** Id of the last field of the struct that is being written. */
  #last = 0;

  get length(): number {
    return this.#length;
  }

  i32(id: number, value: number): void {
    this.#field(id, I32);
    this.#zigzag(value);
  }

  i64(id: number, value: number): void {
    this.#field(id, I64);
    this.#zigzag(value);
  }

  binary(id: number, value: Uint8Array): void {
    this.#field(id, BINARY);
    this.#varint(value.length);
    this.append(value);
  }

  text(id: number, value: string): void {
    this.#field(id, BINARY);
    this.#text(value);
  }

  struct(id: number, body: () => void): void {
    this.#field(id, STRUCT);
    this.#struct(body);
  }

  i32s(id: number, values: readonly number[]): void {
    this.#list(id, I32, values.length);
    for (const value of values) this.#zigzag(value);
  }

  texts(id: number, values: readonly string[]): void {
    this.#list(id, BINARY, values.length);
    for (const value of values) this.#text(value);
  }

  /** A list of structs; `body` writes the one of an item. */
  structs<T>(id: number, items: readonly T[], body: (item: T, index: number) => void): void {
    this.#list(id, STRUCT, items.length);
    for (const [index, item] of items.entries()) this.#struct(() => body(item, index));
  }

  /** A struct of its own, in no other. */
  whole(body: () => void): void {
    this.#struct(body);
  }

  /** Bytes as they are. */
  append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written since it was last taken. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#length = 0;
    return taken;
  }

  #struct(body: () => void): void {
    const around = this.#last;
    this.#last = 0;
    body();
    this.#last = around;
    this.#byte(0);
  }

  #field(id: number, type: number): void {
    const step = id - this.#last;
    this.#last = id;
    if (step > 0 && step < 16) return this.#byte((step << 4) | type);
    this.#byte(type);
    this.#zigzag(id);
  }

  #list(id: number, type: number, length: number): void {
    this.#field(id, LIST);
    if (length < 15) return this.#byte((length << 4) | type);
    this.#byte(0xf0 | type);
    this.#varint(length);
  }

  #text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#varint(length);
    this.#room(length);
    this.#bytes.write(value, this.#length);
    this.#length += length;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** LEB128, without shifts: file offsets may exceed 32 bits. */
  #varint(value: number): void {
    this.#room(NUMBER_BYTES);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 128;
    this.#bytes[this.#length++] = rest;
  }

  #zigzag(value: number): void {
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
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
