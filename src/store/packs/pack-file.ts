import { closeSync, existsSync, fsync, mkdirSync, openSync, renameSync, rmSync, writev } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { constantLevels } from './levels.js';
import type { Page, PageType } from './pages.js';
import { binary, encodeStruct, i32, i64, list, struct, text, type Fields, type Thrift } from './thrift.js';

/** Rows of a column that belong to no segment: nulls. */
export interface Gap {
  readonly gap: number;
}

export interface PackColumn {
  readonly name: string;
  readonly type: PageType;
  /** Covers all rows of the pack. A column without gaps and nulls may be `required`. */
  readonly pages: readonly (Page | Gap)[];
  readonly required?: boolean;
}

export interface Pack {
  readonly rows: number;
  /** The first column has the times. */
  readonly columns: readonly PackColumn[];
  /** First and last time; null for a pack without rows. */
  readonly times: readonly [number, number] | null;
  /** Bytes outside any column. */
  readonly blobs: readonly Uint8Array[];
  /** The metadata, given where everything was placed. */
  readonly describe: (places: Places) => Readonly<Record<string, string>>;
}

/** Offsets in the file. */
export interface Places {
  readonly pages: ReadonlyMap<Page, number>;
  readonly blobs: readonly number[];
}

const MAGIC = new TextEncoder().encode('PAR1');
const CREATED_BY = 'seamless-dag';

/** Values of Parquet's enumerations. */
const TYPES: Readonly<Record<PageType, number>> = { boolean: 0, time: 2, double: 5, text: 6, bytes: 6 };
const [REQUIRED, OPTIONAL] = [0, 1];
const UTF8 = 0;
const PLAIN = 0;
const RLE = 3;
const UNCOMPRESSED = 0;
const DATA_PAGE = 0;

/** Parts per system call: the limit is 1024. */
const PARTS_AT_ONCE = 256;

const sync = promisify(fsync);
const write = promisify(writev);

/**
 * Writes a pack completely or not at all. Returns its size.
 * @throws the file system's error; nothing is left of the file then
 */
export async function writePack(path: string, pack: Pack): Promise<number> {
  const draft = `${path}.part`;
  const folder = dirname(path);
  // Fails if the project was moved, rather than write to its old place.
  mkdirSync(folder, { recursive: existsSync(dirname(dirname(folder))) });
  const file = openSync(draft, 'wx');
  let bytes = 0;
  try {
    try {
      const out = new Out();
      writeAll(out, pack);
      bytes = out.at;
      await out.writeTo(file);
      await sync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return bytes;
}

/** Makes renames in a folder durable. Must happen before anything refers to the new names. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call and needs none.
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    await sync(file);
  } finally {
    closeSync(file);
  }
}

/** Collects parts and counts their bytes. */
class Out {
  at = 0;
  #parts: Uint8Array[] = [];

  write(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.at += part.length;
      if (part.length > 0) this.#parts.push(part);
    }
  }

  /** Asynchronous: the next chunk is computed meanwhile. */
  async writeTo(file: number): Promise<void> {
    for (let from = 0; from < this.#parts.length; from += PARTS_AT_ONCE) {
      let parts: readonly Uint8Array[] = this.#parts.slice(from, from + PARTS_AT_ONCE);
      // A nearly full disk accepts only some of the bytes.
      while (parts.length > 0) parts = without(parts, (await write(file, parts)).bytesWritten);
    }
  }
}

function without(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let left = written;
  return parts.flatMap((part) => {
    const gone = Math.min(left, part.length);
    left -= gone;
    return gone === part.length ? [] : [part.subarray(gone)];
  });
}

function writeAll(out: Out, pack: Pack): void {
  out.write(MAGIC);
  const pages = new Map<Page, number>();
  const chunks = pack.columns.map((column) => writeColumn(out, column, pack, pages));
  const blobs = pack.blobs.map((blob) => {
    const at = out.at;
    out.write(blob);
    return at;
  });
  const size = out.at - MAGIC.length;
  const footer = encodeStruct([
    [1, i32(1)],
    [2, list([struct([4, text('pack')], [5, i32(pack.columns.length)]), ...pack.columns.map(elementOf)])],
    [3, i64(pack.rows)],
    [4, list([struct([1, list(chunks)], [2, i64(size)], [3, i64(pack.rows)])])],
    [5, list(Object.entries(pack.describe({ pages, blobs })).map(keyValue))],
    [6, text(CREATED_BY)],
    // Readers ignore the minimum and maximum without a column order.
    [7, list(pack.columns.map(() => struct([1, struct()])))],
  ]);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, footer.length, true);
  out.write(footer, length, MAGIC);
}

function keyValue([key, value]: readonly [string, string]): Thrift {
  return struct([1, text(key)], [2, text(value)]);
}

function elementOf({ name, type, required }: PackColumn): Thrift {
  const fields: Fields[number][] = [
    [1, i32(TYPES[type])],
    [3, i32(required ? REQUIRED : OPTIONAL)],
    [4, text(name)],
  ];
  if (type === 'text') fields.push([6, i32(UTF8)], [10, struct([1, struct()])]);
  return struct(...fields);
}

/** Writes a column's pages, notes their offsets and returns its metadata. */
function writeColumn(out: Out, column: PackColumn, pack: Pack, places: Map<Page, number>): Thrift {
  const start = out.at;
  for (const page of column.pages) {
    if ('gap' in page) writePage(out, page.gap, [constantLevels(page.gap, 0)]);
    else if (page.levels > 0 || column.required) places.set(page, writePage(out, page.rows, page.load()));
    else {
      // A layout leaves out the levels of a page without nulls.
      const levels = constantLevels(page.rows, 1);
      places.set(page, writePage(out, page.rows, [levels, ...page.load()]) + levels.length);
    }
  }
  const fields: Fields[number][] = [
    [1, i32(TYPES[column.type])],
    [2, list([i32(PLAIN), i32(RLE)])],
    [3, list([text(column.name)])],
    [4, i32(UNCOMPRESSED)],
    [5, i64(pack.rows)],
    [6, i64(out.at - start)],
    [7, i64(out.at - start)],
    [9, i64(start)],
  ];
  if (column === pack.columns[0] && pack.times) fields.push([12, statistics(pack.times, column.type)]);
  return struct([2, i64(start)], [3, struct(...fields)]);
}

/** Returns the offset after its header. */
function writePage(out: Out, rows: number, parts: readonly Uint8Array[]): number {
  const size = i32(parts.reduce((sum, part) => sum + part.length, 0));
  const data = struct([1, i32(rows)], [2, i32(PLAIN)], [3, i32(RLE)], [4, i32(RLE)]);
  out.write(
    encodeStruct([
      [1, i32(DATA_PAGE)],
      [2, size],
      [3, size],
      [5, data],
    ]),
  );
  const at = out.at;
  out.write(...parts);
  return at;
}

function statistics([first, last]: readonly [number, number], type: PageType): Thrift {
  return struct([3, i64(0)], [5, time(last, type)], [6, time(first, type)]);
}

function time(value: number, type: PageType): Thrift {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (type === 'double') view.setFloat64(0, value, true);
  else view.setBigInt64(0, BigInt(value), true);
  return binary(bytes);
}
