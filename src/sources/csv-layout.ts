import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { OpenStream } from '../engine/ports/source.js';
import { parseTime } from '../sdk/time.js';
import { sourceError } from './faults.js';
import { unreadableFile, type SourceFile } from './files.js';

/** How a CSV file is laid out. */
export interface CsvLayout {
  readonly delimiter: string;
  /** Lines before the first row: empty ones, and the header. */
  readonly skip: number;
  readonly header: boolean;
  readonly names: readonly string[];
}

const DELIMITERS: readonly string[] = [',', ';', '\t', '|'];

/** More than any header line, and little to read. */
const HEAD_BYTES = 1 << 16;

/**
 * Reads the layout off the first line that is not empty: the names of the columns, unless `columns` gives them.
 * @throws SeamlessError `source` for an empty file, one that is not UTF-8 text, or one without a header.
 */
export async function readLayout(
  stream: OpenStream,
  file: SourceFile,
  columns: readonly string[] | null,
  delimiter: string | null,
): Promise<CsvLayout> {
  const head = await readHead(stream, file);
  if (head.includes('\0')) {
    throw sourceError(
      stream,
      `${file.shown} is not UTF-8 text: save it as UTF-8, or read it with another provider.`,
    );
  }
  const lines = head.split(/\r\n|\n|\r/);
  const empty = lines.findIndex((line) => line !== '');
  const first = lines[empty];
  if (first === undefined) {
    throw sourceError(stream, `${file.shown} is empty: write a header line and one row per bar.`);
  }
  const found = delimiter ?? findDelimiter(first, columns?.length ?? null);
  if (columns !== null) return { delimiter: found, skip: empty, header: false, names: columns };
  const cells = splitLine(first, found);
  if (cells.every(looksLikeData)) {
    throw sourceError(
      stream,
      `${file.shown} has no header line, for it starts with ${shorten(first)}: name its columns with columns: ['time', 'open', …].`,
    );
  }
  const names = cells.map((name, index) => name.trim() || `column${index}`);
  return { delimiter: found, skip: empty + 1, header: true, names };
}

async function readHead(stream: OpenStream, file: SourceFile): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of openBytes(file.path)) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes >= HEAD_BYTES) break;
    }
  } catch (error) {
    throw unreadableFile(stream, file, error);
  }
  return withoutMark(Buffer.concat(pieces).toString('utf8'));
}

function openBytes(path: string): Readable {
  const bytes = createReadStream(path);
  if (!path.toLowerCase().endsWith('.gz')) return bytes;
  const unzipped = createGunzip();
  bytes.once('error', (error) => unzipped.destroy(error));
  return bytes.pipe(unzipped);
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** The delimiter that gives the wanted number of cells, else the one that gives most. */
function findDelimiter(line: string, cells: number | null): string {
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, cells: splitLine(line, delimiter).length }));
  const fitting = counted.find((each) => each.cells === cells);
  return (fitting ?? counted.reduce((best, each) => (each.cells > best.cells ? each : best))).delimiter;
}

/** The cells of a line, quotes removed (RFC 4180). */
export function splitLine(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quoted && character === '"' && line.charAt(i + 1) === '"') {
      cell += '"';
      i++;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else {
      cell += character;
    }
  }
  return [...cells, cell];
}

function looksLikeData(cell: string): boolean {
  if (cell.trim() !== '' && !Number.isNaN(Number(cell))) return true;
  try {
    return Number.isFinite(parseTime(cell));
  } catch {
    return false;
  }
}

export function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/**
 * The line, counted from 1 as an editor does, on which row `row` (from 0) of the data starts, and its text.
 * Only for messages: it reads the file from the top.
 */
export async function findLine(
  file: SourceFile,
  layout: CsvLayout,
  row: number,
): Promise<{ readonly line: number; readonly text: string }> {
  let line = 0;
  let rows = -1;
  let quoted = false;
  for await (const text of textLines(file.path)) {
    line++;
    if (line <= layout.skip || (text === '' && !quoted)) continue;
    if (!quoted) rows++;
    if (rows === row) return { line, text };
    if ((text.split('"').length - 1) % 2 === 1) quoted = !quoted;
  }
  return { line, text: '' };
}

async function* textLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of openBytes(path)) {
    rest += decoder.decode(piece as Buffer, { stream: true });
    // A piece may end between the two characters of one line ending.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
  const lines = rest.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  yield* lines;
}
