import { isAbsolute, join, resolve } from 'node:path';
import { isRecord } from '../options.js';
import { literalPath } from './database.js';
import { sqlText } from '../../sdk/sql-text.js';

/** File names that DuckDB reads in place of a table. */
const DATA_FILE = /\.(?:csv|tsv|txt|parquet|json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i;

/** Table functions whose first argument is a path or a list of paths. */
const READING_FUNCTION = /^(?:read_\w+|parquet_\w+|sniff_csv|glob)$/;

/**
 * A query with its relative paths made to start at the project root. DuckDB would resolve them against the current directory.
 * @param tree the query's statement from `json_serialize_sql`
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
  // A trailing semicolon cannot be inside parentheses, and a trailing comment must not swallow the closing one.
  return `${placed.toString().replace(/;\s*$/, '')}\n`;
}

/** Absolute paths of the files that a query names, and patterns. */
export function filesIn(tree: unknown, projectRoot: string): string[] {
  const paths = [...pathsIn(tree)].map(({ path }) => path).filter((path) => !isAddress(path));
  return [...new Set(paths.map((path) => resolve(projectRoot, path)))];
}

/** A single letter before the colon is a Windows drive. */
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

/** The text, or the texts of a list, that an argument is. */
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

/** Where the quoted text that starts at a byte ends; null: none starts there. */
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
