import { isAbsolute, join, resolve } from 'node:path';
import { literalPath, sqlText } from './database.js';

/** Names of files that DuckDB reads when they stand where a table does. */
const DATA_FILE = /\.(?:csv|tsv|txt|parquet|json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i;

/** Table functions whose first argument is a path, or a list of them. */
const READING_FUNCTION = /^(?:read_\w+|parquet_\w+|sniff_csv|glob)$/;

/**
 * A query with the relative paths in it starting at the project root. DuckDB itself would look in the folder the
 * process runs in first, so that a query would mean something else from each folder.
 * @param tree the query's statement as `json_serialize_sql` gives it
 */
export function placePaths(query: string, tree: unknown, projectRoot: string): string {
  const bytes = Buffer.from(query);
  const places = [...pathsIn(tree)].sort((a, b) => b.at - a.at);
  let placed = bytes;
  for (const { at, path } of places) {
    const end = literalEnd(placed, at);
    if (end === null || isAbsolute(path) || isAddress(path)) continue;
    const absolute = Buffer.from(sqlText(join(literalPath(projectRoot), path)));
    placed = Buffer.concat([placed.subarray(0, at), absolute, placed.subarray(end)]);
  }
  // A closing semicolon has no place within parentheses, and a comment at the end must not swallow one.
  return `${placed.toString().replace(/;\s*$/, '')}\n`;
}

/** Absolute paths of the files that a query names, and patterns of such. */
export function filesIn(tree: unknown, projectRoot: string): string[] {
  const paths = [...pathsIn(tree)].map(({ path }) => path).filter((path) => !isAddress(path));
  return [...new Set(paths.map((path) => resolve(projectRoot, path)))];
}

/** One letter before the colon is a drive of Windows. */
function isAddress(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(path);
}

interface Place {
  /** Byte of the query at which the literal starts. */
  readonly at: number;
  readonly path: string;
}

function* pathsIn(tree: unknown): Generator<Place> {
  if (Array.isArray(tree)) {
    for (const each of tree) yield* pathsIn(each);
    return;
  }
  if (!isRecord(tree)) return;
  const table = tree['table_name'];
  if (tree['type'] === 'BASE_TABLE' && typeof table === 'string' && DATA_FILE.test(table)) {
    yield { at: Number(tree['query_location']), path: table };
  }
  const call = tree['function'];
  if (
    tree['type'] === 'TABLE_FUNCTION' &&
    isRecord(call) &&
    READING_FUNCTION.test(String(call['function_name']))
  ) {
    const [argument] = Array.isArray(call['children']) ? (call['children'] as unknown[]) : [];
    yield* constantsIn(argument);
  }
  for (const each of Object.values(tree)) yield* pathsIn(each);
}

/** The text an argument is, or the texts of a list. */
function* constantsIn(argument: unknown): Generator<Place> {
  if (!isRecord(argument)) return;
  const value = argument['value'];
  if (argument['class'] === 'CONSTANT' && isRecord(value) && typeof value['value'] === 'string') {
    yield { at: Number(argument['query_location']), path: value['value'] };
  }
  if (argument['function_name'] === 'list_value' && Array.isArray(argument['children'])) {
    for (const each of argument['children'] as unknown[]) yield* constantsIn(each);
  }
}

/** Where the quoted text that starts at a byte ends; null when none starts there. */
function literalEnd(bytes: Buffer, at: number): number | null {
  const quote = bytes[at];
  if (quote !== 0x27 && quote !== 0x22) return null;
  for (let i = at + 1; i < bytes.length; i++) {
    if (bytes[i] !== quote) continue;
    // A doubled quote stands for itself.
    if (bytes[i + 1] === quote) i++;
    else return i + 1;
  }
  return null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
