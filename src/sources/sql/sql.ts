import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { filesIn, placePaths } from './sql-paths.js';
import { type Database } from './database.js';
import { refuseEndlessFiles } from '../endless.js';
import { sourceError } from '../faults.js';
import type { FileContext } from '../files.js';
import { isRecord, Options } from '../options.js';
import { bySymbol, symbolIndex, symbolOptions, type OneSymbol } from '../universe/symbols.js';
import { OnceAsked } from '../universe/once.js';
import { RelationReader } from './relation-reader.js';
import type { RelationSource } from './relation-source.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

/** @throws SeamlessError `source` when the query is not one SELECT, naming the position of the error */
export async function openSql(stream: OpenStream, context: FileContext): Promise<SourceReader> {
  const options = new Options(stream);
  const query = options.requiredText('query');
  const time = options.time();
  const one = symbolOptions(options);
  options.finish();
  const { from, files } = await readQuery(stream, context, query);
  const source: RelationSource = {
    from: () => (one ? ofSymbols(stream, context, from, one) : Promise.resolve(from)),
    files,
    shown: 'its query',
    // A query's result has no order.
    sort: true,
    time,
    one,
    version: () => Promise.resolve(null),
    finish: () => Promise.resolve(),
    choose: (column, symbol) => `write WHERE ${sqlName(column)} = ${sqlText(symbol)} into it`,
    explain: (message) => `its query failed: ${message}`,
  };
  return new RelationReader(stream, context.database, source);
}

/** Types that survive a copy to Parquet unchanged. */
const KEPT =
  /^(?:BOOLEAN|U?(?:TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.+\)|VARCHAR|DATE|TIMESTAMP(?: WITH TIME ZONE)?)$/;

/** The FROM clause of a query that is run once for all symbols of a universe, if a Parquet copy of its result is the same. */
async function ofSymbols(
  stream: OpenStream,
  context: FileContext,
  from: string,
  one: OneSymbol,
): Promise<string> {
  const columns = await described.get(context, from, () => context.database.rows(`DESCRIBE FROM ${from}`));
  if (!columns.every((column) => KEPT.test(String(column['column_type'])))) return from;
  const names = columns.map((column) => String(column['column_name']));
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) return from;
  const name = names[symbolIndex(stream, names, one, 'its query')] ?? '';
  if (columns[names.indexOf(name)]?.['column_type'] !== 'VARCHAR') return from;
  const raw = sqlName(name);
  // Errors in the query show when it is run.
  return bySymbol(context, from, { raw, text: raw }, from).catch(() => from);
}

const described = new OnceAsked<readonly Record<string, unknown>[]>();

/** A query as a FROM clause, and the files that it names. @throws SeamlessError `source` as `openSql` does */
export async function readQuery(
  stream: OpenStream,
  { database, projectRoot }: FileContext,
  query: string,
): Promise<{ readonly from: string; readonly files: readonly string[] }> {
  const tree = await parse(stream, database, query);
  const files = filesIn(tree, projectRoot);
  await refuseEndlessFiles(stream, database, files);
  return { from: `(${placePaths(query, tree, projectRoot)})`, files };
}

async function parse(stream: OpenStream, database: Database, query: string): Promise<unknown> {
  const [row] = await database.rows(`SELECT json_serialize_sql(${sqlText(query)})::VARCHAR AS tree`);
  const tree: unknown = JSON.parse(String(row?.['tree']));
  if (!isRecord(tree)) return null;
  if (tree['error'] === true) {
    const kind = tree['error_type'];
    throw sourceError(
      stream,
      kind === 'parser'
        ? `its query is not SQL: ${String(tree['error_message'])}, at character ${Number(tree['position']) + 1}.`
        : 'its query must be a SELECT, or start with FROM: a source only reads.',
    );
  }
  const statements = tree['statements'];
  if (Array.isArray(statements) && statements.length === 1) return statements[0];
  throw sourceError(stream, 'its query must be one SELECT, not several statements.');
}
