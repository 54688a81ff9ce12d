import { SeamlessError } from '../sdk/errors.js';
import { concatTables, sliceTableByTime, type Table } from '../sdk/table.js';
import type { Range } from '../sdk/time.js';
import type { ReadRequest } from '../engine/ports.js';
import { loadAxes } from './axes.js';
import { decodeBytes, decodeColumn, type Cell } from './codec.js';
import type { StoreContext } from './interned.js';
import type { Rows } from './session.js';
import { PRESENT_POSITION } from './schema.js';
import { listParameter, unnestNumbers } from './sql.js';

/** Up to this many nodes, a scan for each beats one for all: it takes no other node's blobs into its hands. */
const FEW_NODES = 40;

/** What has to be known of a segment to read it. */
export interface SegmentHead {
  readonly id: number;
  /** The node it was computed for; others may have adopted it. */
  readonly fp: number;
  readonly rows: number;
  readonly axis: number;
  readonly schema: number;
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
    `SELECT id, fp, row_count, axis, schema FROM segments JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted) ON id = wanted`,
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
       g.id, g.fp, g.row_count, g.axis, g.schema
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
  const [fps, counts] = [rows.numbers('fp'), rows.numbers('row_count')];
  const [axes, schemas] = [rows.numbers('axis'), rows.numbers('schema')];
  return rows.numbers('id').map((id, row) => ({
    id,
    fp: fps[row] as number,
    rows: counts[row] as number,
    axis: axes[row] as number,
    schema: schemas[row] as number,
  }));
}

async function loadSegments(
  context: StoreContext,
  heads: readonly SegmentHead[],
): Promise<ReadonlyMap<number, Table>> {
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
  for (const head of byId.values()) {
    const ts = axes.get(head.axis);
    if (ts?.length !== head.rows) {
      throw new SeamlessError(
        'cache',
        `The cache does not hold the times of segment ${head.id}: clear it and run again.`,
      );
    }
    const { shape, names, types } = context.interned.schema(head.schema);
    const packed = cells.get(head.id);
    const present = packed?.get(PRESENT_POSITION)?.map(({ data }) => data);
    tables.set(head.id, {
      shape,
      ts,
      names,
      columns: types.map((type, position) => decodeColumn(type, head.rows, packed?.get(position) ?? [])),
      present: present ? decodeBytes(present, head.rows) : null,
    });
  }
  return tables;
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
      WHERE segment BETWEEN ${whole.first} AND ${whole.last}`;
    return { sql, parameters: [listParameter(heads.map(({ id }) => id))] };
  }
  const scans = [...byNode].map(([fp, own]) => {
    const { first, last } = boundsOf(own);
    return `${columns} WHERE fp = ${fp} AND segment BETWEEN ${first} AND ${last}`;
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
