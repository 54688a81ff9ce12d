import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { CsvLayout } from './layout.js';
import { zstdReader, type PlainText } from './plain-text.js';

/**
 * The line, counted from 1 as an editor does, on which row `row` (from 0) of the data starts, and its text.
 * Only for messages: it reads the file from the top.
 */
export async function findLine(
  text: PlainText,
  layout: CsvLayout,
  row: number,
): Promise<{ readonly line: number; readonly text: string }> {
  let line = 0;
  let rows = -1;
  let quoted = false;
  for await (const each of linesOf(text)) {
    line++;
    if (line <= layout.skip || (each === '' && !quoted)) continue;
    if (layout.comment !== '' && !quoted && each.startsWith(layout.comment)) continue;
    if (!quoted) rows++;
    if (rows === row) return { line, text: each };
    if ((each.split('"').length - 1) % 2 === 1) quoted = !quoted;
  }
  return { line, text: '' };
}

function linesOf({ path, compression }: PlainText): AsyncIterable<string> {
  const bytes = createReadStream(path);
  const unpacker = compression === 'gzip' ? createGunzip() : compression === 'zstd' ? zstdReader() : null;
  return createInterface({ input: unpacker ? bytes.pipe(unpacker) : bytes, crlfDelay: Infinity });
}
