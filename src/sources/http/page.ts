import type { OpenStream } from '../../engine/ports/source.js';
import { columnOfCells, type Column, type Table } from '../../sdk/table.js';
import { formatRange, parseTime, type Range, type Seconds } from '../../sdk/time/time.js';
import { BarCheck, barError, rowError } from '../faults.js';
import { isRecord } from '../options.js';
import type { HttpSettings, RowPlaces, TimeUnit } from './settings.js';

const PER_SECOND: Readonly<Record<Exclude<TimeUnit, 'iso'>, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** How a time is written in an address. @param before write the last instant before it, in the exchange's unit */
export function timeText(seconds: Seconds, unit: TimeUnit, before: boolean): string {
  if (unit === 'iso') return new Date(seconds * 1000 - (before ? 1 : 0)).toISOString();
  const whole = BigInt(Math.round(seconds)) * BigInt(PER_SECOND[unit]);
  return String(before ? whole - 1n : whole);
}

/**
 * The bars of an answer, ascending and on the grid, whatever range they cover.
 * @throws SeamlessError `source-row` where it is no page of bars
 */
export function pageOf(
  stream: OpenStream,
  settings: Pick<HttpSettings, 'rows' | 'places' | 'timeUnit'>,
  json: unknown,
  asked: Range,
): Table {
  const { rows: path, places, timeUnit } = settings;
  const page = new PageReader(stream, places, timeUnit, `the page of ${formatRange(asked)}`);
  return page.read(listIn(stream, json, path, page.what));
}

function listIn(
  stream: OpenStream,
  json: unknown,
  path: readonly string[],
  what: string,
): readonly unknown[] {
  let at = json;
  for (const key of path)
    at = isRecord(at) || Array.isArray(at) ? (at as Record<string, unknown>)[key] : undefined;
  if (Array.isArray(at)) return at;
  const lists = path.length === 0 && isRecord(json) ? listsIn(json) : [];
  const text = JSON.stringify(json);
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  const hint =
    lists.length > 0
      ? `say where its rows are: rows: '${lists[0] ?? ''}'`
      : 'say where its rows are with rows, or check the address';
  const where = path.length > 0 ? ` at ${path.join('.')}` : '';
  throw rowError(stream, `${what} is no list of bars${where} but ${shown}: ${hint}.`);
}

/** Paths of the lists in an answer, outermost first. */
function listsIn(json: Record<string, unknown>, depth = 2): string[] {
  const own = Object.entries(json);
  const here = own.filter(([, value]) => Array.isArray(value)).map(([key]) => key);
  if (depth === 0) return here;
  return [
    ...here,
    ...own.flatMap(([key, value]) =>
      isRecord(value) ? listsIn(value, depth - 1).map((each) => `${key}.${each}`) : [],
    ),
  ];
}

class PageReader {
  readonly what: string;
  readonly #stream: OpenStream;
  readonly #places: RowPlaces;
  readonly #unit: TimeUnit;

  constructor(stream: OpenStream, places: RowPlaces, unit: TimeUnit, what: string) {
    this.#stream = stream;
    this.#places = places;
    this.#unit = unit;
    this.what = what;
  }

  read(rows: readonly unknown[]): Table {
    const { time, columns } = this.#places;
    const size = rows.length;
    const ts = Float64Array.from(rows, (row, index) =>
      this.#time(this.#cell(row, index, time, 'time'), index),
    );
    const newestFirst = size > 1 && (ts[0] as number) > (ts[size - 1] as number);
    const order = [...rows.keys()];
    if (newestFirst) {
      order.reverse();
      ts.reverse();
    }
    const fault = new BarCheck(this.#stream, 'open').next(ts);
    if (fault) {
      const at = order[fault.row] as number;
      throw barError(this.#stream, fault, {
        row: `row ${at + 1} of ${this.what}`,
        cell: String(this.#cell(rows[at], at, time, 'time')),
        write: 'say which value is the time with columns, and how it is written with timeUnit',
        sort: 'A page must be in order, oldest or newest first.',
        seconds: "Say how its times are written with timeUnit: 's', 'ms', 'us', 'ns' or 'iso'.",
      });
    }
    return {
      shape: 'record',
      ts,
      names: columns.map(({ name }) => name),
      columns: columns.map(({ name, at }) => this.#column(rows, order, name, at)),
      present: null,
    };
  }

  #column(rows: readonly unknown[], order: readonly number[], name: string, at: number | string): Column {
    const cells = order.map((from) => {
      const cell = this.#cell(rows[from], from, at, name);
      return cell === null ? null : this.#number(cell, from, name);
    });
    return columnOfCells('number', cells);
  }

  #cell(row: unknown, index: number, at: number | string, name: string): unknown {
    const { form, least, columns } = this.#places;
    if (form === 'list') {
      if (Array.isArray(row)) {
        if (row.length >= least) return row[at as number] ?? null;
        throw this.#fault(
          index,
          `has ${row.length} values, but columns names ${least}: if the exchange changed its answer, say so with columns`,
        );
      }
      const fields = isRecord(row) ? Object.keys(row) : [];
      if (fields.length === 0) throw this.#fault(index, `is ${show(row)}, not a list of values`);
      const example = fields.slice(0, 3).join(', ');
      throw this.#fault(
        index,
        `is a record with ${example}…: say which field is which, such as columns: ${columnsFor(fields)}`,
      );
    }
    if (!isRecord(row))
      throw this.#fault(
        index,
        `is ${show(row)}, but columns names fields of a record: name its values in their order instead, such as columns: ['time', '${columns[0]?.name ?? 'close'}']`,
      );
    if (!(at in row))
      throw this.#fault(
        index,
        `has no field ${at} for ${name}: it has ${Object.keys(row).slice(0, 12).join(', ')}; say so with columns`,
      );
    return row[at] ?? null;
  }

  #time(cell: unknown, index: number): Seconds {
    if (this.#unit === 'iso') {
      if (typeof cell !== 'string') return Number.NaN;
      try {
        return parseTime(cell);
      } catch {
        throw this.#fault(
          index,
          `has ${show(cell)} for a time, which is not ISO-8601: say what it is with timeUnit`,
        );
      }
    }
    const number = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : cell;
    if (typeof number !== 'number') return Number.NaN;
    const time = number / PER_SECOND[this.#unit];
    // Seconds read as milliseconds would be in January 1970.
    if (number > 1e8 && time < 1e8)
      throw this.#fault(
        index,
        `has the time ${show(cell)}, which cannot be in ${this.#unit}: say timeUnit: '${number < 1e11 ? 's' : 'ms'}'`,
      );
    return time;
  }

  #number(cell: unknown, index: number, name: string): number {
    if (typeof cell === 'number') return cell;
    const number = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN;
    if (!Number.isNaN(number) || cell === 'NaN') return number;
    throw this.#fault(
      index,
      `has ${show(cell)} for ${name}, which is not a number: leave it out with '' in its place in columns`,
    );
  }

  #fault(index: number, sentence: string) {
    return rowError(this.#stream, `row ${index + 1} of ${this.what} ${sentence}.`);
  }
}

const USUAL_FIELDS = [
  ['time', /^(?:t|ts|time|timestamp|date|open_?time|start)$/i],
  ['open', /^o(?:pen)?$/i],
  ['high', /^h(?:igh)?$/i],
  ['low', /^l(?:ow)?$/i],
  ['close', /^c(?:lose)?$/i],
  ['volume', /^v(?:ol|olume)?$/i],
] as const;

/** Options that read fields by what they are usually called. A field that could be anything keeps its own name. */
function columnsFor(fields: readonly string[]): string {
  const found = USUAL_FIELDS.flatMap(([name, pattern]) => {
    const field = fields.find((each) => pattern.test(each));
    return field === undefined ? [] : [[name, field] as const];
  });
  const time = found.find(([name]) => name === 'time') ?? (['time', fields[0] ?? 't'] as const);
  const rest = found.filter(([name]) => name !== 'time');
  const other = fields.find((field) => field !== time[1]) ?? 'close';
  const pairs = [time, ...(rest.length > 0 ? rest : [[other, other] as const])];
  return `{ ${pairs.map(([name, field]) => `${name}: '${field}'`).join(', ')} }`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
