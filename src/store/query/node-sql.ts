import { groupBy } from '../../sdk/lists.js';
import type { ColumnType } from '../../sdk/table.js';
import type { PlacedCover } from '../segments/catalog.js';
import { columnName, PRESENT } from '../segments/packing.js';
import { shownBy } from '../segments/reading.js';
import { isOpen } from '../segments/schemas.js';
import { sqlName, sqlText } from '../../sdk/sql-text.js';

/**
 * Names that stay distinct in SQL, which ignores case. Names that would collide get a number each, so that none stands for
 * another.
 */
export function distinctNames(names: readonly string[], taken: readonly string[] = ['time', 'ts']): string[] {
  const counts = groupBy([...names, ...taken], (name) => name.toLowerCase());
  const used = new Set(counts.keys());
  return names.map((name) => {
    if (counts.get(name.toLowerCase())?.length === 1) return name;
    let number = 1;
    while (used.has(`${name}_${number}`.toLowerCase())) number++;
    used.add(`${name}_${number}`.toLowerCase());
    return `${name}_${number}`;
  });
}

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  number: 'DOUBLE',
  null: 'DOUBLE',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
  json: 'VARCHAR',
};

/**
 * Selects all covered rows of a node: `time` (TIMESTAMP, UTC), `ts` (epoch seconds), and the node's columns by name. JSON is
 * text.
 * @param folder the packs folder, relative to the client
 */
export function nodeSql(covers: readonly PlacedCover[], folder: string, taken = ['time', 'ts']): string {
  const schema = shownBy(covers);
  const names = schema?.names ?? ['value'];
  const types = schema?.types ?? (['number'] as const);
  const titles = distinctNames(names, taken).map(sqlName);
  const filled = covers.filter(({ segment }) => segment.rows > 0 && segment.pack !== null);
  if (filled.length === 0) {
    const columns = titles.map((title, index) => `NULL::${SQL_TYPES[types[index] ?? 'null']} AS ${title}`);
    return `SELECT NULL::TIMESTAMP AS time, NULL::BIGINT AS ts, ${columns.join(', ')} WHERE false`;
  }
  const selects = partsOf(filled).map(({ cover, files, where }) => {
    const columns = titles.map(
      (title, index) => `, ${valueSql(cover, index, types[index] ?? 'null')} AS ${title}`,
    );
    const list = files.map((file) => sqlText(`${folder}/${file}`)).join(', ');
    const micros = cover.segment.layout().fine ? 'CAST(round(ts * 1000000) AS BIGINT)' : 'ts * 1000000';
    return `SELECT make_timestamp(${micros}) AS time, ts${columns.join('')}
      FROM read_parquet([${list}], hive_partitioning = false)${where}`;
  });
  return selects.join('\nUNION ALL ');
}

/** The same for a family: all members' rows, with a column `symbol`. */
export function familySql(
  members: readonly { readonly symbol: string; readonly covers: readonly PlacedCover[] }[],
  folder: string,
): string {
  // Members without rows have unknown columns.
  const known = members.filter(({ covers }) => shownBy(covers) !== null);
  const selects = (known.length > 0 ? known : members.slice(0, 1)).map(({ symbol, covers }) => {
    const rows = nodeSql(covers, folder, ['time', 'ts', 'symbol']);
    return `SELECT time, ts, ${sqlText(symbol)} AS symbol, * EXCLUDE (time, ts) FROM (${rows})`;
  });
  return selects.join('\nUNION ALL BY NAME ');
}

function valueSql({ segment }: PlacedCover, index: number, type: ColumnType): string {
  const { layout, schema, fingerprint } = segment;
  const stored = !isOpen(schema) && (layout().columns[index]?.length ?? 0) > 0;
  if (!stored) return `NULL::${SQL_TYPES[type]}`;
  const column = sqlName(columnName(fingerprint, index));
  const present = sqlName(`${fingerprint}.${PRESENT}`);
  return layout().present.length > 0 ? `CASE WHEN ${present} THEN ${column} END` : column;
}

interface Part {
  /** One member stands for all: their columns have the same names. */
  readonly cover: PlacedCover;
  readonly files: readonly string[];
  readonly where: string;
}

/** Packs that are wanted whole are read together; in the others, rows are selected by time. */
function partsOf(covers: readonly PlacedCover[]): Part[] {
  const whole = new Map<string, { cover: PlacedCover; files: string[] }>();
  const cut: Part[] = [];
  for (const [pack, list] of groupBy(covers, ({ segment }) => segment.pack ?? '')) {
    const [first] = list as [PlacedCover, ...PlacedCover[]];
    const rows = list.reduce((sum, { segment }) => sum + segment.rows, 0);
    const alike = list.every((cover) => keyOf(cover) === keyOf(first));
    if (alike && rows === first.segment.packRows && !list.some(isCut)) {
      const part = whole.get(keyOf(first)) ?? { cover: first, files: [] };
      part.files.push(pack);
      whole.set(keyOf(first), part);
    } else {
      cut.push(...list.map((cover): Part => ({ cover, files: [pack], where: ` WHERE ${timesSql(cover)}` })));
    }
  }
  return [...cut, ...[...whole.values()].map((part): Part => ({ ...part, where: '' }))];
}

function isCut({ start, end, segment: { first, last } }: PlacedCover): boolean {
  return first === null || last === null || start > first || end <= last;
}

function timesSql({ start, end, segment: { first, last } }: PlacedCover): string {
  const from = Math.max(start, first ?? -Infinity);
  return `ts >= ${from} AND ts <= ${last ?? 0} AND ts < ${end}`;
}

/** Segments with the same key have the same column names. */
function keyOf({ segment: { fingerprint, layout, schema } }: PlacedCover): string {
  const { columns, present, fine = false } = layout();
  return JSON.stringify([
    fingerprint,
    fine,
    isOpen(schema),
    columns.map((pages) => pages.length > 0),
    present.length > 0,
  ]);
}

/** One value per row, as `number`, `flag` or `text` by its column's type, for clients that read any node the same way. */
export const ROWS_VIEW = 'node_rows';

/** A node as `node_rows` shows it. */
interface RowsOf {
  /** Full name of the strategy: `file#Class`. */
  readonly strategy: string;
  readonly node: string;
  /** The quoted view that reads it. */
  readonly view: string;
  readonly covers: readonly PlacedCover[];
}

/** The statement that creates `node_rows` over some nodes. JSON is text; null where the value or the whole row is null. */
export function rowsViewSql(nodes: readonly RowsOf[]): string {
  const selects = nodes.flatMap(({ strategy, node, view, covers }) => {
    const schema = shownBy(covers);
    if (schema === null) return [];
    const at = strategy.lastIndexOf('#');
    const [file, name] = [strategy.slice(0, Math.max(at, 0)), strategy.slice(at + 1)];
    const own = `${sqlText(name)} AS strategy, ${sqlText(file)} AS file, ${sqlText(node)} AS node, time, ts`;
    const titles = distinctNames(schema.names);
    return titles.map((title, index) => {
      const type = schema.types[index] ?? 'null';
      const cell = (kind: string, sql: string): string =>
        (SQL_TYPES[type] === sql ? sqlName(title) : `NULL::${sql}`) + ` AS ${kind}`;
      const values = [cell('number', 'DOUBLE'), cell('flag', 'BOOLEAN'), cell('text', 'VARCHAR')];
      return `SELECT ${own}, ${sqlText(schema.names[index] ?? '')} AS "column", ${values.join(', ')} FROM ${view}`;
    });
  });
  const none = `SELECT NULL::VARCHAR AS strategy, NULL::VARCHAR AS file, NULL::VARCHAR AS node, NULL::TIMESTAMP AS time, NULL::BIGINT AS ts,
    NULL::VARCHAR AS "column", NULL::DOUBLE AS number, NULL::BOOLEAN AS flag, NULL::VARCHAR AS text WHERE false`;
  return `CREATE OR REPLACE VIEW ${ROWS_VIEW} AS ${selects.length > 0 ? selects.join('\nUNION ALL ') : none}`;
}
