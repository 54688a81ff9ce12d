import { createHash } from 'node:crypto';
import { union, type RangeSet } from '../../engine/plan/ranges.js';
import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { addTo } from '../../sdk/lists.js';
import { floats } from '../../sdk/memory.js';
import { columnIndex, type Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import { MEMBER } from '../../sdk/universe/universe.js';
import { sourceError } from '../faults.js';
import type { FileContext } from '../files.js';
import { Once } from './once.js';
import { columnsOf, openTable, refuseUnread, staysSql, type MembershipSource } from './membership-table.js';

interface Membership {
  /** From when to when each symbol is a member; a symbol that is absent never was. */
  readonly stays: ReadonlyMap<string, RangeSet>;
  /** What messages call it. */
  readonly shown: string;
  /** Absolute paths of its files, and the patterns they were found by. */
  readonly files: readonly string[];
}

/** Read once for all streams of a universe. */
const read = new Once<Promise<Membership>>();

/** The bars of a symbol plus a column `member`: 1 if it is a member when the bar opens, else 0. */
export async function withMembership(
  stream: OpenStream,
  context: FileContext,
  source: MembershipSource,
  symbol: string,
  bars: SourceReader,
): Promise<SourceReader> {
  const membership = await read.get(context, JSON.stringify(source), () =>
    readMembership(stream, context, source),
  );
  const { files } = membership;
  const own = staysOf(stream, membership, symbol);
  const digest = createHash('sha256')
    .update(JSON.stringify(own.map(boundTexts)))
    .digest('hex')
    .slice(0, 16);
  const ofBars = (version: string): string | null =>
    version.endsWith(`|${digest}`) ? version.slice(0, -digest.length - 1) : null;
  return {
    whole: bars.whole,
    ...(bars.boundsByVersion !== undefined && { boundsByVersion: bars.boundsByVersion }),
    ...(bars.files && { files: [...bars.files, ...files] }),
    async version(before) {
      const version = await bars.version(before ? ofBars(before) : null);
      return version === null ? null : `${version}|${digest}`;
    },
    async sameUntil(before) {
      const known = ofBars(before);
      return known === null || !bars.sameUntil ? -Infinity : bars.sameUntil(known);
    },
    bounds: () => bars.bounds(),
    async *read(range, skip) {
      for await (const table of bars.read(range, skip)) yield marked(stream, table, own);
    },
    notes: () => bars.notes?.() ?? [],
    ...(bars.taken && { taken: () => (bars.taken as NonNullable<SourceReader['taken']>)() }),
  };
}

/** Of a symbol that is not in it: none. @throws SeamlessError `source` if it is written there in other letters */
function staysOf(stream: OpenStream, { stays, shown }: Membership, symbol: string): RangeSet {
  const name = sameName(symbol);
  const own = stays.get(name);
  if (own) return own;
  const lower = name.toLowerCase();
  const other = [...stays.keys()].find((each) => each.toLowerCase() === lower);
  if (other === undefined) return [];
  throw sourceError(
    stream,
    `${shown}, which says who is a member, has ${JSON.stringify(other)} for what is ${JSON.stringify(symbol)} among the bars: write both in the same letters.`,
  );
}

/** Two tables may write a symbol unlike: padded, or as a number with a fraction, 10107.0, in a column with empty cells. */
function sameName(symbol: string): string {
  return symbol.trim().replace(/^(\d+)\.0$/, '$1');
}

function boundTexts({ start, end }: Range): readonly string[] {
  return [String(start), String(end)];
}

function marked(stream: OpenStream, table: Table, stays: RangeSet): Table {
  if (columnIndex(table.names, MEMBER) >= 0) {
    throw sourceError(
      stream,
      `it has its own column ${MEMBER}, the name that membership needs: say members: '${MEMBER}' to use that column instead of a source, or rename it.`,
    );
  }
  const values = floats(table.ts.length);
  let at = 0;
  table.ts.forEach((open, row) => {
    while (at < stays.length && (stays[at] as Range).end <= open) at++;
    values[row] = at < stays.length && (stays[at] as Range).start <= open ? 1 : 0;
  });
  return {
    ...table,
    names: [...table.names, MEMBER],
    columns: [...table.columns, { type: 'number', values, valid: null }],
  };
}

async function readMembership(
  stream: OpenStream,
  context: FileContext,
  source: MembershipSource,
): Promise<Membership> {
  const table = await openTable({ ...stream, source }, context);
  const columns = await columnsOf(stream, context.database, source, table);
  await refuseUnread(stream, context.database, table, columns);
  const stays = new Map<string, Range[]>();
  for (const { symbol, start, end } of await context.database.rows(staysSql(table.from, columns))) {
    addTo(stays, sameName(String(symbol)), { start: Number(start), end: Number(end) });
  }
  const { files, shown } = table;
  return { files, shown, stays: new Map([...stays].map(([symbol, own]) => [symbol, union(own)])) };
}
