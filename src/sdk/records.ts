import { SeamlessError } from './errors.js';
import { columnIndex, type RowValue } from './table.js';

type Row = Readonly<Record<string, RowValue>>;

/** Makes the rows of one input: records whose field names may differ in case if that is unambiguous. */
export interface RowMaker {
  /** A row of columns that hold only non-null numbers. */
  ofNumbers(columns: readonly Float64Array[], row: number): Row;
  /** A row of these cells, in the order of the names. */
  ofCells(cells: readonly RowValue[]): Row;
}

/** Names that JavaScript or a printer asks of any object. A column with such a name is its own field. */
const ASKED_OF_ANY = new Set(['then', 'toJSON', 'length', 'inspect', 'nodeType', 'asymmetricMatch']);

const rowPrototypes = new WeakSet();

/** Whether an object with this prototype is a row from a `RowMaker`. */
export function isRowPrototype(prototype: object): boolean {
  return rowPrototypes.has(prototype);
}

/**
 * Compiles a maker of rows. A class with the columns as its fields makes a row nearly as fast as a literal, which matters for
 * every bar; an existing field never reaches the prototype.
 * @param input owner of the rows, for error messages
 */
export function rowMaker(input: string, names: readonly string[]): RowMaker {
  const fields = names.map((name, i) => `${fieldKey(name, i)} = columns ? columns[${i}][row] : cells[${i}];`);
  const body = `
    let columns, row, cells;
    class Row { ${fields.join('\n')} }
    return {
      Row,
      ofNumbers(given, at) { columns = given; row = at; const made = new Row(); columns = undefined; return made; },
      ofCells(given) { cells = given; const made = new Row(); cells = undefined; return made; },
    };`;
  const { Row, ...maker } = compiled('names', body)(names) as RowMaker & { readonly Row: NewableFunction };
  const prototype = Row.prototype as object;
  // A row should look like a plain record from outside.
  Reflect.deleteProperty(prototype, 'constructor');
  Object.setPrototypeOf(prototype, new Proxy(Object.freeze({}), finder(input, names)));
  Object.freeze(prototype);
  rowPrototypes.add(prototype);
  return maker;
}

/** A field in literal syntax is defined much faster; a class may not use this name so. */
function fieldKey(name: string, position: number): string {
  return name === 'constructor' ? `[names[${position}]]` : JSON.stringify(name);
}

/** Handles names that are no fields of a row. */
function finder(input: string, names: readonly string[]): ProxyHandler<object> {
  const found = new Map<string, string | null>();
  const find = (name: string): string | null => {
    const known = found.get(name);
    if (known !== undefined) return known;
    const column = names[columnIndex(names, name)] ?? null;
    found.set(name, column);
    return column;
  };
  return {
    get(target, name, row) {
      if (typeof name === 'symbol') return Reflect.get(target, name, row) as unknown;
      const column = find(name);
      if (column !== null) return Reflect.get(row as object, column) as unknown;
      if (name in target || ASKED_OF_ANY.has(name)) return Reflect.get(target, name, row) as unknown;
      throw unknownColumn(input, names, name);
    },
    has: (target, name) => name in target || (typeof name === 'string' && find(name) !== null),
  };
}

/** The error for an unknown column, with the existing names. */
export function unknownColumn(input: string, names: readonly string[], name: string): SeamlessError {
  const alike = names.filter((each) => each.toLowerCase() === name.toLowerCase());
  const hint = alike.length > 1 ? `: ${alike.join(' and ')} differ by case alone, so write one as it is` : '';
  return new SeamlessError(
    'unknown-column',
    `${input} has no column ${JSON.stringify(name)}${hint}; it has ${names.join(', ') || 'none'}.`,
  );
}

/** Copies a flat record (a literal or a row) with exactly these fields in order; null for anything else. */
export type FlatCopier = (record: object) => object | null;

/** Captured before any author code runs: copiers are compiled after steps, which may have changed these. */
const KEPT = {
  isScalar,
  isRowPrototype,
  isArray: Array.isArray,
  getPrototypeOf: Object.getPrototypeOf,
  literal: Object.prototype,
};

/** How many lists of fields keep their copier: most strategies have a few. */
const COPIERS_KEPT = 64;

const copiers = new Map<string, FlatCopier>();

/**
 * The function that copies flat records with these fields; null if a name is impossible in a literal. Cached, since every chunk
 * of a scan asks for it and newly compiled functions are slow at first.
 */
export function flatCopier(names: readonly string[]): FlatCopier | null {
  if (!areLiteral(names)) return null;
  const fields = JSON.stringify(names);
  const known = copiers.get(fields);
  if (known) return known;
  if (copiers.size === COPIERS_KEPT) copiers.clear();
  const made = compileCopier(names);
  copiers.set(fields, made);
  return made;
}

/** Copies have the prototype of a literal or of a row. That is checked last, when V8 knows the shape from the reads. */
function compileCopier(names: readonly string[]): FlatCopier {
  const keys = names.map((name) => JSON.stringify(name));
  const reads = keys.map(
    (key, i) =>
      `const v${i} = record[${key}]; if (typeof v${i} !== 'number' && !isScalar(v${i})) return null;`,
  );
  const body = `
    const { isScalar, isRowPrototype, isArray, getPrototypeOf, literal } = kept;
    return (record) => {
      let at = 0;
      for (const key in record) if (key !== names[at++]) return null;
      if (at !== ${names.length}) return null;
      ${reads.join('\n')}
      const prototype = getPrototypeOf(record);
      if ((prototype !== literal && !isRowPrototype(prototype)) || isArray(record)) return null;
      return { ${keys.map((key, i) => `${key}: v${i}`).join(', ')} };
    };`;
  return compiled('names, kept', body)(names, KEPT) as FlatCopier;
}

function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'number' || type === 'string' || type === 'boolean' || value === null;
}

function areLiteral(names: readonly string[]): boolean {
  return names.length > 0 && !names.includes('__proto__');
}

function compiled(parameters: string, body: string): (...values: readonly unknown[]) => unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- only JSON-quoted names come from the author
  return new Function(parameters, `'use strict'; ${body}`) as (...values: readonly unknown[]) => unknown;
}
