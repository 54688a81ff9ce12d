import type { Schema } from '../../../../engine/ports/host.js';
import { LONE_SURROGATE } from '../../../../sdk/dag-node.js';
import { SeamlessError } from '../../../../sdk/errors.js';
import { bytes, floats } from '../../../../sdk/memory.js';
import { emptyTable, nullColumn, VALUE_COLUMN, type Column, type Table } from '../../../../sdk/table.js';
import type { Seconds } from '../../../../sdk/time/time.js';
import { barText } from '../failures.js';
import { ColumnBuilder, cut } from './column-builder.js';
import {
  isPlainObject,
  jsonText,
  refuseUndefined,
  scalarKind,
  valueKind,
  type ScalarKind,
} from './values.js';

/** Fields that would hide what every row has, or that no column can be named. */
const RESERVED_FIELDS: readonly string[] = ['ts', '', '__proto__'];

const ONE_TYPE = 'return one type for every bar, and null where there is no value';

interface RowBuilderOptions {
  readonly node: string;
  /** The stamp of each firing's row, if it has one. */
  readonly opens: Float64Array;
  /** Columns of the rows that the node has emitted before; null when there are none. */
  readonly expected: Schema | null;
}

/**
 * Collects what a node emits, firing by firing, into a table. Scalars make a table of one column; records, whose
 * fields are all scalars, one column per field, in the order of their names; arrays and nested objects one column of JSON.
 */
export class RowBuilder {
  readonly #node: string;
  readonly #opens: Float64Array;
  readonly #capacity: number;
  /** Stamps of the rows so far; null while each firing had one. */
  #ts: Float64Array | null = null;
  #firing = 0;
  /** The one column's cells while rows are numbers: the fast path. */
  #numbers: Float64Array | null = null;
  #rows = 0;
  /** `open` while all rows are null, which any shape can hold. */
  #shape: 'open' | Table['shape'] = 'open';
  #names: readonly string[] = [];
  #columns: readonly ColumnBuilder[] = [];
  #present: Uint8Array | null = null;
  #asOf: Seconds = 0;

  constructor({ node, opens, expected }: RowBuilderOptions) {
    this.#node = node;
    this.#opens = opens;
    const capacity = opens.length;
    this.#capacity = capacity;
    if (expected && isSettled(expected)) {
      this.#shape = expected.shape;
      this.#names = expected.names;
      this.#columns = expected.types.map((type) => new ColumnBuilder(capacity, type, 0));
      this.#noteNumbers();
    }
  }

  get rows(): number {
    return this.#rows;
  }

  /** The rows so far where all of them are numbers; else none. Not to be written to. */
  get numbers(): Float64Array {
    return this.#numbers?.subarray(0, this.#rows) ?? new Float64Array(0);
  }

  /**
   * Adds what the next firing emitted; `undefined` adds no row.
   * @throws SeamlessError `value` when it cannot be stored, or not beside the rows before it.
   */
  add(asOf: Seconds, value: unknown): void {
    const row = this.#rows;
    if (typeof value === 'number' && this.#numbers !== null) this.#numbers[row] = value;
    else if (value === undefined) {
      this.#skip();
      return;
    } else this.#addAny(asOf, value);
    if (this.#ts !== null) this.#ts[row] = this.#opens[this.#firing] as Seconds;
    this.#firing++;
    this.#rows = row + 1;
  }

  /**
   * Adds one number per firing. A shortcut for `add`, and as strict.
   * @throws SeamlessError `value` when the rows before are no numbers.
   */
  addNumbers(asOf: Float64Array, values: Float64Array): void {
    const [first] = values;
    if (first === undefined) return;
    const row = this.#rows;
    // The first number checks the type for all.
    this.add(asOf[0] as Seconds, first);
    this.#columns[0]?.putNumbers(row, values);
    this.#stamp(asOf.length);
  }

  /**
   * Adds one record of numbers per firing, given as columns. A shortcut for `add`, and as strict.
   * @throws SeamlessError `value` when the rows before are of another kind.
   */
  addNumberRecords(asOf: Float64Array, fields: Readonly<Record<string, Float64Array>>): void {
    if (asOf.length === 0) return;
    const row = this.#rows;
    const first = Object.entries(fields).map(([name, values]) => [name, values[0]]);
    this.add(asOf[0] as Seconds, Object.fromEntries(first));
    this.#names.forEach((name, index) => this.#columns[index]?.putNumbers(row, fields[name] as Float64Array));
    this.#stamp(asOf.length);
  }

  /** The rows of many firings, of which the first is in already. */
  #stamp(count: number): void {
    const more = count - 1;
    this.#ts?.set(this.#opens.subarray(this.#firing, this.#firing + more), this.#rows);
    this.#firing += more;
    this.#rows += more;
  }

  #skip(): void {
    if (this.#ts === null) {
      this.#ts = floats(this.#capacity);
      this.#ts.set(this.#opens.subarray(0, this.#rows));
    }
    this.#firing++;
  }

  /** The rows so far. Call it once, last. */
  finish(): Table {
    const rows = this.#rows;
    const ts = this.#ts ? cut(this.#ts, rows) : this.#opens.subarray(0, rows);
    if (this.#shape === 'open') {
      if (rows === 0) return emptyTable();
      return { shape: 'value', ts, names: [VALUE_COLUMN], columns: [nullColumn(rows)], present: null };
    }
    const columns = this.#columns.map((column): Column => column.finish(rows));
    const present = this.#present ? cut(this.#present, rows) : null;
    return { shape: this.#shape, ts, names: this.#names, columns, present };
  }

  #addAny(asOf: Seconds, value: unknown): void {
    this.#asOf = asOf;
    if (this.#shape === 'record' && this.#addRecord(value)) return;
    const kind = valueKind(value, this.#refuse);
    if (this.#shape === 'open') {
      if (kind === 'null') return;
      if (kind === 'record') this.#openRecord(Object.keys(value as object));
      else this.#openValue(kind);
    }
    if (this.#shape === 'record') {
      if (!this.#addRecord(value)) this.#refuse(describe(kind, value), this.#differs());
      return;
    }
    this.#addValue(kind, value);
    this.#noteNumbers();
  }

  #openValue(kind: ScalarKind | 'json'): void {
    this.#shape = 'value';
    this.#names = [VALUE_COLUMN];
    this.#columns = [new ColumnBuilder(this.#capacity, kind, this.#rows)];
  }

  #openRecord(names: readonly string[]): void {
    const reserved = names.find((name) => RESERVED_FIELDS.includes(name));
    if (reserved !== undefined) {
      this.#refuse(
        `a record with a field named ${JSON.stringify(reserved)}`,
        'that name is taken, so choose another for the field',
      );
    }
    for (const name of names) this.#checkText(name, ' as the name of a field');
    this.#shape = 'record';
    // By name: which record comes first, with its fields as its code happens to order them, depends on the range.
    this.#names = [...names].sort();
    this.#columns = names.map(() => new ColumnBuilder(this.#capacity, 'null', this.#rows));
    if (this.#rows > 0) this.#present = bytes(this.#capacity).fill(1, this.#rows);
  }

  #addValue(kind: ScalarKind | 'record' | 'json', value: unknown): void {
    const [column] = this.#columns;
    const isObject = kind === 'record' || kind === 'json';
    if (kind === 'string') this.#checkText(value as string, '');
    // A flat object among nested ones is JSON as well.
    const fits =
      column?.type === 'json' && isObject
        ? column.put(this.#rows, 'json', jsonText(value, this.#refuse))
        : !isObject && column?.put(this.#rows, kind, value);
    if (!fits) this.#refuse(describe(kind, value), this.#differs());
  }

  /** Adds a record or a null among records; false when it is neither, or its fields are not all scalars. */
  #addRecord(value: unknown): boolean {
    if (value === null) {
      this.#present ??= bytes(this.#capacity).fill(1);
      this.#present[this.#rows] = 0;
      for (const column of this.#columns) column.put(this.#rows, 'null', null);
      return true;
    }
    if (!isPlainObject(value)) return false;
    const names = this.#names;
    if (Object.keys(value).length !== names.length) return this.#refuseFields(value);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const field = value[name];
      if (field === undefined) return this.#refuseFields(value);
      const kind = scalarKind(field);
      if (kind === null) return false;
      if (kind === 'string') this.#checkText(field as string, ` in field ${name}`);
      const column = this.#columns[i] as ColumnBuilder;
      if (!column.put(this.#rows, kind, field)) {
        this.#refuse(
          `${describe(kind, field)} in field ${name}`,
          `its rows so far hold ${PLURALS[column.type]} there; ${ONE_TYPE}`,
        );
      }
    }
    return true;
  }

  /** No file and no SQL can hold half of a character: it would become another text there. JSON writes it as an escape. */
  #checkText(text: string, where: string): void {
    if (!LONE_SURROGATE.test(text)) return;
    this.#refuse(
      `a text with half of a character (a lone surrogate)${where}`,
      'cut texts between whole characters, or return text.toWellFormed()',
    );
  }

  #refuseFields(value: Readonly<Record<string, unknown>>): never {
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) refuseUndefined(name, this.#refuse);
    }
    return this.#refuse(
      describe('record', value),
      `its rows so far have the fields (${this.#names.join(', ')}); return the same fields for every bar, and null where there is no value`,
    );
  }

  #differs(): string {
    const [column] = this.#columns;
    const held =
      this.#shape === 'record' ? `records (${this.#names.join(', ')})` : PLURALS[column?.type ?? 'null'];
    return `its rows so far hold ${held}; ${ONE_TYPE}`;
  }

  #noteNumbers(): void {
    this.#numbers = this.#shape === 'value' ? (this.#columns[0]?.numbers ?? null) : null;
  }

  readonly #refuse = (gave: string, advice: string): never => {
    throw new SeamlessError(
      'value',
      `Node ${this.#node} gave ${gave} at the ${barText(this.#opens[this.#firing] as Seconds, this.#asOf)}: ${advice}.`,
      {
        node: this.#node,
        asOf: this.#asOf,
      },
    );
  };
}

/** A schema of nothing but nulls leaves the shape open. */
function isSettled(schema: Schema): boolean {
  return schema.names.length > 0 && (schema.shape === 'record' || schema.types[0] !== 'null');
}

const PLURALS: Readonly<Record<Column['type'], string>> = {
  null: 'nulls',
  number: 'numbers',
  boolean: 'booleans',
  string: 'texts',
  json: 'arrays or nested objects',
};

function describe(kind: ScalarKind | 'record' | 'json', value: unknown): string {
  switch (kind) {
    case 'null':
      return 'null';
    case 'string':
      return 'a text';
    case 'record':
      return `a record (${Object.keys(value as object).join(', ')})`;
    case 'json':
      return Array.isArray(value) ? 'an array' : 'a nested object';
    default:
      return `a ${kind}`;
  }
}
