import type { OpenStream, SourceReader } from '../engine/ports/source.js';
import { LONE_SURROGATE } from '../sdk/dag-node.js';
import { messageOf, SeamlessError } from '../sdk/errors.js';
import type { HistoryProvider, HistoryRow } from '../sdk/providers/providers.js';
import { ceilToSlot, floorToSlot, lastOpenBy } from '../sdk/time/grid.js';
import { columnOfCells, sliceTableByTime, type Column, type ColumnType, type Table } from '../sdk/table.js';
import { formatRange, formatTime, type Range } from '../sdk/time/time.js';
import { BarCheck, barError, rowError, sourceError, type BarFault } from './faults.js';

/** Bars per call of `fetch`, so that memory stays flat over a long range. */
const BARS_PER_FETCH = 100_000;

/**
 * Reads bars through an author's own provider, under the same rules as files: ascending, unique, on the grid, in seconds. A
 * column that a row lacks is null there.
 */
export function customReader(provider: HistoryProvider, stream: OpenStream): SourceReader {
  if (typeof provider.fetch !== 'function') {
    throw sourceError(
      stream,
      `its provider ${provider.kind} has no fetch: write one that returns the bars of a range.`,
    );
  }
  return new CustomReader(provider, stream);
}

class CustomReader implements SourceReader {
  readonly whole = false;
  readonly #provider: HistoryProvider;
  readonly #stream: OpenStream;
  /** Columns seen so far with their types. Later rows may have no others. */
  #columns: Map<string, ColumnType> | null = null;

  constructor(provider: HistoryProvider, stream: OpenStream) {
    this.#provider = provider;
    this.#stream = stream;
  }

  async version(): Promise<string | null> {
    const { version } = this.#provider;
    if (!version) return null;
    const told: unknown = await this.#call('version', () => version.call(this.#provider));
    if (typeof told === 'string') return told;
    throw sourceError(
      this.#stream,
      `version of its provider must return a text, but returned ${show(told)}.`,
    );
  }

  async bounds() {
    const { bounds } = this.#provider;
    if (!bounds) return this.#anyTime();
    const told = await this.#call('bounds', () => bounds.call(this.#provider));
    if (told === null) return null;
    const { first, last } = told;
    for (const [name, time] of Object.entries({ first, last })) {
      const fault = new BarCheck(this.#stream, 'open').next(Float64Array.of(time));
      if (fault) throw this.#fault(fault, `the ${name} bar of bounds`, time);
    }
    if (first > last) {
      throw sourceError(
        this.#stream,
        `bounds of its provider end, at ${formatTime(last)}, before they start, at ${formatTime(first)}.`,
      );
    }
    return { first, last };
  }

  /** A provider without bounds may have any bar that has closed, from 1970 on. */
  #anyTime() {
    const first = ceilToSlot(0, this.#stream);
    const last = lastOpenBy(floorToSlot(Date.now() / 1000, this.#stream), this.#stream);
    return last >= first ? { first, last } : null;
  }

  async *read(range: Range): AsyncGenerator<Table> {
    const base = BARS_PER_FETCH * this.#stream.interval;
    let step = base;
    for (let start = range.start; start < range.end;) {
      // The range must be finite to be split into calls.
      const end = Number.isFinite(range.end - start) ? Math.min(start + step, range.end) : range.end;
      const part = { start, end };
      const table = sliceTableByTime(await this.#fetch(part), part.start, part.end);
      if (table.ts.length > 0) yield table;
      // Long gaps are crossed with few calls.
      step = table.ts.length > 0 ? base : step * 4;
      start = part.end;
    }
  }

  async #fetch(range: Range): Promise<Table> {
    const request = { ...range, interval: this.#stream.interval };
    const rows: unknown = await this.#call('fetch', () => this.#provider.fetch?.(request));
    if (!Array.isArray(rows)) {
      throw sourceError(
        this.#stream,
        `fetch of its provider must return an array of rows, but returned ${show(rows)}.`,
      );
    }
    const stranger = rows.findIndex((row) => typeof row !== 'object' || row === null);
    if (stranger >= 0) {
      throw rowError(
        this.#stream,
        `row ${stranger} that fetch returned for ${formatRange(range)} is ${show(rows[stranger])}: each must be a record with ts and the bar's columns.`,
      );
    }
    return this.#table(rows as readonly HistoryRow[], range);
  }

  #table(rows: readonly HistoryRow[], range: Range): Table {
    // A time that is no number becomes one that the check refuses; the message shows the original.
    const ts = Float64Array.from(rows, ({ ts: time }) => (typeof time === 'number' ? time : Number.NaN));
    const fault = new BarCheck(this.#stream, 'open').next(ts);
    const asked = formatRange(range);
    if (fault)
      throw this.#fault(fault, `row ${fault.row} that fetch returned for ${asked}`, rows[fault.row]?.ts);
    if (rows.length > 0) this.#columns ??= new Map(namesOf(rows).map((name) => [name, 'null']));
    const known = this.#columns ?? new Map<string, ColumnType>();
    const newcomer = namesOf(rows).find((name) => !known.has(name));
    if (newcomer !== undefined) {
      const row = rows.find((each) => newcomer in each);
      throw rowError(
        this.#stream,
        `the row of ${formatTime(row?.ts ?? Number.NaN)} has a column ${newcomer} that earlier rows had not: return the same columns for every range, null where there is no value.`,
      );
    }
    const names = [...known.keys()];
    for (const name of names) this.#checkText(name, rows[0], 'as the name of a column');
    return {
      shape: 'record',
      ts,
      names,
      columns: names.map((name) => this.#column(rows, name, known)),
      present: null,
    };
  }

  #column(rows: readonly HistoryRow[], name: string, known: Map<string, ColumnType>): Column {
    const type = this.#typeOf(rows, name, known.get(name) ?? 'null');
    known.set(name, type);
    return columnOfCells(
      type,
      rows.map((row) => row[name] ?? null),
    );
  }

  /** Files and SQL cannot hold a lone surrogate: it would be replaced. */
  #checkText(text: string, row: HistoryRow | undefined, where: string): void {
    if (!LONE_SURROGATE.test(text)) return;
    throw rowError(
      this.#stream,
      `the row of ${formatTime(row?.ts ?? Number.NaN)} has a text with half of a character (a lone surrogate) ${where}: cut texts between whole characters, or return text.toWellFormed().`,
    );
  }

  #typeOf(rows: readonly HistoryRow[], name: string, seen: ColumnType): ColumnType {
    let type = seen;
    for (const row of rows) {
      const cell: unknown = row[name];
      if (cell === null || cell === undefined) continue;
      const own = typeof cell;
      const fits = own === 'number' || own === 'boolean' || own === 'string';
      if (typeof cell === 'string') this.#checkText(cell, row, `in column ${name}`);
      if (fits && (type === 'null' || type === own)) {
        type = own;
        continue;
      }
      const expected =
        type === 'null' ? 'a number, a boolean, a text or null' : `a ${type}, as in the rows before`;
      throw rowError(
        this.#stream,
        `the row of ${formatTime(row.ts)} has ${show(cell)} in column ${name}, but must have ${expected}.`,
      );
    }
    return type;
  }

  #fault(fault: BarFault, row: string, time: unknown): SeamlessError {
    const seconds = `Return seconds: ${Math.floor(fault.time / 1000)}.`;
    const given = String(time);
    const cell = time === undefined || time === null ? null : given;
    return barError(this.#stream, fault, {
      row,
      cell,
      write: 'return ts in seconds after the epoch',
      sort: 'Return them sorted by ts.',
      seconds,
    });
  }

  async #call<T>(what: string, call: () => T | Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      // A compute-only violation already has its own sentence and line.
      if (error instanceof SeamlessError) throw error;
      const message = messageOf(error);
      throw sourceError(
        this.#stream,
        `${what} of its provider ${this.#provider.kind} threw: ${message}`,
        error,
      );
    }
  }
}

function namesOf(rows: readonly HistoryRow[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  names.delete('ts');
  // Which row comes first depends on the range.
  return [...names].sort();
}

function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
