import { differenceOf } from '../../engine/history/difference.js';
import { common, union, within } from '../../engine/plan/ranges.js';
import type { Span } from '../../engine/run/reporting/report.js';
import {
  concatTables,
  emptyTable,
  pickRows,
  sliceTable,
  sliceTableByTime,
  type Table,
} from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import type { NodeVersion, Store } from '../../store/store.js';
import type { Payload } from '../../protocol/payloads.js';
import type {
  DiffReport,
  ExportReport,
  RowsReport,
  SeriesReport,
  VersionSummary,
} from '../../protocol/results.js';
import type { judgeNames } from './judged-names.js';
import { reported } from './reported-rows.js';
import { thinnedRows, type ThinnedRows } from './thinned-rows.js';
import { foundNode, unknownNode } from './unknown-names.js';

/** Reads rows for a script or a terminal. */
export async function readRows(store: Store, payload: Payload<'read'>, asked: Range): Promise<Table> {
  const { strategy, node, parts, last } = payload;
  if (parts) return reported(store, strategy, node, (found) => store.readParts(found), parts);
  const found = await foundNode(store, strategy, node);
  const fingerprint = payload.fingerprint ?? found.fingerprint;
  const range = last === undefined ? asked : await lastRows(store, fingerprint, asked, last);
  await store.markUsed(strategy);
  const [table] = await store.read([{ fingerprint, range }]);
  return table ?? emptyTable();
}

/** @param judged nodes without rows for the current code; null: not checked */
export async function exportRows(
  store: Store,
  payload: Payload<'export'>,
  range: Range,
  judged: Awaited<ReturnType<typeof judgeNames>>,
): Promise<ExportReport> {
  const { strategy, nodes, format, spreadsheet, path } = payload;
  const members = new Map<string, readonly string[]>();
  for (const node of nodes) {
    const family = nodes.length === 1 ? await store.members(strategy, node) : null;
    if (family) members.set(node, family);
    else await foundNode(store, strategy, node);
  }
  await store.markUsed(strategy);
  const file = await store.exportNodes({ strategy, nodes, range, format, spreadsheet, path });
  const written = nodes.length > 0 ? nodes : [...(await store.current(strategy)).keys()];
  const others = written.flatMap((node) => {
    const each = members.get(node) ?? [node];
    const version = judged === null ? 'last-run' : each.flatMap((name) => judged.get(name) ?? [])[0];
    return version ? [{ node, version }] : [];
  });
  return { ...file, others };
}

interface NodeName {
  readonly strategy: string;
  readonly node: string;
}

/** @param parts how many points in time the chart can show */
export async function seriesOf(
  store: Store,
  name: NodeName,
  range: Range,
  points: number,
): Promise<SeriesReport> {
  const known = await versionsOf(store, name);
  const latest = known.slice(0, 2);
  const prints = latest.map(({ fingerprint }) => fingerprint);
  const { thinned, coverage } = await thinnedRows(store, prints, range, points);
  return {
    interval: latest[0]?.interval ?? 0,
    versions: latest.map(({ fingerprint, since, until }, index) => {
      const spans = within(union(coverage.get(fingerprint) ?? []), range);
      return {
        fingerprint,
        since,
        until,
        coverage: spans.map(({ start, end }): Span => [start, end]),
        ...(thinned[index] as ThinnedRows),
      };
    }),
  };
}

export async function rowsOf(
  store: Store,
  name: NodeName,
  range: Range,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<RowsReport> {
  const [{ fingerprint }] = await versionsOf(store, name);
  const [table = emptyTable()] = await store.read([{ fingerprint, range }]);
  const total = table.ts.length;
  const first = Math.min(from, total);
  return {
    fingerprint,
    total,
    from: first,
    table: copyTable(sliceTable(table, first, Math.min(total, first + count))),
  };
}

/** A slice sent to another process would carry the whole table's memory. */
function copyTable(table: Table): Table {
  return pickRows(table, Int32Array.from(table.ts.keys()));
}

export async function diffOf(store: Store, name: NodeName, range: Range): Promise<DiffReport> {
  const [after, before] = await versionsOf(store, name);
  const summary = ({ since, until }: NodeVersion): VersionSummary => ({ since, until });
  const report = { ...name, after: summary(after), before: before ? summary(before) : null };
  if (!before) return { ...report, compared: [], difference: null };
  const coverage = await store.coverage([after.fingerprint, before.fingerprint]);
  const [a, b] = [coverage.get(after.fingerprint) ?? [], coverage.get(before.fingerprint) ?? []];
  const both = within(common(union(a), union(b)), range);
  const [earlier, later] = await Promise.all(
    [before, after].map(async ({ fingerprint }) => {
      const [table = emptyTable()] = await store.read([{ fingerprint, range }]);
      return concatTables(both.map(({ start, end }) => sliceTableByTime(table, start, end)));
    }),
  );
  return {
    ...report,
    compared: both.map(({ start, end }): Span => [start, end]),
    difference: differenceOf(earlier ?? emptyTable(), later ?? emptyTable(), after),
  };
}

async function versionsOf(
  store: Store,
  { strategy, node }: NodeName,
): Promise<readonly [NodeVersion, ...NodeVersion[]]> {
  const [current, ...before] = await store.versions(strategy, node);
  if (!current) throw await unknownNode(store, strategy, node);
  return [current, ...before];
}

/** The part of a range with only its last rows. */
async function lastRows(store: Store, fingerprint: string, range: Range, count: number): Promise<Range> {
  const [first = range.end] = await store.lastTimes(fingerprint, range.end, count);
  return { start: Math.max(range.start, first), end: range.end };
}
