import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { addNotes, areByRow } from '../../engine/sources/notes.js';
import { intersection, isEmpty } from '../../engine/plan/ranges.js';
import type { OpenStream, SkippedRow, SourceReader, SourceTaken } from '../../engine/ports/source.js';
import type { SourceNote } from '../../engine/ports/source-note.js';
import { SeamlessError } from '../../sdk/errors.js';
import { isTicks } from '../../sdk/time/grid.js';
import { sliceTableByTime, type Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import { streamTables, type SelectedColumn } from '../batches.js';
import { Cleaner, Notes, UNREADABLE } from '../conformance.js';
import { BarCheck, barError, WRITE_TIMES, type BarFault } from '../faults.js';
import {
  contentHash,
  fileSignature,
  findFiles,
  readingOf,
  refuseChanged,
  refuseEmptied,
  sizeIn,
  TEXT_FILES,
  watchedPaths,
  withFolders,
  type FileContext,
  type SourceFile,
} from '../files.js';
import { selectBars, selectedColumns } from '../sql/relation.js';
import { FoldedHour } from '../time/folded-hour.js';
import { adjusted, isNewestFirst, NEWEST_FIRST, refuseWideSpacing } from '../time/opens.js';
import { stampedAfter } from '../time/reading.js';
import { Rounded } from '../time/rounded.js';
import { RowsAround, type Skip } from './around.js';
import { splitLine } from './format/cells.js';
import { explainCsvFailure, type Reject } from './failure.js';
import { countBadCells, earliestOpen, firstOpens, refuseSymbols } from './format/first-look.js';
import { earlierRows, keepRows, knownRowsOf, planOfTail, readingDigest, type Tail } from './grown.js';
import { aligned, commonColumns, joinParts, type Part } from './join.js';
import { findLine } from './format/lines.js';
import { orderSql, placeSql } from '../ticks.js';
import { planCsv, takenOf, type CsvPlan } from './plan.js';
import { accountForRejects, rejectsOf, withoutRejects } from './rejects.js';
import { csvSettings, type CsvSettings } from './settings.js';
import { symbolReader, type SymbolTable } from './symbol-reader.js';

/** @throws SeamlessError `source` when a file is missing or an option is wrong. */
export async function openCsv(stream: OpenStream, context: FileContext): Promise<SourceReader> {
  const told = csvSettings(stream);
  const settings = { ...told, paths: await withFolders(context, told.paths, TEXT_FILES) };
  const files = await findFiles(stream, context, settings.paths);
  const opened = await signaturesOf(stream, context, files);
  const reader = new CsvReader(stream, context, settings, files, opened);
  const { one } = settings;
  return one ? symbolReader(stream, context, one, reader, () => reader.symbolTables()) : reader;
}

function signaturesOf(
  stream: OpenStream,
  { projectRoot }: FileContext,
  files: readonly SourceFile[],
): Promise<string[]> {
  return Promise.all(files.map((file) => fileSignature(stream, projectRoot, file)));
}

/** A file, how it is read, and the opens of its first rows. */
interface PlannedFile {
  readonly plan: CsvPlan;
  readonly first: Seconds;
  readonly sort: Sorting;
}

/** How rows are sorted; null: they are read in file order. */
type Sorting = 'by time' | 'newest first' | null;

class CsvReader implements SourceReader {
  /** A CSV file can only be read from its beginning. */
  readonly whole = true;
  readonly files: readonly string[];
  readonly #stream: OpenStream;
  readonly #context: FileContext;
  readonly #settings: CsvSettings;
  readonly #files: readonly SourceFile[];
  /** From the last full read. */
  #notes = new Notes();
  /** Signatures of the files when they were opened. */
  readonly #opened: readonly string[];
  /** Signatures of the files when their version was taken; null before that. */
  #signatures: readonly string[] | null = null;
  #version: string | null = null;
  /** What the last read is compared with later; null where its rows may depend on rows further down. */
  #reading: string | null = null;
  /** What was added since the version that `sameUntil` was asked about; null: the whole file is to be read. */
  #tail: Tail | null = null;

  constructor(
    stream: OpenStream,
    context: FileContext,
    settings: CsvSettings,
    files: readonly SourceFile[],
    opened: readonly string[],
  ) {
    this.#opened = opened;
    this.#stream = stream;
    this.#context = context;
    this.#settings = settings;
    this.#files = files;
    this.files = watchedPaths(context.projectRoot, settings.paths, files);
  }

  /** A file is known by its content: renaming it changes nothing. */
  async version(before?: string | null): Promise<string> {
    const { projectRoot, hints } = this.#context;
    // For a universe, the column is part of the fingerprint.
    const { paths, one, ...settings } = this.#settings;
    const known = before ? knownRowsOf(hints, before) : null;
    const ends = (): Promise<readonly number[]> => Promise.resolve(known ? [known.bytes] : []);
    const found = [];
    for (const file of this.#files)
      found.push(await contentHash(this.#stream, projectRoot, file, hints, ends));
    this.#signatures = found.map(({ signature }) => signature);
    const hashes = found.map(({ hash }) => hash).sort();
    const all = hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join()).digest('hex');
    this.#version = `sha256:${all}:${readingOf(settings)}`;
    return this.#version;
  }

  /** A file that grew begins with the same bytes as before, so the old lines read as they did. */
  async sameUntil(before: string): Promise<Seconds> {
    // If the added lines are faulty, the full read reports it.
    this.#tail = await this.#tailSince(before).catch(() => null);
    if (this.#tail === null) return -Infinity;
    return this.#tail.tables[0]?.ts[0] ?? Infinity;
  }

  async #tailSince(before: string): Promise<Tail | null> {
    const [file, ...others] = this.#files;
    if (!file || others.length > 0) return null;
    const known = await earlierRows(this.#stream, this.#context, file, before, this.#version ?? '');
    if (!known) return null;
    this.#notes = new Notes();
    const { plan, sort } = await this.#plan(file);
    if (readingDigest(plan, sort !== null) !== known.reading) return null;
    const end = sizeIn(this.#signatures?.[0] ?? '');
    const tail = await planOfTail(this.#context, plan, known.bytes, end);
    if (tail === null) return null;
    const refuse: Skip = (_, error) => {
      throw error;
    };
    const tables: Table[] = [];
    for await (const table of this.#readFile(tail, null, tail.relation.columns, refuse, known.last)) {
      if (table.ts.length > 0) tables.push(table);
    }
    const notes = this.#notes.list();
    if (!areByRow(notes)) return null;
    return { tables, after: known.last, reading: known.reading, notes: addNotes(known.notes ?? [], notes) };
  }

  async bounds() {
    let first: number | null = null;
    let last = Number.NaN;
    for await (const { ts } of this.read({ start: -Infinity, end: Infinity }, () => undefined)) {
      first ??= ts[0] ?? null;
      last = ts.at(-1) ?? last;
    }
    return first === null ? null : { first, last };
  }

  /** The files with the rows of all symbols. */
  async symbolTables(): Promise<readonly SymbolTable[]> {
    const tables: SymbolTable[] = [];
    for (const file of this.#files) {
      const { relation, all, symbol } = (await this.#plan(file)).plan;
      tables.push({ shown: file.shown, relation, all, raw: `c${symbol ?? 0}` });
    }
    return tables;
  }

  notes(): readonly SourceNote[] {
    return this.#notes.list();
  }

  async taken(): Promise<SourceTaken> {
    const [file] = this.#files;
    if (!file) throw new RangeError('A CSV source has a file.');
    return takenOf((await this.#plan(file)).plan);
  }

  async *read(range: Range, skip?: (row: SkippedRow) => void): AsyncGenerator<Table> {
    const signatures = this.#signatures ?? (await signaturesOf(this.#stream, this.#context, this.#files));
    const tail = this.#tail !== null && range.start > this.#tail.after ? this.#tail : null;
    this.#notes = new Notes(tail?.notes);
    this.#reading = tail?.reading ?? null;
    let last = tail?.after ?? Number.NaN;
    try {
      // A faulty row matters only to reads of its own time.
      const skipOrThrow: Skip = (where, error) => {
        this.#reading = null;
        if (where === null || (!skip && !isEmpty(intersection(where, range)))) throw error;
        if (!skip) return;
        this.#notes.add(UNREADABLE, 1, error.message);
        skip({ range: where, error });
      };
      for await (const table of tail?.tables ?? this.#rows(skipOrThrow)) {
        last = table.ts.at(-1) ?? last;
        const wanted = sliceTableByTime(table, range.start, range.end);
        if (wanted.ts.length > 0) yield wanted;
      }
    } catch (error) {
      // If the file was rewritten while it was read, say so rather than call it malformed.
      await this.#refuseChanged(signatures);
      await this.#refuseChanged(this.#opened);
      for (const file of this.#files) await refuseEmptied(this.#stream, this.#context, file);
      throw error;
    }
    await this.#refuseChanged(signatures);
    this.#remember(last);
  }

  /** Keeps what `sameUntil` needs, after a read without faults. */
  #remember(last: Seconds): void {
    const [signature] = this.#signatures ?? [];
    if (this.#version === null || this.#reading === null || signature === undefined) return;
    const notes = this.#notes.list();
    if (!Number.isFinite(last) || !areByRow(notes)) return;
    const rows = {
      reading: this.#reading,
      bytes: sizeIn(signature),
      last,
      ...(notes.length > 0 && { notes }),
    };
    keepRows(this.#context.hints, this.#version, rows);
  }

  async #refuseChanged(signatures: readonly string[]): Promise<void> {
    for (const [index, file] of this.#files.entries()) {
      await refuseChanged(this.#stream, this.#context.projectRoot, file, signatures[index] ?? '');
    }
  }

  async *#rows(skip: Skip): AsyncGenerator<Table> {
    const planned: PlannedFile[] = [];
    for (const file of this.#files) planned.push(await this.#plan(file));
    const columns = commonColumns(this.#stream, planned);
    const [only] = planned;
    if (only && planned.length === 1) {
      this.#reading = readingDigest(only.plan, only.sort !== null);
      yield* this.#readFile(only.plan, only.sort, columns, skip);
      return;
    }
    const parts = planned.map(({ plan, first, sort }): Part => ({
      shown: plan.reading.file.shown,
      first,
      read: () => this.#readFile(plan, sort, columns, skip),
    }));
    yield* joinParts(this.#stream, parts, this.#settings.time.conformance, this.#notes);
  }

  async #plan(file: SourceFile): Promise<PlannedFile> {
    const plan = await planCsv(this.#stream, this.#context, this.#settings, file);
    const { database } = this.#context;
    const opens = await firstOpens(this.#stream, database, plan);
    const reading = adjusted(this.#stream, this.#settings.time, plan.relation.reading, opens);
    const adjustedPlan = { ...plan, relation: { ...plan.relation, reading } };
    await refuseSymbols(this.#stream, database, adjustedPlan);
    refuseWideSpacing(this.#stream, opens, file.shown);
    const newest = isNewestFirst(this.#stream, opens, this.#settings.time.timeZone !== null);
    if (newest) this.#notes.add(NEWEST_FIRST, 1, file.shown);
    const first = opens.reduce((a, b) => Math.min(a, b), Infinity);
    const permissive = this.#settings.time.conformance === 'permissive';
    if (permissive) await countBadCells(database, adjustedPlan, this.#notes);
    const sort = newest ? 'newest first' : permissive ? 'by time' : null;
    // Newest row first: the oldest bar is at the end of the file.
    return {
      plan: adjustedPlan,
      first: sort && this.#files.length > 1 ? await earliestOpen(database, adjustedPlan) : first,
      sort,
    };
  }

  /**
   * The bars of one file, sorted and checked, with the columns that all files have.
   * @param previous open of the last bar before this file; NaN: none
   */
  async *#readFile(
    plan: CsvPlan,
    sort: Sorting,
    columns: readonly SelectedColumn[],
    skip: Skip,
    previous = Number.NaN,
  ): AsyncGenerator<Table> {
    const { time } = this.#settings;
    const explain = (fault: BarFault): Promise<SeamlessError> => this.#explain(plan, fault);
    const check = new BarCheck(this.#stream, time.stamp, previous);
    const around = new RowsAround(this.#stream, check, time.stamp, explain, skip);
    const cleaner = new Cleaner(this.#stream, this.#notes);
    const folded =
      time.timeZone === null
        ? null
        : new FoldedHour(time.timeZone, stampedAfter(this.#stream, time), previous, isTicks(this.#stream));
    const order = sort ? orderSql(this.#stream, sort === 'newest first') : '';
    const relation = aligned(plan, columns);
    const rounded = new Rounded(this.#stream, time, this.#notes);
    const selected = `SELECT ${selectBars(relation)}${sort ? placeSql(this.#stream, sort === 'newest first') : ''}`;
    const connection = await this.#context.database.connect();
    try {
      for await (const exact of this.#streamed(
        connection,
        plan,
        selected,
        order,
        selectedColumns(relation),
        skip,
      )) {
        const read = rounded.told(exact);
        const table = folded && sort !== 'by time' ? folded.told(read) : read;
        if (time.conformance === 'permissive') {
          yield cleaner.clean(table);
          continue;
        }
        yield await around.next(table);
      }
      around.end();
    } catch (error) {
      if (error instanceof SeamlessError) throw error;
      throw await explainCsvFailure(this.#stream, this.#context.database, plan.reading, error);
    } finally {
      connection.closeSync();
    }
  }

  /** The rows of a file. Where some lines cannot be read, the other lines' rows; `skip` learns what the faulty lines hide. */
  async *#streamed(
    connection: DuckDBConnection,
    plan: CsvPlan,
    selected: string,
    order: string,
    columns: readonly SelectedColumn[],
    skip: Skip,
  ): AsyncGenerator<Table> {
    const permissive = this.#settings.time.conformance === 'permissive';
    const leaveOut: Skip = (_, error) => {
      this.#notes.add('lines that are not rows left out', 1, error.message);
    };
    const rows = (from: string): AsyncGenerator<Table> =>
      streamTables(connection, `${selected} FROM ${from}${order}`, columns);
    let rejects: readonly Reject[] = [];
    const { unmarked, relation } = plan;
    for (const from of unmarked === null ? [relation.from] : [unmarked, relation.from]) {
      let begun = false;
      try {
        for await (const table of rows(from)) {
          begun = true;
          yield table;
        }
        return;
      } catch (error) {
        if (begun) throw error;
        if (from !== unmarked) rejects = await rejectsOf(this.#stream, connection, plan, error);
      }
    }
    yield* streamTables(connection, `${selected} FROM ${withoutRejects(plan)}${order}`, columns);
    await accountForRejects(
      this.#stream,
      connection,
      plan,
      rejects,
      this.#notes,
      permissive ? leaveOut : skip,
    );
  }

  async #explain(plan: CsvPlan, fault: BarFault): Promise<SeamlessError> {
    const { file, layout, time } = plan.reading;
    const { symbol } = this.#settings;
    const { line, text } =
      symbol === null ? await findLine(plan.text, layout, fault.row) : { line: 0, text: '' };
    const name = layout.names[time] ?? '';
    return barError(this.#stream, fault, {
      // Row positions in a symbol's rows are not positions in the file.
      row:
        symbol === null
          ? `line ${line} of ${file.shown}`
          : `row ${fault.row + 1} of ${symbol} in ${file.shown}`,
      cell: splitLine(text, layout.delimiter)[time]?.trim() || null,
      write: `${WRITE_TIMES}; or leave such rows out and count them, with conformance: 'permissive'`,
      sort: `Sort the file by ${name}, let conformance: 'permissive' do it, or read it through sqlHistory, which sorts.`,
      seconds: 'Say which with the option timeUnit.',
    });
  }
}
