import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import type { PagePlace } from './layout.js';
import { pageDigest } from './pages.js';
import { decodeStruct, type Read, type ReadValue } from './thrift.js';

/** A pack is missing, or its content is not what was written. */
export class PackDamage extends Error {
  readonly pack: string;

  constructor(pack: string, cause?: unknown) {
    super(`The pack ${pack} is not what was written.`, { cause });
    this.pack = pack;
  }
}

interface OpenFile {
  readonly file: number;
  /** Digests of verified pages, by their offset. */
  readonly checked: Map<number, string> | null;
}

/** Packs that are open while one answer is read: Windows cannot delete open files. */
export class OpenPacks {
  readonly #folder: string;
  readonly #files = new Map<string, OpenFile>();
  readonly #checked: (path: string, file: number) => OpenFile['checked'];

  /** @param checked the verified pages of an open file, to look up and to extend; see `checkedPages` */
  constructor(folder: string, checked: (path: string, file: number) => OpenFile['checked'] = () => null) {
    this.#folder = folder;
    this.#checked = checked;
  }

  /** The levels and values of a page. @throws PackDamage */
  page(
    pack: string,
    [, at, levels, values, digest]: PagePlace,
    into: Uint8Array = new Uint8Array(levels + values),
  ): Uint8Array {
    return this.bytes(pack, at, digest, into);
  }

  /** Reads a pack's bytes at an offset into `into`. @throws PackDamage if their digest differs */
  bytes(pack: string, at: number, digest: string, into: Uint8Array): Uint8Array {
    const { file, checked } = this.#open(pack);
    for (let done = 0; done < into.length;) {
      const count = readSync(file, into, done, into.length - done, at + done);
      if (count === 0) throw new PackDamage(pack);
      done += count;
    }
    if (checked?.get(at) === digest) return into;
    if (pageDigest(into) !== digest) throw new PackDamage(pack);
    checked?.set(at, digest);
    return into;
  }

  close(): void {
    for (const { file } of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  #open(pack: string): OpenFile {
    const known = this.#files.get(pack);
    if (known !== undefined) return known;
    try {
      const path = join(this.#folder, pack);
      const file = openSync(path, 'r');
      const opened = { file, checked: this.#checked(path, file) };
      this.#files.set(pack, opened);
      return opened;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        throw new PackDamage(pack, error);
      throw error;
    }
  }
}

/** A Parquet file's metadata entries and row count. @throws Error if it is not a Parquet file */
export function readFooter(path: string): {
  readonly rows: number;
  readonly bytes: number;
  readonly metadata: ReadonlyMap<string, string>;
} {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const end = Buffer.alloc(8);
    readSync(file, end, 0, 8, Math.max(0, size - 8));
    const length = end.readUInt32LE(0);
    if (end.toString('latin1', 4) !== 'PAR1' || length > size - 8)
      throw new Error(`${path} is no Parquet file`);
    const footer = Buffer.alloc(length);
    if (readSync(file, footer, 0, length, size - 8 - length) !== length) throw new Error(`${path} is cut`);
    const fields = decodeStruct(footer);
    return { rows: Number(fields.get(3) ?? 0), bytes: size, metadata: metadataOf(fields.get(5)) };
  } finally {
    closeSync(file);
  }
}

function metadataOf(pairs: ReadValue | undefined): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (const pair of Array.isArray(pairs) ? (pairs as readonly ReadValue[]) : []) {
    if (!(pair instanceof Map)) continue;
    const [key, value] = [(pair as Read).get(1), (pair as Read).get(2)];
    if (key instanceof Uint8Array && value instanceof Uint8Array) metadata.set(textOf(key), textOf(value));
  }
  return metadata;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
