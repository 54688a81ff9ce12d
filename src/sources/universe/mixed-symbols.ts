import type { OpenStream } from '../../engine/ports/source.js';
import { isTicks } from '../../sdk/time/grid.js';
import { sourceError } from '../faults.js';
import type { ColumnLook } from '../time/look.js';
import { symbolColumnOf, symbolSql } from './symbols.js';

/** Rows that show whether symbols are mixed. */
const ROWS = 20_000;
/** How many symbols a message names. */
const NAMED = 3;

/** A table whose rows may be those of several symbols. */
interface MaybeMixed {
  readonly shown: string;
  readonly names: readonly string[];
  /** SQL for the open of a row. */
  readonly open: string;
  /** Whether its rows have no inherent order. */
  readonly unordered: boolean;
  /** How the author chooses a symbol; null: the option `symbol`. */
  readonly choose: ((column: string, symbol: string) => string) | null;
}

/** Whether the first rows name several symbols. */
export function mayBeMixed(looks: readonly ColumnLook[]): boolean {
  const look = looks[symbolColumnOf(looks.map(({ name }) => name))];
  return look !== undefined && (look.texts.length > 1 || look.least !== look.largest);
}

/**
 * Rows of several symbols at one time are no stream, although sorting would make them look like one. Contracts that follow each
 * other are.
 * @param ask rows of a query over the table, whose columns are c0, c1, …
 * @throws SeamlessError `source` with the symbols, and how to choose one
 */
export async function refuseMixed(
  stream: OpenStream,
  { shown, names, open, unordered, choose }: MaybeMixed,
  ask: (query: (from: string) => string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<void> {
  const index = symbolColumnOf(names);
  if (index < 0 || names[index]?.toLowerCase() === 'market') return;
  const [row = {}] = await ask((from) => {
    const symbol = `regexp_replace(${symbolSql(`c${index}`)}, '\\.0$', '')`;
    const rows = `SELECT ${symbol} AS s, ${open} AS open FROM (FROM ${from} LIMIT ${ROWS})`;
    const order = unordered ? 'ORDER BY open, s' : '';
    const steps = `SELECT s, open, lag(s) OVER (${order}) AS b, lag(open) OVER (${order}) AS p FROM (${rows})`;
    return `SELECT list(DISTINCT s ORDER BY s)[:${NAMED}] AS symbols, count(DISTINCT s)::DOUBLE AS many, count(p)::DOUBLE AS steps,
      count(*) FILTER (s <> b)::DOUBLE AS changes, count(*) FILTER (open < p)::DOUBLE AS falls, count(*) FILTER (open > p)::DOUBLE AS rises,
      count(*) FILTER (s <> b AND open < p)::DOUBLE AS falling, count(*) FILTER (s <> b AND open > p)::DOUBLE AS rising,
      count(*) FILTER (s <> b AND open = p)::DOUBLE AS twice FROM (${steps})`;
  });
  const count = (name: string): number => Number(row[name] ?? 0);
  const again = count('changes') > count('many') - 1;
  const unsorted =
    (count('falling') > 0 && count('rises') > 0) || (count('rising') > 0 && count('falls') > 0);
  const together = count('twice') * 2 >= count('steps') && count('twice') > 0;
  if (!unsorted && !together && !(again && (isTicks(stream) || count('twice') > 0))) return;
  const symbols = (row['symbols'] as readonly string[]).map((symbol) => JSON.stringify(symbol));
  const [first = ''] = row['symbols'] as readonly string[];
  const column = names[index] ?? '';
  const quoted = /'/.test(first) ? JSON.stringify(first) : `'${first}'`;
  const one = choose?.(column, first) ?? `say symbol: ${quoted}`;
  throw sourceError(
    stream,
    `${shown} has rows of several symbols, such as ${symbols.join(', ')} in its column ${column}: for those of one, ${one}; a Universe reads all of them.`,
  );
}
