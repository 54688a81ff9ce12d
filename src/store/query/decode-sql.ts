import type { Schema } from '../../engine/ports/host.js';
import type { ColumnType } from '../../sdk/table.js';
import { quoteName, quoteText } from '../duckdb/sql.js';

/*
 * How any DuckDB client reads what codec.ts packs: in plain SQL, with nothing installed. Numbers are big-endian because a BIT
 * of eight such bytes casts to the DOUBLE with just these bits, NaN and −0 included.
 */

function numbersSql(data: string): string {
  return `list_transform(regexp_extract_all(hex(${data}), '.{16}'), lambda h: unhex(h)::BIT::DOUBLE)`;
}

/** Booleans and masks: a byte each. */
function booleansSql(data: string): string {
  return `list_transform(regexp_extract_all(hex(${data}), '..'), lambda h: h = '01')`;
}

/**
 * Texts: a JSON array of them. Lone surrogates, always escaped in it and no text DuckDB could hold, read as U+FFFD, each run
 * of them as one.
 */
function textsSql(data: string): string {
  const json = `decode(${data})`;
  const escape = String.raw`'(^|[^\\])((?:\\\\)*)(?:\\ud[89a-f][0-9a-f]{2})+'`;
  const mended = `regexp_replace(${json}, ${escape}, '\\1\\2\uFFFD', 'g')`;
  return `from_json(CASE WHEN json_valid(${json}) THEN ${json} ELSE ${mended} END, '["VARCHAR"]')`;
}

/** The columns of a node's view, which are all called otherwise: DuckDB tells names apart without regard to case. */
export function distinctNames(names: readonly string[], taken: readonly string[] = ['time', 'ts']): string[] {
  const seen = new Set(taken.map((name) => name.toLowerCase()));
  return names.map((name) => {
    let unique = name;
    for (let again = 1; seen.has(unique.toLowerCase()); again++) unique = `${name}_${again}`;
    seen.add(unique.toLowerCase());
    return unique;
  });
}

function decoded(type: ColumnType, data: string): string {
  switch (type) {
    case 'number':
    case 'null':
      return numbersSql(data);
    case 'boolean':
      return booleansSql(data);
    default:
      return textsSql(data);
  }
}

/**
 * Selects all covered rows of a strategy's current node of a name: `time` (TIMESTAMP, UTC), `ts` (epoch seconds), and the node's
 * columns by name. JSON is text.
 * @param strategy its full name
 * @param schema null: it has no row yet
 * @param catalog what stands before the names of tables
 */
export function nodeSql(strategy: string, node: string, schema: Schema | null, catalog = 'main'): string {
  const { names, types } = schema ?? { names: ['value'], types: ['number'] as const };
  const type = (index: number): ColumnType => types[index] ?? 'null';
  // A segment may lack a column, or hold nulls alone in it: then it has no values of that type.
  const of = (name: string): string => `c.position >= 0 AND h.names[c.position + 1] = ${quoteText(name)}`;
  const packed = names.map((name, index) => {
    const values = `${of(name)} AND h.types[c.position + 1] = ${quoteText(type(index))}`;
    return `, any_value(c.data) FILTER (${values}) AS d${index}, any_value(c.valid) FILTER (${of(name)}) AS m${index}`;
  });
  const unpacked = names.map(
    (_, index) =>
      `, unnest(${decoded(type(index), `d${index}`)}) AS v${index}, unnest(${booleansSql(`m${index}`)}) AS m${index}`,
  );
  const columns = distinctNames(names).map(
    (name, index) =>
      `, CASE WHEN coalesce(m${index}, true) AND coalesce(present, true) THEN v${index} END AS ${quoteName(name)}`,
  );
  return `
    WITH packed AS (
      SELECT s.start_ts, s.end_ts, any_value(a.ts) AS axis${packed.join('')},
        any_value(c.data) FILTER (c.position = -1) AS present
      FROM ${catalog}.names n JOIN ${catalog}.coverage s ON s.fp = n.fp JOIN ${catalog}.segments g ON g.id = s.segment
      JOIN ${catalog}.schemas h ON h.id = g.schema JOIN ${catalog}.axis_cells a ON a.axis = g.axis
      LEFT JOIN ${catalog}.cells c ON c.fp = g.fp AND c.segment = g.id AND c.block = a.block
      WHERE n.strategy = ${quoteText(strategy)} AND n.node = ${quoteText(node)} AND n.replaced_at IS NULL
      GROUP BY s.start_ts, s.end_ts, g.id, a.block
    ), unpacked AS (
      SELECT start_ts, end_ts, unnest(${numbersSql('axis')}) AS ts${unpacked.join('')},
        unnest(${booleansSql('present')}) AS present
      FROM packed
    )
    SELECT make_timestamp((ts * 1000000)::BIGINT) AS time, ts::BIGINT AS ts${columns.join('')}
    FROM unpacked WHERE ts >= start_ts AND ts < end_ts`;
}

/**
 * The view `node_rows`: every covered value of the current nodes by name, one a row, as `number`, `flag` or `text` (JSON is
 * text) by the type of its column; null where the value is, or the whole row.
 */
export const NODE_ROWS_VIEW = `
  CREATE OR REPLACE VIEW node_rows AS
  WITH packed AS (
    SELECT regexp_extract(n.strategy, '[^#]*$') AS strategy, regexp_extract(n.strategy, '^(.*)#[^#]*$', 1) AS file, n.node,
      h.names[c.position + 1] AS name, h.types[c.position + 1] AS type,
      s.start_ts, s.end_ts, a.ts, c.data, c.valid, p.data AS present
    FROM names n JOIN coverage s ON s.fp = n.fp JOIN segments g ON g.id = s.segment JOIN schemas h ON h.id = g.schema
    JOIN axis_cells a ON a.axis = g.axis
    JOIN cells c ON c.segment = g.id AND c.block = a.block AND c.position >= 0
    LEFT JOIN cells p ON p.segment = g.id AND p.block = a.block AND p.position = -1
    WHERE n.replaced_at IS NULL
  ), unpacked AS (
    SELECT strategy, file, node, name, start_ts, end_ts, unnest(${numbersSql('ts')}) AS ts,
      unnest(CASE WHEN type = 'number' THEN ${numbersSql('data')} END) AS number,
      unnest(CASE WHEN type = 'boolean' THEN ${booleansSql('data')} END) AS flag,
      unnest(CASE WHEN type IN ('string', 'json') THEN ${textsSql('data')} END) AS text,
      unnest(${booleansSql('valid')}) AS valid, unnest(${booleansSql('present')}) AS present
    FROM packed
  ), covered AS (
    SELECT *, coalesce(valid, true) AND coalesce(present, true) AS given FROM unpacked WHERE ts >= start_ts AND ts < end_ts
  )
  SELECT strategy, file, node, make_timestamp((ts * 1000000)::BIGINT) AS time, ts::BIGINT AS ts, name AS "column",
    CASE WHEN given THEN number END AS number, CASE WHEN given THEN flag END AS flag, CASE WHEN given THEN text END AS text
  FROM covered;
`;
