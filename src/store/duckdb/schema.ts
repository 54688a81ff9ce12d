/** Raised whenever an older reader would misread the format. Older caches are set aside: there are no migrations. */
export const FORMAT_VERSION = 11;

/** The type of a catalog column; with `?`, it may be null. */
export type Kind = 'text' | 'text?' | 'number' | 'number?' | 'integer' | 'flag';

/**
 * The tables of the catalog, without keys or indexes: DuckDB maintains those row by row. Times are epoch seconds; wall-clock
 * times end in `_at`.
 */
export const TABLES = {
  meta: { key: 'text', value: 'text' },
  nodes: {
    fingerprint: 'text',
    own: 'text',
    kind: 'text',
    interval_s: 'number',
    phase_s: 'number',
    calendar: 'text?',
    label: 'text',
  },
  /** Calendars of nodes' grids, as JSON. */
  calendars: { key: 'text', rules: 'text' },
  node_inputs: {
    fingerprint: 'text',
    position: 'integer',
    input: 'text',
    lookback: 'number?',
    span_s: 'number?',
  },
  /** The parts that code hashes are made of, each stored once. */
  parts: {
    id: 'integer',
    key: 'text',
    kind: 'text',
    name: 'text',
    owner: 'text',
    title: 'text',
    file: 'text?',
    hash: 'text',
    text: 'text',
  },
  code_parts: { own: 'text', parts: 'text' },
  names: {
    strategy: 'text',
    node: 'text',
    position: 'integer',
    fingerprint: 'text',
    registered_at: 'number',
    replaced_at: 'number?',
    listed: 'flag',
  },
  runs: { strategy: 'text', start_ts: 'number', end_ts: 'number', ran_at: 'number' },
  uses: { strategy: 'text', used_at: 'number' },
  /** Strategies, or single nodes (null: all), whose rows no clean-up deletes. */
  pins: { strategy: 'text', node: 'text?' },
  packs: { id: 'integer', name: 'text', row_count: 'number', bytes: 'number' },
  /** `schema` and `layout` are JSON; a segment without rows and state has no pack. */
  segments: {
    id: 'integer',
    fingerprint: 'text',
    own: 'text',
    start_ts: 'number',
    end_ts: 'number',
    row_count: 'number',
    first_ts: 'number?',
    last_ts: 'number?',
    digest: 'text',
    input_digests: 'text',
    schema: 'text',
    pack: 'number?',
    layout: 'text',
    bytes: 'number',
    created_at: 'number',
  },
  coverage: { fingerprint: 'text', start_ts: 'number', end_ts: 'number', segment: 'integer', since: 'text?' },
  sources: {
    fingerprint: 'text',
    version: 'text?',
    first_ts: 'number?',
    last_ts: 'number?',
    notes: 'text?',
  },
} as const satisfies Readonly<Record<string, Shape>>;

/** Columns with their types. */
export type Shape = Readonly<Record<string, Kind>>;

interface Values {
  text: string;
  'text?': string | null;
  number: number;
  'number?': number | null;
  integer: number;
  flag: boolean;
}

/** A row of these columns. */
export type RowOf<S extends Shape> = { readonly [C in keyof S]: Values[S[C]] };

/** The same, by column. */
export type ColumnsOf<S extends Shape> = { readonly [C in keyof S]: readonly Values[S[C]][] };

export type TableName = keyof typeof TABLES;
export type Row<T extends TableName> = RowOf<(typeof TABLES)[T]>;

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

const SQL_TYPES: Readonly<Record<Kind, string>> = {
  text: 'VARCHAR',
  'text?': 'VARCHAR',
  number: 'DOUBLE',
  'number?': 'DOUBLE',
  integer: 'INTEGER',
  flag: 'BOOLEAN',
};

/** Key in `meta`: the folder's packs are not in the catalog yet. */
export const PACKS_UNKNOWN = 'packs unknown';

export const CREATE_TABLES = [
  ...Object.entries(TABLES).map(([table, columns]: [string, Shape]) => {
    const list = Object.entries(columns).map(([name, kind]) => `${name} ${SQL_TYPES[kind]}`);
    return `CREATE TABLE ${table}(${list.join(', ')});`;
  }),
  `INSERT INTO meta VALUES ('format', '${FORMAT_VERSION}');`,
].join('\n');

/** The current time, in the catalog's unit. */
export function now(): number {
  return Date.now() / 1000;
}
