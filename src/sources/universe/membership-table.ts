import type { OpenStream } from '../../engine/ports/source.js';
import { columnIndex } from '../../sdk/table.js';
import { sourceError } from '../faults.js';
import { contentHash, findFiles, watchedPaths, type FileContext } from '../files.js';
import { Options } from '../options.js';
import { databaseMessage, literalPath, type Database } from '../sql/database.js';
import { isNumberType } from '../sql/relation.js';
import { parquetFrom } from '../sql/parquet.js';
import { readQuery } from '../sql/sql.js';
import { SYMBOL_NAME } from './symbols.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

/** A source that says who is a member when. */
export interface MembershipSource {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Columns as the author names them. */
  readonly symbol?: string;
  readonly from?: string;
  readonly to?: string;
  readonly member?: string;
  /** The universe's symbol column, which this table may have as well. */
  readonly universe?: string;
}

/** Such a source, opened. */
interface MembershipTable {
  /** What follows FROM. */
  readonly from: string;
  readonly shown: string;
  readonly files: readonly string[];
  /** How its times are written; null: ISO-8601, or numbers. */
  readonly timeFormat: string | null;
  readonly timeZone: string;
}

/** @throws SeamlessError `source` when files are missing, or an option does not apply to such a table */
export async function openTable(stream: OpenStream, context: FileContext): Promise<MembershipTable> {
  const { kind } = stream.source;
  const options = new Options(stream);
  const query = kind === 'sql' ? options.requiredText('query') : null;
  const paths = query === null ? options.paths() : [];
  const { timeFormat, timeZone } = options.time();
  const delimiter = kind === 'csv' ? options.text('delimiter') : null;
  options.finish();
  const times = { timeFormat, timeZone: timeZone ?? 'UTC' };
  if (query !== null) return { ...(await readQuery(stream, context, query)), shown: 'its query', ...times };
  const files = await findFiles(stream, context, paths);
  // Signatures are checked again after the read.
  for (const file of files) await contentHash(stream, context.projectRoot, file, context.hints);
  const list = `[${files.map(({ path }) => sqlText(literalPath(path))).join(', ')}]`;
  const from =
    kind === 'csv'
      ? `read_csv(${list}, all_varchar = true, union_by_name = true${delimiter === null ? '' : `, delim = ${sqlText(delimiter)}`})`
      : await parquetFrom(stream, context, files);
  return {
    from,
    shown: paths.join(', '),
    files: watchedPaths(context.projectRoot, paths, files),
    ...times,
  };
}

/** A column: its name, and SQL for its cells. */
interface Cell {
  readonly name: string;
  readonly raw: string;
  readonly sql: string;
}

/** Which columns say what: `stays` from one time to another, `changes` at a time, or `lists` of all members at a time. */
type MembershipColumns =
  | { readonly form: 'stays'; readonly symbol: string; readonly from: Cell | null; readonly to: Cell | null }
  | { readonly form: 'changes'; readonly symbol: string; readonly time: Cell; readonly member: Cell }
  | { readonly form: 'lists'; readonly symbol: string; readonly time: Cell };

const FROM =
  /^(?:from|since|start|begin|added|entry|joined)$|^(?:from|start|begin|added|entry|effective)[ _]?date$|^date[ _]?(?:from|added)$/i;
const TO =
  /^(?:to|until|thru|end|removed|exit|left)$|^(?:to|thru|end|removed|removal|exit)[ _]?date$|^date[ _]?(?:to|removed)$/i;
const FLAG = /^(?:member|is[ _]?member|in[ _]?index|in[ _]?universe|active|included)$/i;
const TIME = /^(?:date|time|ts|timestamp|datetime|day|as[ _]?of(?:[ _]?date)?)$/i;

/** @throws SeamlessError `source` where a named column does not exist, or none fits */
export async function columnsOf(
  stream: OpenStream,
  database: Database,
  source: MembershipSource,
  table: MembershipTable,
): Promise<MembershipColumns> {
  const described = await readable(stream, table, () => database.rows(`DESCRIBE FROM ${table.from}`));
  const names = described.map((row) => String(row['column_name']));
  const typeOf = (name: string): string => String(described[names.indexOf(name)]?.['column_type']);
  const has = `it has ${names.join(', ')}`;
  const named = (wanted: string | undefined): string | null => {
    if (wanted === undefined) return null;
    const found = names[columnIndex(names, wanted)];
    if (found !== undefined) return found;
    throw sourceError(stream, `${table.shown}, which says who is a member, has no column ${wanted}; ${has}.`);
  };
  const like = (pattern: RegExp): string | null => names.find((name) => pattern.test(name.trim())) ?? null;
  const time = (name: string | null): Cell | null => {
    if (name === null) return null;
    const raw = sqlName(name);
    return { name, raw, sql: secondsSql(raw, typeOf(name), table) };
  };
  const ofUniverse = source.universe === undefined ? undefined : names[columnIndex(names, source.universe)];
  const symbol = named(source.symbol) ?? ofUniverse ?? like(SYMBOL_NAME);
  if (symbol === null) {
    throw sourceError(
      stream,
      `${table.shown}, which says who is a member, has no column that names symbols; ${has}. Say which it is: members: { history, symbol: '…' }.`,
    );
  }
  const by = { symbol: `trim(CAST(${sqlName(symbol)} AS VARCHAR))` };
  const chosen = source.member === undefined;
  const [from, to] = [time(named(source.from) ?? like(FROM)), time(named(source.to) ?? like(TO))];
  if (chosen && (from ?? to)) return { form: 'stays', ...by, from, to };
  const at = time(named(source.from) ?? like(TIME) ?? like(FROM));
  if (!at) {
    throw sourceError(
      stream,
      `${table.shown}, which says who is a member, has no column of times; ${has}. Say which it is: members: { history, from: '…', to: '…' }.`,
    );
  }
  const flag = named(source.member) ?? like(FLAG);
  if (flag === null) return { form: 'lists', ...by, time: at };
  const raw = sqlName(flag);
  return { form: 'changes', ...by, time: at, member: { name: flag, raw, sql: flagSql(raw) } };
}

function secondsSql(raw: string, type: string, { timeFormat, timeZone }: MembershipTable): string {
  const zoned = (local: string): string => `epoch(timezone(${sqlText(timeZone)}, ${local}))`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return `epoch(${raw})`;
  if (type === 'DATE') return `epoch(CAST(${raw} AS TIMESTAMP))`;
  if (type.startsWith('TIMESTAMP')) return zoned(`CAST(${raw} AS TIMESTAMP)`);
  const text = isNumberType(type)
    ? `CAST(TRY_CAST(${raw} AS BIGINT) AS VARCHAR)`
    : `trim(CAST(${raw} AS VARCHAR))`;
  if (timeFormat !== null) return zoned(`try_strptime(${text}, ${sqlText(timeFormat)})`);
  const instant = `TRY_CAST(${text} AS TIMESTAMPTZ)`;
  return `(CASE WHEN regexp_full_match(${text}, '(19|20)\\d{6}') THEN epoch(try_strptime(${text}, '%Y%m%d'))
    WHEN regexp_full_match(${text}, '\\d{9,10}(\\.\\d+)?') THEN TRY_CAST(${text} AS DOUBLE)
    WHEN regexp_full_match(${text}, '\\d{12,13}') THEN TRY_CAST(${text} AS DOUBLE) / 1000
    WHEN regexp_full_match(${text}, '.*([zZ]|[+-]\\d\\d(:?\\d\\d)?)') AND length(${text}) > 10 THEN epoch(${instant})
    WHEN length(${text}) <= 10 THEN epoch(TRY_CAST(${text} AS TIMESTAMP))
    ELSE ${zoned(`TRY_CAST(${text} AS TIMESTAMP)`)} END)`;
}

/** True, false, or null for what is neither. */
function flagSql(raw: string): string {
  const text = `lower(trim(CAST(${raw} AS VARCHAR)))`;
  return `(CASE WHEN ${raw} IS NULL OR ${text} IN ('', 'false', 'f', 'no', 'n', 'out', 'removed') THEN false
    WHEN ${text} IN ('true', 't', 'yes', 'y', 'in', 'added') THEN true ELSE TRY_CAST(${text} AS DOUBLE) <> 0 END)`;
}

/** @throws SeamlessError `source` for a meaningless cell, or a stay that ends before it begins, naming the first */
export async function refuseUnread(
  stream: OpenStream,
  database: Database,
  table: MembershipTable,
  columns: MembershipColumns,
): Promise<void> {
  const cells =
    columns.form === 'stays'
      ? [columns.from, columns.to]
      : columns.form === 'changes'
        ? [columns.time, columns.member]
        : [columns.time];
  for (const cell of cells) {
    if (!cell) continue;
    const filled = columns.form === 'stays' ? `trim(CAST(${cell.raw} AS VARCHAR)) <> ''` : 'true';
    const where = `${filled} AND ${cell.sql} IS NULL`;
    const [row] = await readable(stream, table, () =>
      database.rows(
        `SELECT CAST(${cell.raw} AS VARCHAR) AS cell, ${columns.symbol} AS symbol FROM ${table.from} WHERE ${where} LIMIT 1`,
      ),
    );
    if (!row) continue;
    const what = columns.form === 'changes' && cell === columns.member ? 'neither true nor false' : 'no time';
    throw sourceError(
      stream,
      `${table.shown}, which says who is a member, has ${JSON.stringify(row['cell'])} in its column ${cell.name} for ${String(row['symbol'])}, which is ${what}: correct it, or name another column${what === 'no time' ? ", or say how times are written with timeFormat: '%d.%m.%Y' and the like" : ''}.`,
    );
  }
  const contradiction =
    columns.form === 'stays'
      ? columns.from &&
        columns.to &&
        `SELECT ${columns.symbol} AS symbol FROM ${table.from} WHERE ${columns.from.sql} > ${columns.to.sql} LIMIT 1`
      : columns.form === 'changes'
        ? `SELECT ${columns.symbol} AS symbol FROM ${table.from} GROUP BY 1, ${columns.time.sql} HAVING count(DISTINCT ${columns.member.sql}) > 1 LIMIT 1`
        : null;
  const [wrong] = contradiction ? await database.rows(contradiction) : [];
  if (!wrong) return;
  throw sourceError(
    stream,
    columns.form === 'stays'
      ? `${table.shown}, which says who is a member, has a stay of ${String(wrong['symbol'])} that ends before it begins: correct it.`
      : `${table.shown} says of ${String(wrong['symbol'])} at one time both that it is a member and that it is none: remove one of the rows.`,
  );
}

/** A SELECT of `symbol`, `start` and `end` of all stays, in seconds. */
export function staysSql(from: string, columns: MembershipColumns): string {
  const { symbol } = columns;
  if (columns.form === 'stays') {
    const end = (cell: Cell | null, none: string): string => (cell ? `coalesce(${cell.sql}, ${none})` : none);
    return `SELECT ${symbol} AS symbol, ${end(columns.from, "'-inf'::DOUBLE")} AS start, ${end(columns.to, "'inf'::DOUBLE")} AS end FROM ${from}`;
  }
  const time = columns.time.sql;
  if (columns.form === 'changes') {
    return `SELECT symbol, start, coalesce(until, 'inf'::DOUBLE) AS end FROM (SELECT symbol, start, member, lead(start) OVER (PARTITION BY symbol ORDER BY start) AS until
      FROM (SELECT DISTINCT ${symbol} AS symbol, ${time} AS start, ${columns.member.sql} AS member FROM ${from})) WHERE member`;
  }
  return `WITH listed AS (SELECT DISTINCT ${symbol} AS symbol, ${time} AS t FROM ${from}),
    times AS (SELECT t, row_number() OVER (ORDER BY t) AS n, lead(t) OVER (ORDER BY t) AS next FROM (SELECT DISTINCT t FROM listed)),
    placed AS (SELECT symbol, t, next, n - row_number() OVER (PARTITION BY symbol ORDER BY n) AS run FROM listed JOIN times USING (t))
    SELECT symbol, min(t) AS start, CASE WHEN bool_or(next IS NULL) THEN 'inf'::DOUBLE ELSE max(next) END AS end FROM placed GROUP BY symbol, run`;
}

async function readable<T>(
  stream: OpenStream,
  { shown }: MembershipTable,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sourceError(
      stream,
      `${shown}, which says who is a member, cannot be read: ${databaseMessage(error)}`,
      error,
    );
  }
}
