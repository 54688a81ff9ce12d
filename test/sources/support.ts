import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenStream, SourceLibrary, SourceReader } from '../../src/engine/ports/source.js';
import { SeamlessError, type ErrorCode } from '../../src/sdk/errors.js';
import { concatTables, rowValue, type RowValue, type Table } from '../../src/sdk/table.js';
import type { Range } from '../../src/sdk/time/time.js';
import { openSourceLibrary, type SourceLibraryOptions } from '../../src/sources/library.js';
import { cases } from '../support/profile.js';

export const EVERYTHING: Range = { start: -Infinity, end: Infinity };

/** A project folder of a test's own, with a library that reads it. */
export class Project {
  readonly root = mkdtempSync(join(tmpdir(), 'seamless-sources-'));
  readonly library: SourceLibrary & { close(): void };

  constructor(options: Partial<SourceLibraryOptions> = {}) {
    this.library = openSourceLibrary({ projectRoot: this.root, ...options });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  open(
    kind: string,
    options: Record<string, unknown>,
    stream: Partial<OpenStream> = {},
  ): Promise<SourceReader> {
    return this.library.open(streamOf(kind, options, stream));
  }

  async read(
    kind: string,
    options: Record<string, unknown>,
    stream: Partial<OpenStream> = {},
  ): Promise<Table> {
    return readAll(await this.open(kind, options, stream));
  }

  /** Reads a CSV file with this text. */
  async csv(
    text: string | Uint8Array,
    options: Record<string, unknown> = {},
    stream: Partial<OpenStream> = {},
  ) {
    this.write('bars.csv', text);
    return this.read('csv', { path: 'bars.csv', ...options }, stream);
  }

  remove(): void {
    this.library.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function streamOf(
  kind: string,
  options: Record<string, unknown>,
  stream: Partial<OpenStream> = {},
): OpenStream {
  const source = { kind, options };
  return {
    node: 0,
    name: 'BTC.price',
    interval: 60,
    phase: 0,
    calendar: null,
    location: null,
    source,
    ...stream,
  };
}

export async function readAll(reader: SourceReader, range: Range = EVERYTHING): Promise<Table> {
  const tables: Table[] = [];
  for await (const table of reader.read(range)) tables.push(table);
  return concatTables(tables);
}

/** Rows as `[ts, value]`. */
export function rowsOf(table: Table): [number, RowValue][] {
  return Array.from(table.ts, (ts, index) => [ts, rowValue(table, index)]);
}

/** Asserts that any range of a reader is that slice of all its rows, also beyond its ends by so many seconds. */
export async function checkSlices(
  reader: SourceReader,
  whole: readonly (readonly [number, RowValue])[],
  beyond: number,
  ranges: number,
): Promise<void> {
  const [first, last] = [whole[0]?.[0] as number, whole.at(-1)?.[0] as number];
  const time = fc.integer({ min: first - beyond, max: last + beyond });
  await fc.assert(
    fc.asyncProperty(time, time, async (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      const part = rowsOf(await readAll(reader, { start, end }));
      assert.deepEqual(
        part,
        whole.filter(([ts]) => ts >= start && ts < end),
      );
    }),
    cases(ranges),
  );
}

/** Asserts that a promise fails with a sentence about the stream that matches each pattern. */
export async function fails(
  promise: Promise<unknown>,
  code: ErrorCode,
  ...patterns: RegExp[]
): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof SeamlessError, String(error));
    assert.equal(error.code, code, error.message);
    assert.equal(error.node, 'BTC.price');
    assert.match(error.message, /^BTC\.price: .*[.?]$/s);
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

/** A zip archive of files that are stored as they are. Its checksums are 0: nobody looks at them. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    // Version, flags, method, time, date and checksum, then sizes and lengths.
    const sizes = Buffer.alloc(26);
    sizes.writeUInt16LE(20, 0);
    sizes.writeUInt32LE(bytes.length, 14);
    sizes.writeUInt32LE(bytes.length, 18);
    sizes.writeUInt16LE(Buffer.byteLength(name), 22);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    local.push(Buffer.from('PK\x03\x04'), sizes, Buffer.from(name), bytes);
    central.push(Buffer.from('PK\x01\x02\x14\x00'), sizes, end, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + bytes.length;
  }
  const directory = Buffer.concat(central);
  const last = Buffer.alloc(18);
  last.writeUInt16LE(Object.keys(files).length, 4);
  last.writeUInt16LE(Object.keys(files).length, 6);
  last.writeUInt32LE(directory.length, 8);
  last.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06'), last]);
}
