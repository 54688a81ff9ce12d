import * as v from 'valibot';
import type { OpenStream } from '../../engine/ports/source.js';
import { explainCsvFailure, rowsOfSound } from '../csv/failure.js';
import { layoutOf } from '../csv/format/layout.js';
import { PLAIN_NUMBERS } from '../csv/format/numbers.js';
import { renamed } from '../csv/format/sample.js';
import { csvFrom } from '../csv/read-csv.js';
import { plainText } from '../csv/plain-text.js';
import { csvSettings, type CsvSettings } from '../csv/settings.js';
import { SeamlessError } from '../../sdk/errors.js';
import { isWire } from '../../sdk/wire/transport.js';
import { sourceError } from '../faults.js';
import { contentHash, findFiles, refuseChanged, type FileContext, type SourceFile } from '../files.js';
import { Options } from '../options.js';
import { databaseMessage } from '../sql/database.js';
import { parquetFrom } from '../sql/parquet.js';
import { readQuery } from '../sql/sql.js';
import { symbolIndex, symbolSql } from './symbols.js';
import { symbolsOfFiles } from './own-files.js';
import { ownPaths } from './open-universe.js';
import { sqlName } from '../../sdk/sql-text.js';

const kept = v.array(v.string());

/**
 * The symbols of a universe's source; for files, remembered by content.
 * @param stream has the universe's options, without a symbol
 * @throws SeamlessError `source` when there are none, or the source cannot be read
 */
export async function findSymbols(stream: OpenStream, context: FileContext): Promise<readonly string[]> {
  if (isWire(stream.source.kind)) throw noneToFind(stream);
  const { paths, column, rest } = ownPaths(stream);
  if (paths) return symbolsOfFiles(stream, context, paths);
  const plain: OpenStream = { ...stream, source: { ...stream.source, options: rest } };
  const found = await inColumn(plain, context, column ?? '');
  if (found.length > 0) return found;
  throw sourceError(stream, `no row of it has a symbol in its column ${column ?? ''}.`);
}

function inColumn(stream: OpenStream, context: FileContext, column: string): Promise<readonly string[]> {
  switch (stream.source.kind) {
    case 'csv':
      return inCsv(stream, context, column);
    case 'parquet':
      return inParquet(stream, context, column);
    case 'sql':
      return inQuery(stream, context, column);
    default:
      throw noneToFind(stream);
  }
}

function noneToFind(stream: OpenStream): SeamlessError {
  return sourceError(
    stream,
    `its ${stream.source.kind} source has no symbols to find: list them with symbols: ['AAPL', 'MSFT'].`,
  );
}

async function inCsv(stream: OpenStream, context: FileContext, column: string): Promise<readonly string[]> {
  const settings = csvSettings(stream);
  return inFiles(stream, context, settings.paths, [column, settings], (file) =>
    inCsvFile(stream, context, settings, file, column),
  );
}

/** The symbols of all files, each file's remembered. @param how they are read */
async function inFiles(
  stream: OpenStream,
  context: FileContext,
  paths: readonly string[],
  how: unknown,
  find: (file: SourceFile) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const all = new Set<string>();
  for (const file of await findFiles(stream, context, paths))
    for (const symbol of await remembered(stream, context, file, how, () => find(file))) all.add(symbol);
  return [...all];
}

async function inCsvFile(
  stream: OpenStream,
  context: FileContext,
  settings: CsvSettings,
  file: SourceFile,
  column: string,
): Promise<readonly string[]> {
  const text = await plainText(stream, context, file, settings.encoding);
  const layout = renamed(stream, layoutOf(stream, file, text.head, settings), settings.renamed, file);
  const index = symbolIndex(stream, layout.names, { column, symbol: '' }, file.shown);
  const types = layout.names.map(() => 'VARCHAR');
  // A mark for missing values, such as NA, may be a symbol.
  const from = csvFrom(text, layout, types, { marks: [], numbers: PLAIN_NUMBERS });
  const counted = await rowsOfSound(context.database, from, (each) =>
    countSql(`trim(c${index})`, each),
  ).catch(async (error: unknown) => {
    throw await explainCsvFailure(stream, context.database, { file, layout, types, from, time: 0 }, error);
  });
  return symbolsIn(stream, counted, column, file.shown);
}

async function inParquet(
  stream: OpenStream,
  context: FileContext,
  column: string,
): Promise<readonly string[]> {
  const options = new Options(stream);
  const paths = options.paths();
  options.time();
  options.finish();
  return inFiles(stream, context, paths, [column, strict(stream)], async (file) =>
    inRelation(stream, context, column, await parquetFrom(stream, context, [file]), file.shown),
  );
}

async function inQuery(stream: OpenStream, context: FileContext, column: string): Promise<readonly string[]> {
  const options = new Options(stream);
  const query = options.requiredText('query');
  options.time();
  options.finish();
  const { from } = await readQuery(stream, context, query);
  return inRelation(stream, context, column, from, 'its query');
}

async function inRelation(
  stream: OpenStream,
  { database }: FileContext,
  column: string,
  from: string,
  shown: string,
): Promise<readonly string[]> {
  try {
    const names = (await database.rows(`DESCRIBE FROM ${from}`)).map((row) => String(row['column_name']));
    const index = symbolIndex(stream, names, { column, symbol: '' }, shown);
    const raw = symbolSql(sqlName(names[index] ?? ''));
    return symbolsIn(stream, await database.rows(countSql(raw, from)), column, shown);
  } catch (error) {
    if (error instanceof SeamlessError) throw error;
    throw sourceError(stream, `${shown} cannot be read: ${databaseMessage(error)}`, error);
  }
}

function countSql(symbol: string, from: string): string {
  return `SELECT ${symbol} AS symbol, count(*)::DOUBLE AS count FROM ${from} GROUP BY ALL`;
}

/** @throws SeamlessError `source` where rows have no symbol, unless such rows are to be left out */
function symbolsIn(
  stream: OpenStream,
  rows: readonly Readonly<Record<string, unknown>>[],
  column: string,
  shown: string,
): readonly string[] {
  const named = rows.filter(({ symbol }) => typeof symbol === 'string' && symbol !== '');
  const unnamed = rows
    .filter((row) => !named.includes(row))
    .reduce((sum, { count }) => sum + Number(count), 0);
  if (unnamed === 0 || !strict(stream)) return named.map(({ symbol }) => symbol as string);
  const many = unnamed === 1 ? 'a row' : `${unnamed.toLocaleString('en')} rows`;
  throw sourceError(
    stream,
    `${shown} has ${many} without a symbol in the column ${column}. Fill it in, list the symbols to read with symbols: ['AAPL', 'MSFT'], or have such rows left out with conformance: 'permissive'.`,
  );
}

function strict({ source }: OpenStream): boolean {
  return source.options['conformance'] !== 'permissive';
}

/** The symbols found in a file before, as long as its content is unchanged. */
async function remembered(
  stream: OpenStream,
  { projectRoot, hints }: FileContext,
  file: SourceFile,
  how: unknown,
  find: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { hash, signature } = await contentHash(stream, projectRoot, file, hints);
  const key = `${hash} symbols ${JSON.stringify(how)}`;
  const known = hints.get(key);
  if (known !== undefined) return v.parse(kept, JSON.parse(known));
  const found = await find();
  // Other content must not be kept under this hash.
  await refuseChanged(stream, projectRoot, file, signature);
  hints.set(key, JSON.stringify(found));
  return found;
}
