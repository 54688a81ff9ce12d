import { closeSync, existsSync, fsync, mkdirSync, openSync, renameSync, rmSync, writev } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { constantLevels } from './levels.js';
import type { Page, PageType } from './pages.js';
import { ThriftWriter } from './thrift.js';

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

/** Shorter parts are put together, longer ones written from where they are. */
const WORTH_OWN_PART = 4096;

/** Collects parts and counts their bytes. */
class Out {
  at = 0;
  readonly #parts: Uint8Array[] = [];
  readonly #short = new ThriftWriter();

  write(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.at += part.length;
      if (part.length < WORTH_OWN_PART) this.#short.append(part);
      else this.#parts.push(...this.#taken(), part);
    }
  }

  /** A struct as it is encoded. */
  struct(body: (to: ThriftWriter) => void): void {
    const before = this.#short.length;
    this.#short.whole(() => body(this.#short));
    this.at += this.#short.length - before;
  }

  /** Asynchronous: the next chunk is computed meanwhile. */
  async writeTo(file: number): Promise<void> {
    this.#parts.push(...this.#taken());
    for (let from = 0; from < this.#parts.length; from += PARTS_AT_ONCE) {
      let parts: readonly Uint8Array[] = this.#parts.slice(from, from + PARTS_AT_ONCE);
      // A nearly full disk accepts only some of the bytes.
      while (parts.length > 0) parts = without(parts, (await write(file, parts)).bytesWritten);
    }
  }

  #taken(): Uint8Array[] {
    return this.#short.length > 0 ? [this.#short.take()] : [];
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

/** Where a column was written. */
interface WrittenColumn {
  readonly column: PackColumn;
  readonly start: number;
  readonly bytes: number;
}

function writeAll(out: Out, pack: Pack): void {
  out.write(MAGIC);
  const pages = new Map<Page, number>();
  const levels = new ConstantLevels();
  const columns = pack.columns.map((column): WrittenColumn => {
    const start = out.at;
    writeColumn(out, column, levels, pages);
    return { column, start, bytes: out.at - start };
  });
  const blobs = pack.blobs.map((blob) => {
    const at = out.at;
    out.write(blob);
    return at;
  });
  const end = out.at;
  const metadata = Object.entries(pack.describe({ pages, blobs }));
  out.struct((to) => writeFooter(to, pack, columns, end - MAGIC.length, metadata));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, out.at - end, true);
  out.write(length, MAGIC);
}

function writeFooter(
  to: ThriftWriter,
  { rows, times }: Pack,
  columns: readonly WrittenColumn[],
  size: number,
  metadata: readonly (readonly [key: string, value: string])[],
): void {
  to.i32(1, 1);
  to.structs(2, [null, ...columns], (each) => {
    if (each) return writeElement(to, each.column);
    to.text(4, 'pack');
    to.i32(5, columns.length);
  });
  to.i64(3, rows);
  to.structs(4, [rows], () => {
    to.structs(1, columns, (each, index) => writeChunk(to, each, rows, index === 0 ? times : null));
    to.i64(2, size);
    to.i64(3, rows);
  });
  to.structs(5, metadata, ([key, value]) => {
    to.text(1, key);
    to.text(2, value);
  });
  to.text(6, CREATED_BY);
  // Readers ignore the minimum and maximum without a column order.
  to.structs(7, columns, () => to.struct(1, () => undefined));
}

function writeElement(to: ThriftWriter, { name, type, required }: PackColumn): void {
  to.i32(1, TYPES[type]);
  to.i32(3, required ? REQUIRED : OPTIONAL);
  to.text(4, name);
  if (type !== 'text') return;
  to.i32(6, UTF8);
  to.struct(10, () => to.struct(1, () => undefined));
}

/** Where a column is, and its type. @param times of its first and last row, if they are known */
function writeChunk(
  to: ThriftWriter,
  { column, start, bytes }: WrittenColumn,
  rows: number,
  times: Pack['times'],
): void {
  to.i64(2, start);
  to.struct(3, () => {
    to.i32(1, TYPES[column.type]);
    to.i32s(2, [PLAIN, RLE]);
    to.texts(3, [column.name]);
    to.i32(4, UNCOMPRESSED);
    to.i64(5, rows);
    to.i64(6, bytes);
    to.i64(7, bytes);
    to.i64(9, start);
    if (!times) return;
    const [first, last] = times;
    to.struct(12, () => {
      to.i64(3, 0);
      to.binary(5, time(last, column.type));
      to.binary(6, time(first, column.type));
    });
  });
}

/** Levels of pages without nulls, and of gaps: most pages of a pack have as many rows. */
class ConstantLevels {
  readonly #known = new Map<number, Uint8Array>();

  of(rows: number, level: 0 | 1): Uint8Array {
    const key = rows * 2 + level;
    const known = this.#known.get(key) ?? constantLevels(rows, level);
    this.#known.set(key, known);
    return known;
  }
}

/** Writes a column's pages and notes their offsets. */
function writeColumn(out: Out, column: PackColumn, levels: ConstantLevels, places: Map<Page, number>): void {
  for (const page of column.pages) {
    if ('gap' in page) writePage(out, page.gap, [levels.of(page.gap, 0)]);
    else if (page.levels > 0 || column.required) places.set(page, writePage(out, page.rows, page.load()));
    else {
      // A layout leaves out the levels of a page without nulls.
      const all = levels.of(page.rows, 1);
      places.set(page, writePage(out, page.rows, [all, ...page.load()]) + all.length);
    }
  }
}

/** Returns the offset after its header. */
function writePage(out: Out, rows: number, parts: readonly Uint8Array[]): number {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  out.struct((to) => {
    to.i32(1, DATA_PAGE);
    to.i32(2, size);
    to.i32(3, size);
    to.struct(5, () => {
      to.i32(1, rows);
      to.i32(2, PLAIN);
      to.i32(3, RLE);
      to.i32(4, RLE);
    });
  });
  const at = out.at;
  out.write(...parts);
  return at;
}

function time(value: number, type: PageType): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (type === 'double') view.setFloat64(0, value, true);
  else view.setBigInt64(0, BigInt(value), true);
  return bytes;
}
