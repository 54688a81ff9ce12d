import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { CsvLayout } from './layout.js';
import { bytesOf, type PlainText } from '../plain-text.js';

/**
 * The line (counted from 1, as an editor does) on which row `row` (from 0) starts, and its text. For messages only: it reads the
 * file from the top.
 */
export async function findLine(
  text: PlainText,
  layout: CsvLayout,
  row: number,
): Promise<{ readonly line: number; readonly text: string }> {
  let line = 0;
  let rows = -1;
  let quoted = false;
  for await (const each of createInterface({ input: bytesOf(text), crlfDelay: Infinity })) {
    line++;
    if (line <= layout.skip || (each === '' && !quoted)) continue;
    if (layout.comment !== '' && !quoted && each.startsWith(layout.comment)) continue;
    if (!quoted) rows++;
    if (rows === row) return { line, text: each };
    if ((each.split('"').length - 1) % 2 === 1) quoted = !quoted;
  }
  return { line, text: '' };
}

/** The longest line that DuckDB reads, in bytes. */
const MOST_LINE_BYTES = 2_000_000;

/** The last line usually begins within this many bytes of a file's end. */
const SHORT_TAIL = 1 << 16;

export const LONG_LINE =
  'is longer than 2 MB, the most that a line may have: check that its lines end, and its quotes';

/** Whether the last line is too long: DuckDB drops such a line silently. Compressed files are not checked. */
export async function endsInLongLine(text: PlainText): Promise<boolean> {
  if (text.compression !== 'none') return false;
  for (const most of [SHORT_TAIL, MOST_LINE_BYTES]) {
    const tail = await lastBytes(text, most);
    const line = tail.subarray(0, -1);
    if (tail.length < most || line.includes('\n') || line.includes('\r')) return false;
  }
  return true;
}

/** The last bytes of a text. A compressed one has to be read through. */
export async function lastBytes(text: PlainText, most: number): Promise<Buffer> {
  if (text.compression === 'none') return lastBytesOfFile(text.path, most);
  let held: Buffer[] = [];
  let length = 0;
  for await (const piece of bytesOf(text)) {
    held.push(piece as Buffer);
    length += (piece as Buffer).length;
    if (length < 2 * most) continue;
    held = [Buffer.concat(held).subarray(-most)];
    length = most;
  }
  return Buffer.concat(held).subarray(-most);
}

async function lastBytesOfFile(path: string, most: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, most));
    await handle.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes;
  } finally {
    await handle.close();
  }
}
