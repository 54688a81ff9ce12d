import { SeamlessError } from '../../sdk/errors.js';
import { concatTables, sliceTableByTime, type Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time.js';
import { tableDigest } from '../../engine/fingerprint/digest.js';
import type { Schema } from '../../engine/ports/host.js';
import type { ReadRequest } from '../../engine/ports/store.js';
import { loadAxes, type Axis } from './axes.js';
import { decodeBytes, decodeColumn, type Cell } from './codec.js';
import { setDamageAside, type Damage } from '../upkeep/damage.js';
import type { StoreContext } from './interned.js';
import { PRESENT_POSITION, STATE_POSITION } from '../duckdb/schema.js';
import { sealOf, type PlacedCell, type SegmentFacts } from './seal.js';
import type { Rows } from '../duckdb/session.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

/** Up to this many nodes, a scan for each beats one for all: it takes no other node's blobs into its hands. */
const FEW_NODES = 40;

/** Segments of a damaged node that are looked at together. */
const INSPECTED_AT_ONCE = 16;

/** What has to be known of a segment to read it. */
export interface SegmentHead extends SegmentFacts {
  readonly axis: number;
  readonly schema: number;
  /** See `sealOf`; null for a segment of an earlier format. */
  readonly seal: string | null;
}

const HEAD_COLUMNS = [
  'id',
  'fp',
  'own',
  'start_ts AS head_start',
  'end_ts AS head_end',
  'row_count',
  'digest',
  'input_digests',
  'axis',
  'schema',
  'seal',
];

function headSql(table: string): string {
  return HEAD_COLUMNS.map((column) => `${table}.${column}`).join(', ');
}

/** A covered stretch of a request, and the segment that holds its rows. */
export interface Piece extends Range {
  /** Position in the requests. */
  readonly request: number;
  readonly segment: SegmentHead;
}

/** See `NodeStore.read`. */
export async function read(context: StoreContext, requests: readonly ReadRequest[]): Promise<Table[]> {
  const pieces = await findPieces(context, requests);
  const tables = await loadSegments(
    context,
    pieces.map(({ segment }) => segment),
  );
  const parts = requests.map((): Table[] => []);
  for (const { request, start, end, segment } of pieces) {
    parts[request]?.push(sliceTableByTime(tables.get(segment.id) as Table, start, end));
  }
  return parts.map((list) => concatTables(list));
}

/** See `NodeStore.readSegments`. */
export async function readSegments(context: StoreContext, segments: readonly number[]): Promise<Table[]> {
  if (segments.length === 0) return [];
  const rows = await context.session.select(
    `SELECT ${headSql('segments')} FROM segments JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON id = wanted`,
    [listParameter(new Set(segments))],
  );
  const tables = await loadSegments(context, headsOf(rows));
  return segments.map((id) => {
    const table = tables.get(id);
    if (table) return table;
    throw new SeamlessError('internal', `The cache has no segment ${id}.`);
  });
}

/** Covered stretches of the requests, in their order, each ascending. */
async function findPieces(context: StoreContext, requests: readonly ReadRequest[]): Promise<Piece[]> {
  const known = await context.interned.find(requests.map(({ fingerprint }) => fingerprint));
  const wanted = requests.flatMap(({ fingerprint, range }, request) => {
    const fp = known.get(fingerprint);
    return fp === undefined || range.start >= range.end ? [] : [{ request, fp, ...range }];
  });
  if (wanted.length === 0) return [];
  const rows = await context.session.select(
    `SELECT w.request, greatest(c.start_ts, w.start_ts) AS start_ts, least(c.end_ts, w.end_ts) AS end_ts,
       ${headSql('g')}
     FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS request, ${unnestNumbers(2, 'INTEGER')} AS fp,
       ${unnestNumbers(3, 'DOUBLE')} AS start_ts, ${unnestNumbers(4, 'DOUBLE')} AS end_ts) w
     JOIN coverage c ON c.fp = w.fp AND c.start_ts < w.end_ts AND c.end_ts > w.start_ts
     JOIN segments g ON g.id = c.segment
     ORDER BY 1, 2`,
    [
      listParameter(wanted.map(({ request }) => request)),
      listParameter(wanted.map(({ fp }) => fp)),
      listParameter(wanted.map(({ start }) => start)),
      listParameter(wanted.map(({ end }) => end)),
    ],
  );
  const [starts, ends] = [rows.numbers('start_ts'), rows.numbers('end_ts')];
  const heads = headsOf(rows);
  return rows.numbers('request').map((request, row): Piece => ({
    request,
    start: starts[row] as number,
    end: ends[row] as number,
    segment: heads[row] as SegmentHead,
  }));
}

function headsOf(rows: Rows): SegmentHead[] {
  const [fps, owns, counts] = [rows.numbers('fp'), rows.texts('own'), rows.numbers('row_count')];
  const [starts, ends] = [rows.numbers('head_start'), rows.numbers('head_end')];
  const [digests, inputDigests] = [rows.texts('digest'), rows.texts('input_digests')];
  const [axes, schemas, seals] = [rows.numbers('axis'), rows.numbers('schema'), rows.textsOrNull('seal')];
  return rows.numbers('id').map((id, row) => ({
    id,
    fp: fps[row] as number,
    own: owns[row] as string,
    start: starts[row] as number,
    end: ends[row] as number,
    rows: counts[row] as number,
    digest: digests[row] as string,
    inputDigests: inputDigests[row] as string,
    axis: axes[row] as number,
    schema: schemas[row] as number,
    seal: seals[row] as string | null,
  }));
}

/** Rows of segments, each as it was stored. @throws DamageFound when one is not. */
async function loadSegments(
  context: StoreContext,
  heads: readonly SegmentHead[],
): Promise<ReadonlyMap<number, Table>> {
  const { tables, segments, axes } = await inspect(context, heads);
  if (segments.length === 0) return tables;
  const damagedIds = new Set(segments);
  const nodes = new Set(heads.filter(({ id }) => damagedIds.has(id)).map(({ fp }) => fp));
  throw await setDamageAside(context, await damageOfNodes(context, nodes, { segments, axes }));
}

/** Where one segment of a node is damaged, others are likely to be: better found now than one after the other. */
async function damageOfNodes(
  context: StoreContext,
  nodes: ReadonlySet<number>,
  known: Damage,
): Promise<Damage> {
  const rows = await context.session.select(
    `SELECT ${headSql('segments')} FROM segments JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON fp = wanted`,
    [listParameter(nodes)],
  );
  const heads = headsOf(rows);
  const segments = new Set(known.segments);
  const axes = new Set(known.axes);
  for (let from = 0; from < heads.length; from += INSPECTED_AT_ONCE) {
    const found = await inspect(context, heads.slice(from, from + INSPECTED_AT_ONCE));
    for (const id of found.segments) segments.add(id);
    for (const id of found.axes) axes.add(id);
  }
  return { segments: [...segments], axes: [...axes] };
}

/** Rows of the segments that are as they were stored, and what is damaged of the others. */
async function inspect(
  context: StoreContext,
  heads: readonly SegmentHead[],
): Promise<Damage & { readonly tables: ReadonlyMap<number, Table> }> {
  const byId = new Map(heads.map((head) => [head.id, head]));
  const axes = await loadAxes(
    context,
    heads.map(({ axis }) => axis),
  );
  const cells = await loadCells(
    context,
    [...byId.values()].filter(({ rows }) => rows > 0),
  );
  const tables = new Map<number, Table>();
  const damaged: SegmentHead[] = [];
  for (const head of byId.values()) {
    const table = tableOf(context, head, axes.get(head.axis), cells.get(head.id) ?? new Map());
    if (table) tables.set(head.id, table);
    else damaged.push(head);
  }
  const lostAxes = new Set(damaged.map(({ axis }) => axis).filter((axis) => !axes.has(axis)));
  return { tables, segments: damaged.map(({ id }) => id), axes: [...lostAxes] };
}

/** The rows of a segment; null when they are not what was stored. */
function tableOf(
  { interned }: StoreContext,
  head: SegmentHead,
  axis: Axis | undefined,
  packed: ReadonlyMap<number, readonly Cell[]>,
): Table | null {
  const schema = interned.findSchema(head.schema);
  if (!schema || axis?.ts.length !== head.rows) return null;
  if (head.seal !== null && head.seal !== sealOf(head, schema, axis.digest, inOrder(packed))) return null;
  try {
    const table = decode(head, schema, axis.ts, packed);
    return head.seal === null && tableDigest(table) !== head.digest ? null : table;
  } catch (error) {
    // Sealed cells hold what was packed; others may hold anything.
    if (head.seal !== null) throw error;
    return null;
  }
}

function decode(
  { rows }: SegmentHead,
  { shape, names, types }: Schema,
  ts: Float64Array,
  packed: ReadonlyMap<number, readonly Cell[]>,
): Table {
  const present = packed.get(PRESENT_POSITION)?.map(({ data }) => data);
  return {
    shape,
    ts,
    names,
    columns: types.map((type, position) => decodeColumn(type, rows, packed.get(position) ?? [])),
    present: present ? decodeBytes(present, rows) : null,
  };
}

/** Cells in the order in which they were sealed. */
function inOrder(packed: ReadonlyMap<number, readonly Cell[]>): PlacedCell[] {
  return [...packed]
    .sort(([a], [b]) => a - b)
    .flatMap(([position, cells]) =>
      cells.map(({ data, valid }, block): PlacedCell => ({ position, block, data, valid })),
    );
}

/** Cells by segment and position, in the order of their blocks. */
type CellsOf = Map<number, Map<number, Cell[]>>;

async function loadCells(context: StoreContext, heads: readonly SegmentHead[]): Promise<CellsOf> {
  const cells: CellsOf = new Map();
  if (heads.length === 0) return cells;
  const wanted = new Set(heads.map(({ id }) => id));
  const { sql, parameters } = cellsStatement(heads);
  await context.session.selectBlobs(sql, parameters, ([segment, position, block], data, valid) => {
    if (!data || !wanted.has(segment)) return;
    const positions = cells.get(segment) ?? new Map<number, Cell[]>();
    const blocks = positions.get(position) ?? [];
    blocks[block] = { data, valid };
    cells.set(segment, positions.set(position, blocks));
  });
  return cells;
}

/**
 * Comparisons with constants are pushed down into the scan, which then reads the blobs of just the rows it keeps; a join reads
 * all the blobs between its least and greatest key. Segments of one moment are neighbours, those of one node are not.
 */
function cellsStatement(heads: readonly SegmentHead[]): { sql: string; parameters: string[] } {
  const columns = 'SELECT segment, position, block, data, valid FROM cells';
  const whole = boundsOf(heads);
  const byNode = new Map<number, SegmentHead[]>();
  for (const head of heads) {
    const own = byNode.get(head.fp);
    if (own) own.push(head);
    else byNode.set(head.fp, [head]);
  }
  const dense = whole.last - whole.first < 2 * heads.length;
  if (dense || byNode.size > FEW_NODES) {
    const sql = `${columns} JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON segment = wanted
      WHERE segment BETWEEN ${whole.first} AND ${whole.last} AND position <> ${STATE_POSITION}`;
    return { sql, parameters: [listParameter(heads.map(({ id }) => id))] };
  }
  const scans = [...byNode].map(([fp, own]) => {
    const { first, last } = boundsOf(own);
    return `${columns} WHERE fp = ${fp} AND segment BETWEEN ${first} AND ${last} AND position <> ${STATE_POSITION}`;
  });
  return { sql: scans.join(' UNION ALL '), parameters: [] };
}

function boundsOf(heads: readonly SegmentHead[]): { first: number; last: number } {
  let [first, last] = [Infinity, -Infinity];
  for (const { id } of heads) {
    first = Math.min(first, id);
    last = Math.max(last, id);
  }
  return { first, last };
}
