import type { OpenStream } from '../../engine/ports/source.js';
import { nearHint } from '../../sdk/errors.js';
import type { ColumnType } from '../../sdk/table.js';
import { sourceError } from '../faults.js';
import type { Session } from './session.js';
import type { PostgresSettings } from './settings.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

/** PostgreSQL's type numbers. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700, 790]);
const BOOLEAN = 16;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMP_TZ = 1184;

const USUAL_TIMES = ['time', 'ts', 'timestamp', 'date', 'datetime', 'open_time'];
const PER_SECOND = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 } as const;

/** How rows are read as bars. */
export interface Layout {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** The SELECT list: the open in seconds, then each column as text, number or boolean. */
  readonly select: string;
  /** SQL for the open of a row, in seconds. */
  readonly open: string;
  /** SQL for the time of a row with this open, written so that an index on the column can be used. */
  at(seconds: string): string;
  readonly time: string;
  /** The FROM clause, limited to one symbol. */
  readonly from: string;
}

/** @throws SeamlessError `source` where no column is a time, or a name is not a column */
export async function layoutOf(
  stream: OpenStream,
  settings: PostgresSettings,
  session: Session,
): Promise<Layout> {
  const { shown, symbol, columns: renamed } = settings;
  const { fields } = await session.query(`SELECT * FROM ${settings.from} AS bars LIMIT 0`);
  const names = fields.map(({ name }) => name);
  const known = (name: string, what: string): string => {
    if (names.includes(name)) return name;
    const all = `it has ${names.join(', ')}. Name one of these in the options of the source.`;
    const hint = nearHint(name, names, all);
    throw sourceError(stream, `${shown} has no column ${name} for ${what}: ${hint}`);
  };
  const time = settings.time === null ? findTime(stream, settings, fields) : known(settings.time, 'the time');
  const field = fields.find(({ name }) => name === time);
  const { open, at } = timeSql(stream, settings, time, field?.dataTypeID ?? 0);
  for (const from of Object.values(renamed)) known(from, 'columns');
  if (symbol) known(symbol.column, 'the symbol');
  const newNames = new Map(Object.entries(renamed).map(([to, from]) => [from, to]));
  const kept = fields.filter(({ name }) => name !== time && name !== symbol?.column);
  const columns = kept.map(({ name, dataTypeID }) => ({
    name: newNames.get(name) ?? name,
    from: name,
    type: typeOf(dataTypeID),
  }));
  const twice = columns.find(
    ({ name }, index) => columns.findIndex((other) => other.name === name) !== index,
  );
  if (twice)
    throw sourceError(stream, `${shown} has two columns ${twice.name}: give one another name with columns.`);
  if (columns.length === 0)
    throw sourceError(stream, `${shown} has no column besides the time: select more.`);
  const values = columns.map(({ from, type }) => `${sqlName(from)}::${SQL_TYPES[type]}`);
  const where = symbol ? ` WHERE ${sqlName(symbol.column)}::text = ${sqlText(symbol.value)}` : '';
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    select: [open, ...values].join(', '),
    open,
    at,
    time: sqlName(time),
    from: symbol ? `(SELECT * FROM ${settings.from} AS rows${where}) AS bars` : `${settings.from} AS bars`,
  };
}

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  number: 'float8',
  boolean: 'boolean',
  string: 'text',
  json: 'text',
  null: 'float8',
};

function typeOf(dataType: number): ColumnType {
  if (NUMBERS.has(dataType)) return 'number';
  return dataType === BOOLEAN ? 'boolean' : 'string';
}

function isTime(dataType: number): boolean {
  return dataType === DATE || dataType === TIMESTAMP || dataType === TIMESTAMP_TZ;
}

function findTime(
  stream: OpenStream,
  { shown }: PostgresSettings,
  fields: readonly { readonly name: string; readonly dataTypeID: number }[],
): string {
  const usual = USUAL_TIMES.find((name) => fields.some((field) => field.name === name));
  const typed = fields.filter(({ dataTypeID }) => isTime(dataTypeID)).map(({ name }) => name);
  const found = usual ?? (typed.length === 1 ? typed[0] : undefined);
  if (found !== undefined) return found;
  const all = fields.map(({ name }) => name).join(', ');
  throw sourceError(
    stream,
    `${shown} does not say which column is the time: name one of ${all} with time: '…'.`,
  );
}

function timeSql(
  stream: OpenStream,
  { timeUnit, timeZone, shown }: PostgresSettings,
  name: string,
  dataType: number,
): Pick<Layout, 'open' | 'at'> {
  const column = sqlName(name);
  const zone = sqlText(timeZone);
  switch (dataType) {
    case TIMESTAMP_TZ:
      return { open: `extract(epoch from ${column})::float8`, at: (seconds) => `to_timestamp(${seconds})` };
    case TIMESTAMP:
      return {
        open: `extract(epoch from ${column} AT TIME ZONE ${zone})::float8`,
        at: (seconds) => `to_timestamp(${seconds}) AT TIME ZONE ${zone}`,
      };
    case DATE:
      // A date is midnight UTC, as in files.
      return {
        open: `extract(epoch from ${column})::float8`,
        at: (seconds) => `ceil(${seconds} / 86400.0)::int + DATE '1970-01-01'`,
      };
    default:
      if (!NUMBERS.has(dataType))
        throw sourceError(
          stream,
          `column ${name} of ${shown} is text, not a time: read it with a query, such as query: 'SELECT ${name}::timestamptz AS time, … FROM …'.`,
        );
      return {
        open: `(${column}::float8 / ${PER_SECOND[timeUnit]})`,
        at: (seconds) => numberSql(`${seconds} * ${PER_SECOND[timeUnit]}`, dataType),
      };
  }
}

/** A number of the column's own type: only then is its index used. */
function numberSql(sql: string, dataType: number): string {
  if (dataType === 700 || dataType === 701) return `(${sql})::float8`;
  return dataType === 1700 ? `(${sql})::numeric` : `ceil(${sql})::bigint`;
}
