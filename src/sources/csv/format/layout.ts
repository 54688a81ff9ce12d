import type { OpenStream } from '../../../engine/ports/source.js';
import { sourceError } from '../../faults.js';
import type { SourceFile } from '../../files.js';
import { isTicks } from '../../../sdk/time/grid.js';
import { cellKind, shorten, splitLine, type CellKind } from './cells.js';
import { suggestedNames } from './suggested-names.js';
import { refuseWide } from './wide.js';

/** How the lines of a CSV file are laid out. */
export interface CsvLayout {
  readonly delimiter: string;
  /** Lines before the first row: prose, comments, empty lines, the header. */
  readonly skip: number;
  /** The same without comments, as DuckDB counts them. */
  readonly skipped: number;
  readonly header: boolean;
  readonly names: readonly string[];
  /** What a comment line starts with; empty: there are no comments. */
  readonly comment: string;
}

/** What an author says about a file's lines. */
interface LayoutOptions {
  /** Names of the columns of a file without a header. */
  readonly columns: readonly string[] | null;
  readonly delimiter: string | null;
  readonly comment: string | null;
  /** Lines to skip before the header, or before the first row. */
  readonly skip: number | null;
}

const DELIMITERS: readonly string[] = [',', ';', '\t', '|'];

/** Lines that show what rows look like. */
const BODY_LINES = 200;
/** Levels of a header: pandas writes up to three, plus a line with the names of the index. */
const HEADER_LINES = 5;

interface Line {
  /** Position in the file, from 0. */
  readonly at: number;
  readonly cells: readonly string[];
}

/**
 * Finds delimiter, header and first row from what the lines have in common.
 * @throws SeamlessError `source` for an empty file, or for one without a header whose columns are not named
 */
export function layoutOf(
  stream: OpenStream,
  file: SourceFile,
  head: string,
  options: LayoutOptions,
): CsvLayout {
  const texts = linesOf(head.replace(/^\uFEFF/, ''));
  const from = options.skip ?? 0;
  if (texts.slice(from).every((text) => text.trim() === '')) {
    throw sourceError(stream, `${file.shown} is empty: write a header line and one row per bar.`);
  }
  const comment = options.comment ?? commentOf(texts);
  const lines = (delimiter: string): Line[] =>
    texts
      .map((text, at) => ({ at, cells: splitLine(text, delimiter), text }))
      .filter(({ at, text }) => at >= from && text.trim() !== '' && !(comment && text.startsWith(comment)));
  const delimiter = options.delimiter ?? findDelimiter(lines, options.columns?.length ?? null);
  const parsed = lines(delimiter);
  const width = options.columns?.length ?? widthOf(parsed);
  const first = Math.min(firstRow(parsed, width), options.columns ? firstLikeRow(parsed, width) : Infinity);
  const above = parsed.slice(Math.max(0, first - HEADER_LINES), first);
  const firstAt = parsed[first]?.at ?? texts.length;
  const lead = texts.slice(0, firstAt).filter((text) => comment === '' || !text.startsWith(comment));
  const found = { delimiter, skip: firstAt, skipped: lead.length, comment };
  if (options.columns !== null) {
    // The author's names win over the file's header.
    return { ...found, header: false, names: options.columns };
  }
  const body = parsed.slice(first, first + BODY_LINES).filter(({ cells }) => cells.length === width);
  const names = headerNames(above, width, body) ?? commentedHeader(texts, comment, delimiter, width, firstAt);
  if (names) return { ...found, header: true, names };
  const rows = parsed.slice(first, first + SHOWN_ROWS).map(({ cells }) => cells);
  refuseWide(stream, file.shown, rows, lead.length);
  throw sourceError(
    stream,
    `${file.shown} has no header line, for it starts with ${shorten(texts[firstAt] ?? '')}: name its columns with columns: ${suggestedNames(rows, !isTicks(stream) ? 'bars' : stream.spacing === 'unknown' ? 'either' : 'ticks')}.`,
  );
}

/** Lines as an editor counts them. A quoted cell over several lines is joined to its first line; the others are left empty. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  for (let at = 0; at < lines.length; at++) {
    const quoted = (line: string): boolean => (line.split('"').length - 1) % 2 === 1;
    let last = at;
    while (quoted(lines[at] ?? '') && last + 1 < lines.length && last - at < 50) {
      last++;
      lines[at] = `${lines[at]}\n${lines[last]}`;
      lines[last] = '';
    }
  }
  return lines;
}

/** `#` where the first lines use it. */
function commentOf(texts: readonly string[]): string {
  const marks = ['#', '//'];
  return marks.find((mark) => texts.slice(0, BODY_LINES).some((text) => text.startsWith(mark))) ?? '';
}

/** The delimiter whose cells look most like data; of several, the one that gives the most cells. */
function findDelimiter(lines: (delimiter: string) => Line[], wanted: number | null): string {
  const scored = DELIMITERS.map((delimiter) => {
    const body = lines(delimiter).slice(0, BODY_LINES);
    const width = widthOf(body);
    const same = body.filter(({ cells }) => cells.length === width);
    const cells = same.slice(-20).flatMap((line) => line.cells);
    const typed = cells.filter((cell) => cellKind(cell) !== 'text').length / Math.max(1, cells.length);
    const fits = width === 1 ? 0 : wanted === width ? 2 : 1;
    const headed = width > 1 && hasHeader(body, width) ? HEADED : 0;
    return { delimiter, width, score: fits * 10 + typed + headed + same.length / Math.max(1, body.length) };
  });
  return scored.reduce((best, each) =>
    each.score > best.score || (each.score === best.score && each.width > best.width) ? each : best,
  ).delimiter;
}

/** What a header of as many cells counts for, beside the share of cells that are numbers or times. */
const HEADED = 0.6;

/** Whether the line above the first row has as many cells: decimal commas divide the rows, but not their header. */
function hasHeader(lines: readonly Line[], width: number): boolean {
  const first = firstRow(lines, width);
  return first > 0 && lines[first - 1]?.cells.length === width;
}

/** How many cells most lines have. */
function widthOf(lines: readonly Line[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of lines.slice(0, BODY_LINES))
    counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return Math.max(...[...counts].filter(([, count]) => count === most).map(([width]) => width));
}

/** Position of the first row: a line with numbers and times where most lines have them. */
function firstRow(lines: readonly Line[], width: number): number {
  const body = lines.slice(0, BODY_LINES).filter(({ cells }) => cells.length === width);
  const kinds = kindsOf(body.length > 1 ? body.slice(1) : body);
  if (kinds.every((kind) => kind === 'text' || kind === null)) return Math.min(1, lines.length);
  const found = lines.findIndex(({ cells }) => cells.length === width && isRow(cells, kinds));
  return found < 0 ? lines.length : found;
}

/** Position of the first line that contains a number or a time. */
function firstLikeRow(lines: readonly Line[], width: number): number {
  const wide = lines.some(({ cells }) => cells.length === width);
  const found = lines.findIndex(
    ({ cells }) => (!wide || cells.length === width) && cells.some((cell) => isTyped(cellKind(cell))),
  );
  return found < 0 ? lines.length : found;
}

function isTyped(kind: CellKind | null): boolean {
  return kind !== null && kind !== 'text' && kind !== 'empty' && kind !== 'mark';
}

/** The kind of each column, by most of its cells; null where all are empty. */
function kindsOf(lines: readonly Line[]): (CellKind | null)[] {
  const width = lines[0]?.cells.length ?? 0;
  return Array.from({ length: width }, (_, column) => {
    const counts = new Map<CellKind, number>();
    for (const { cells } of lines) {
      const kind = cellKind(cells[column] ?? '');
      if (kind !== 'empty' && kind !== 'mark') counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const most = Math.max(0, ...counts.values());
    return [...counts].find(([, count]) => count === most)?.[0] ?? null;
  });
}

/** Whether at least as many cells are numbers or times here as in the lines below, and no text is where the first time should be. */
function isRow(cells: readonly string[], kinds: readonly (CellKind | null)[]): boolean {
  let [typed, texts] = [0, 0];
  cells.forEach((cell, column) => {
    const kind = cellKind(cell);
    if (!isTyped(kinds[column] ?? null)) return;
    if (isTyped(kind)) typed++;
    else if (kind === 'text') texts++;
  });
  const time = kinds.indexOf('time');
  return typed > 0 && typed >= texts && !(time >= 0 && cellKind(cells[time] ?? '') === 'text');
}

/** The names that the lines above the first row give; null: they give none. */
function headerNames(above: readonly Line[], width: number, body: readonly Line[]): string[] | null {
  // Rows may end with a delimiter that their header lacks, or the header with one that they lack. Otherwise the first column has
  // no name: R leaves row numbers unnamed.
  const ends = body.every(({ cells }) => cells[width - 1]?.trim() === '');
  const whole = (cells: readonly string[]): readonly string[] | null => {
    if (cells.length === width) return cells;
    if (cells.length === width + 1) return cells[width]?.trim() === '' ? cells.slice(0, width) : null;
    if (cells.length !== width - 1) return null;
    return ends ? [...cells, ''] : ['', ...cells];
  };
  const lines = above
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
    .flatMap(({ cells }) => {
      const names = whole(cells);
      return names ? [names.map(cleanName)] : [];
    });
  const last = lines.at(-1);
  if (last === undefined) return null;
  if (lines.length > 1 && last[0] !== '' && last.slice(1).every((name) => name === '')) {
    // pandas writes the name of the index on its own line.
    const names = distinctNames(lines.slice(0, -1));
    return [last[0] ?? '', ...names.slice(1)].map(orNumbered);
  }
  // The line that names the most columns, and the last of several: prose above the table may have cells, too.
  const distinct = lines.filter((names) => isDistinct(names));
  const most = Math.max(...distinct.map(named));
  return (distinct.findLast((names) => named(names) === most) ?? distinctNames(lines)).map(orNumbered);
}

/** A header that is written as a comment: `# time,open,close`. */
function commentedHeader(
  texts: readonly string[],
  comment: string,
  delimiter: string,
  width: number,
  firstAt: number,
): string[] | null {
  const above =
    comment === '' ? undefined : texts.slice(0, firstAt).findLast((text) => text.startsWith(comment));
  const cells = above === undefined ? [] : splitLine(above.slice(comment.length).trim(), delimiter);
  return cells.length === width && width > 1 ? cells.map(cleanName).map(orNumbered) : null;
}

/** How many rows the suggested names are based on. */
const SHOWN_ROWS = 50;

/** Column names such as `<CLOSE>` become `close`. */
function cleanName(name: string): string {
  return name
    .trim()
    .replace(/^<(.*)>$/, '$1')
    .replace(/^\uFEFF/, '');
}

function orNumbered(name: string, index: number): string {
  return name === '' ? `column${index}` : name;
}

/** How many columns a line names; an index needs no name. */
function named(names: readonly string[]): number {
  const filled = names.filter((name) => name !== '').length;
  return names[0] === '' && filled === names.length - 1 ? names.length : filled;
}

function isDistinct(names: readonly string[]): boolean {
  const filled = names.filter((name) => name !== '');
  return new Set(filled).size === filled.length && filled.length * 2 > names.length;
}

/** The first level alone if its names are distinct, else all levels. */
function distinctNames(levels: readonly (readonly string[])[]): string[] {
  const [top = []] = levels;
  if (isDistinct(top)) return [...top];
  return top.map((_, column) => [...new Set(levels.map((level) => level[column] ?? ''))].join(' ').trim());
}
