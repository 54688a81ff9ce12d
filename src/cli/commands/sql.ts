import { withoutFormula } from '../../engine/history/formulas.js';
import { dirname, join } from 'node:path';

import { projectRootOf } from '../../protocol/project.js';
import type { SqlResult, SqlValue } from '../../store/store.js';
import { formatCount, plural } from '../../present/format.js';
import { SeamlessError } from '../../sdk/errors.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { codeOf, EXIT } from '../exit-codes.js';
import { sqlText } from '../../sdk/sql-text.js';
import { notFinite } from '../json.js';
import { formatTable, painter, right, type Paint } from '../table.js';
import type { Output, Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visibleLines } from '../../present/visible.js';

interface SqlFlags extends CommonFlags {
  readonly strategy?: string;
  readonly limit?: string;
  readonly csv?: boolean;
  readonly attach?: boolean;
  readonly spreadsheet?: boolean;
}

/** Most rows in a table. */
const TABLE_ROWS = 1000;

/** `seamless sql [query]` */
export async function runSql(
  terminal: Terminal,
  query: string | undefined,
  flags: SqlFlags,
): Promise<number> {
  const { input, cwd } = terminal;
  if (flags.csv && flags.json) throw new SeamlessError('usage', 'Choose one of --csv and --json.');
  if (flags.spreadsheet && !flags.csv)
    throw new SeamlessError('usage', '--spreadsheet is for --csv: add it.');
  const projectRoot = projectRootOf(cwd);
  const cacheDir = cacheDirOf(cwd, projectRoot, flags);
  const strategy = flags.strategy;
  if (flags.attach) {
    terminal.out.write(attachText(cacheDir));
    return EXIT.done;
  }
  const place = { projectRoot, cacheDir, strategy, judge: true, most: limitOf(flags) } as const;
  await withJobs(terminal, async (jobs, options) => {
    const ask = async (sql: string): Promise<void> => {
      show(terminal, await jobs.request('sql', { ...place, sql }, options), flags);
    };
    if (query !== undefined) return ask(query);
    if (!input.isTTY) return ask(await wholeInput(terminal));
    await prompt(terminal, ask);
  });
  return EXIT.done;
}

/** Views in a cache read files by paths relative to its parent folder. */
function attachText(cacheDir: string): string {
  return `SET file_search_path = ${sqlText(dirname(cacheDir))};
ATTACH ${sqlText(join(cacheDir, 'cache.duckdb'))} AS seamless (READ_ONLY);
USE seamless;
`;
}

async function wholeInput({ input }: Terminal): Promise<string> {
  const lines: string[] = [];
  for await (const line of input.lines(() => '')) lines.push(line);
  return lines.join('\n');
}

/** Reads statements, each ended by `;`, until the input ends or `.quit` is typed. */
async function prompt({ input, err, env }: Terminal, ask: (sql: string) => Promise<void>): Promise<void> {
  const paint = painter(err, env);
  err.write('End a query with ;  —  .tables lists the nodes, .quit ends.\n');
  let held = '';
  for await (const line of input.lines(() => (held === '' ? 'sql> ' : '...> '))) {
    const command = held === '' ? line.trim() : '';
    if (command === '.quit' || command === '.exit') return;
    held = command === '.tables' ? TABLES : `${held}${held === '' ? '' : '\n'}${line}`;
    if (held.trim() === '') held = '';
    if (!held.trimEnd().endsWith(';')) continue;
    const sql = held;
    held = '';
    try {
      await ask(sql);
    } catch (error) {
      const code = codeOf(error);
      // A failed query does not end the prompt.
      if (!(error instanceof Error) || (code !== 'usage' && code !== 'not-found')) throw error;
      err.write(`${paint('red', 'error:')} ${visibleLines(error.message)}\n`);
    }
  }
}

const TABLES = `SELECT table_schema AS strategy, table_name AS node, string_agg(column_name, ', ' ORDER BY ordinal_position) AS columns
  FROM information_schema.columns WHERE table_catalog = 'memory' GROUP BY ALL ORDER BY ALL;`;

function show({ out, err, env }: Terminal, result: SqlResult, flags: SqlFlags): void {
  if (flags.json) writeParts(out, jsonParts(result));
  else if (flags.csv) writeParts(out, csvParts(result, flags.spreadsheet ?? false));
  else out.write(tableText(result, painter(out, env)));
  if (result.more) {
    err.write(`only the first ${plural(result.rows.length, 'row')} are shown: ask for more with --limit\n`);
  }
}

/** Characters per write: a large result may not fit in one string. */
const WRITTEN_AT_ONCE = 2 ** 16;

function writeParts(out: Output, parts: Iterable<string>): void {
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < WRITTEN_AT_ONCE) continue;
    out.write(text);
    text = '';
  }
  out.write(text);
}

/** A list of objects, indented by two. */
function* jsonParts(result: SqlResult): Generator<string> {
  let before = '[\n  ';
  for (const row of result.rows) {
    yield `${before}${JSON.stringify(objectOf(result, row), notFinite, 2).replaceAll('\n', '\n  ')}`;
    before = ',\n  ';
  }
  yield result.rows.length === 0 ? '[]\n' : '\n]\n';
}

function objectOf({ columns }: SqlResult, row: readonly SqlValue[]): Record<string, SqlValue> {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]));
}

function* csvParts({ columns, rows }: SqlResult, spreadsheet: boolean): Generator<string> {
  const field = (value: SqlValue): string =>
    csvField(spreadsheet && typeof value === 'string' ? withoutFormula(value) : value);
  yield `${columns.map(({ name }) => field(name)).join(',')}\n`;
  for (const row of rows) yield `${row.map(field).join(',')}\n`;
}

/** Null is empty, an empty text is quoted (RFC 4180). */
function csvField(value: SqlValue): string {
  if (value === null) return '';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text === '' || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function tableText({ columns, rows }: SqlResult, paint: Paint): string {
  if (columns.length === 0) return '';
  const titles = columns.map(({ name, type }) =>
    /INT|DOUBLE|FLOAT|DECIMAL/.test(type) ? right(name) : name,
  );
  const cells = rows.map((row) => row.map((value) => (value === null ? paint('dim', 'null') : shown(value))));
  return `${formatTable(titles, cells, paint)}\n${formatCount(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}\n`;
}

function shown(value: Exclude<SqlValue, null>): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function limitOf({ limit, csv, json }: SqlFlags): number {
  if (limit === undefined) return csv || json ? Number.MAX_SAFE_INTEGER : TABLE_ROWS;
  const rows = Number(limit);
  if (Number.isSafeInteger(rows) && rows > 0) return rows;
  throw new SeamlessError('usage', `"${limit}" is not a number of rows: write --limit 100.`);
}
