import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { open as openZip, type Entry, type ZipFile } from 'yauzl';
import type { OpenStream } from '../../engine/ports/source.js';
import { asError } from '../../sdk/errors.js';
import { sourceError } from '../faults.js';
import { unreadableFile, type FileContext, type SourceFile } from '../files.js';
import { KIND_BYTES, refuseOtherKinds } from '../other-kinds.js';

/** A text file in a form that DuckDB reads: UTF-8, plain or compressed by gzip or zstd. */
export interface PlainText {
  /** The file itself, or a copy in UTF-8. */
  readonly path: string;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Its beginning as text: whole lines, unless it is one long line. */
  readonly head: string;
  /** `zip, windows-1252`: what was undone; empty for plain UTF-8. */
  readonly undone: readonly string[];
}

/** More than any header, and little to read. */
const HEAD_BYTES = 1 << 16;

type Packing = 'none' | 'gzip' | 'zstd' | 'zip';

const MAGIC: readonly { readonly bytes: readonly number[]; readonly packing: Packing | 'bzip2' | 'xz' }[] = [
  { bytes: [0x1f, 0x8b], packing: 'gzip' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], packing: 'zstd' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], packing: 'zip' },
  { bytes: [0x42, 0x5a, 0x68], packing: 'bzip2' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], packing: 'xz' },
];

/**
 * Detects how a text file is compressed and encoded, and makes a UTF-8 copy in the scratch folder if DuckDB cannot read it.
 * @throws SeamlessError `source` for an encoding that must be named, or an unknown compression
 */
export async function plainText(
  stream: OpenStream,
  context: FileContext,
  file: SourceFile,
  encoding: string | null,
): Promise<PlainText> {
  try {
    const packing = await packingOf(stream, file);
    const bytes = await firstBytes(await unpacked(stream, file, packing));
    const found = encodingOf(bytes);
    const named = encoding === null ? null : canonicalEncoding(stream, encoding);
    const used = found ?? named ?? 'utf-8';
    if (used === 'utf-8' && bytes.includes(0) && isUtf8(bytes)) {
      throw sourceError(
        stream,
        `${file.shown} has a zero byte at position ${bytes.indexOf(0)}, which an interrupted write or a damaged disk leaves: correct that line, or remove all zero bytes, with tr -d '\\000' for example.`,
      );
    }
    if (used === 'utf-8' && !isUtf8(bytes)) {
      throw sourceError(
        stream,
        `${file.shown} is not UTF-8 text: name its encoding, such as encoding: 'windows-1252', 'windows-1251', 'gbk', 'cp949' or 'shift_jis', or save it as UTF-8.`,
      );
    }
    const mixed = hasMixedEnds(bytes);
    const undone = [
      ...(packing === 'none' ? [] : [packing]),
      ...(used === 'utf-8' ? [] : [used]),
      ...(mixed ? ['lines that end in two ways'] : []),
    ];
    const head = wholeLines(
      new TextDecoder(used).decode(bytes, { stream: true }),
      bytes.length >= HEAD_BYTES,
    );
    if (used === 'utf-8' && packing !== 'zip' && !mixed)
      return { path: file.path, compression: packing, head, undone };
    const path = context.scratch.file('text.csv');
    const text = await unpacked(stream, file, packing);
    const whole = decoder(used);
    await (mixed
      ? pipeline(text, whole, withoutReturns(), createWriteStream(path))
      : pipeline(text, whole, createWriteStream(path)));
    return { path, compression: 'none', head, undone };
  } catch (error) {
    throw unreadableFile(stream, file, error);
  }
}

/** The decompressed bytes of a file, from its beginning. */
async function unpacked(stream: OpenStream, file: SourceFile, packing: Packing): Promise<Readable> {
  return packing === 'zip' ? zipEntry(stream, file) : bytesOf({ path: file.path, compression: packing });
}

/** The same of a text that DuckDB reads. */
export function bytesOf({ path, compression }: Pick<PlainText, 'path' | 'compression'>): Readable {
  const bytes = createReadStream(path);
  if (compression === 'none') return bytes;
  const unpacker = compression === 'gzip' ? createGunzip() : zstdReader();
  bytes.once('error', (error) => unpacker.destroy(error));
  return bytes.pipe(unpacker);
}

async function packingOf(stream: OpenStream, file: SourceFile): Promise<Packing> {
  const handle = await open(file.path);
  try {
    const start = Buffer.alloc(KIND_BYTES);
    await handle.read(start, 0, KIND_BYTES, 0);
    refuseOtherKinds(stream, file, start);
    const found = MAGIC.find(({ bytes }) => bytes.every((byte, at) => start[at] === byte));
    if (found?.packing === 'bzip2' || found?.packing === 'xz') {
      throw sourceError(
        stream,
        `${file.shown} is compressed by ${found.packing}, which is not read: unpack it, or compress it by gzip, zstd or zip.`,
      );
    }
    return found?.packing ?? 'none';
  } finally {
    await handle.close();
  }
}

function zstdReader(): Transform {
  let push: (piece: Uint8Array) => void = () => undefined;
  const decompress = new Decompress((piece) => push(piece));
  const transform = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        decompress.push(chunk);
        done();
      } catch (error) {
        done(asError(error));
      }
    },
    flush(done) {
      decompress.push(new Uint8Array(0), true);
      done();
    },
  });
  push = (piece) => transform.push(piece);
  return transform;
}

/** The one file in an archive. */
async function zipEntry(stream: OpenStream, file: SourceFile): Promise<Readable> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    openZip(file.path, { lazyEntries: true, autoClose: false }, (error, opened) => {
      if (error) reject(error);
      else resolve(opened);
    });
  });
  const entries = (await entriesOf(zip)).filter(
    ({ fileName }) => !fileName.endsWith('/') && !/(^|\/)(__MACOSX\/|\.)/.test(fileName),
  );
  const [entry] = entries;
  if (entries.some(({ fileName }) => fileName === '[Content_Types].xml')) {
    zip.close();
    throw sourceError(
      stream,
      `${file.shown} is an Excel workbook, not text: save the table with the bars as CSV, and name that file.`,
    );
  }
  if (entry === undefined || entries.length > 1) {
    zip.close();
    const names = entries.map(({ fileName }) => fileName);
    throw sourceError(
      stream,
      `${file.shown} holds ${names.length === 0 ? 'no file' : `${names.length} files (${names.slice(0, 5).join(', ')})`}: unpack it and name ${names.length === 0 ? 'a file' : 'them'} by a path or a pattern.`,
    );
  }
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => {
      if (error) {
        zip.close();
        reject(error);
        return;
      }
      opened.once('close', () => zip.close());
      resolve(opened.pipe(new PassThrough()));
    });
  });
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', reject);
    zip.readEntry();
  });
}

async function firstBytes(readable: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of readable) {
    pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(pieces);
}

/** The encoding shown by a byte order mark or by zero bytes; null: neither is there. */
function encodingOf(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, 512);
  const zeros = [0, 0];
  sample.forEach((byte, at) => {
    if (byte === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd * 4 > sample.length && even * 20 < odd) return 'utf-16le';
  return even * 4 > sample.length && odd * 20 < even ? 'utf-16be' : null;
}

function canonicalEncoding(stream: OpenStream, name: string): string {
  const label = /^cp-?949$|^ms949$|^uhc$/i.test(name)
    ? 'euc-kr'
    : name.replace(/^cp-?(125\d)$/i, 'windows-$1');
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw sourceError(
      stream,
      `its encoding ${JSON.stringify(name)} is not known: write one such as 'windows-1252', 'cp949', 'shift_jis' or 'utf-16le'.`,
    );
  }
}

function isUtf8(bytes: Buffer): boolean {
  try {
    // The last character may be incomplete.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function decoder(encoding: string): Transform {
  const decode = new TextDecoder(encoding);
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, decode.decode(chunk, { stream: true })),
    flush: (done) => done(null, decode.decode()),
  });
}

/** Whether some lines end with a line feed and others with a carriage return before it, which DuckDB refuses. */
function hasMixedEnds(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return text.includes('\r\n') && /[^\r]\n/.test(text);
}

/** Makes all lines end with a line feed alone. */
function withoutReturns(): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      done(null, Buffer.from(chunk.toString('latin1').replaceAll('\r', ''), 'latin1'));
    },
  });
}

function wholeLines(text: string, cut: boolean): string {
  const end = cut ? Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) : -1;
  return end > 0 ? text.slice(0, end + 1) : text;
}
