import { open, writeFile, type FileHandle } from 'node:fs/promises';
import * as v from 'valibot';
import type { OpenStream } from '../../engine/ports/source.js';
import type { SourceNote } from '../../engine/ports/source-note.js';
import { textDigest } from '../../engine/fingerprint/digest.js';
import type { Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import { hashBefore, type ContentHints, type FileContext, type SourceFile } from '../files.js';
import { openSql } from '../sql/relation.js';
import { atPath, type CsvPlan } from './plan.js';

const sourceNote: v.GenericSchema<SourceNote> = v.object({
  what: v.string(),
  count: v.number(),
  example: v.nullable(v.string()),
});

/** What a later content of a file is compared with. Kept in `hints` under the version of a file that was read without a fault. */
const knownRows = v.object({
  /** See `readingDigest`. */
  reading: v.string(),
  bytes: v.number(),
  /** Open of the last bar. */
  last: v.number(),
  /** Repairs of single rows. Absent: none. */
  notes: v.optional(v.pipe(v.array(sourceNote), v.readonly())),
});

type KnownRows = v.InferOutput<typeof knownRows>;

/** What was added to a file since a known version of it. */
export interface Tail {
  readonly tables: readonly Table[];
  /** Open of the last bar before it. */
  readonly after: Seconds;
  readonly reading: string;
  /** Repairs of single rows, over the whole file. */
  readonly notes: readonly SourceNote[];
}

/** For a longer tail the whole file is read, since a tail's bars are held in memory. */
const MOST_TAIL_BYTES = 1 << 24;
/** Line ends in the first bytes of a readable file stand for all its line ends. */
const LOOK_BYTES = 1 << 16;

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export function knownRowsOf(hints: ContentHints, version: string): KnownRows | null {
  const text = hints.get(rowsKey(version));
  return text === undefined ? null : v.parse(knownRows, JSON.parse(text));
}

/** What is known of an earlier version, if the file still begins with exactly its bytes; else null. */
export async function earlierRows(
  stream: OpenStream,
  { hints }: FileContext,
  file: SourceFile,
  before: string,
  now: string,
): Promise<KnownRows | null> {
  const [, was, settings] = before.split(':');
  const [, hash = '', own] = now.split(':');
  const known = knownRowsOf(hints, before);
  if (!known || settings !== own) return null;
  return (await hashBefore(stream, file, hints, hash, known.bytes)) === was ? known : null;
}

export function keepRows(hints: ContentHints, version: string, rows: KnownRows): void {
  hints.set(rowsKey(version), JSON.stringify(rows));
}

function rowsKey(version: string): string {
  return `${version} rows`;
}

/** Differs where the same lines may be read as other bars. Null: bars may depend on lines further down. */
export function readingDigest({ text, relation, reading }: CsvPlan, sort: boolean): string | null {
  if (sort || text.compression !== 'none' || text.path !== reading.file.path) return null;
  const { from, names, columns, expressions } = relation;
  return textDigest([JSON.stringify({ from, names, columns, expressions, open: openSql(relation) })]);
}

/**
 * A plan for a copy of what follows the first `from` bytes. Null where DuckDB might read those lines differently on their own: it
 * detects line ends and byte order marks at a file's beginning.
 */
export async function planOfTail(
  { scratch }: FileContext,
  plan: CsvPlan,
  from: number,
  end: number,
): Promise<CsvPlan | null> {
  if (end - from > MOST_TAIL_BYTES) return null;
  const handle = await open(plan.text.path);
  let tail: Buffer;
  try {
    const look = Math.min(from, LOOK_BYTES);
    const before = await bytesAt(handle, from - look, look);
    tail = await bytesAt(handle, from, end - from);
    const ends = [lineEnds(await bytesAt(handle, 0, look)), lineEnds(before), lineEnds(tail)];
    const kinds = new Set(ends.filter((kind) => kind !== 'none'));
    if (kinds.size > 1 || kinds.has('other')) return null;
    // A last line without a line end may have been extended.
    if (before.at(-1) !== LF && tail[0] !== LF && tail[0] !== CR) return null;
  } finally {
    await handle.close();
  }
  if (tail.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) return null;
  const path = scratch.file('tail.csv');
  await writeFile(path, tail);
  return atPath(plan, path);
}

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length) throw new RangeError('The file is shorter than it was.');
  return buffer;
}

function lineEnds(bytes: Buffer): 'lf' | 'crlf' | 'none' | 'other' {
  let [lf, crlf] = [0, 0];
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] === CR) crlf++;
    else lf++;
  }
  let cr = 0;
  for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1)) cr++;
  if (cr !== crlf || (lf > 0 && crlf > 0)) return 'other';
  return crlf > 0 ? 'crlf' : lf > 0 ? 'lf' : 'none';
}
