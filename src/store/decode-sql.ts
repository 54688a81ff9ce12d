import type { ColumnType } from '../sdk/table.js';
import type { Schema } from '../engine/ports.js';
import type { Range } from '../sdk/time.js';
import { PRESENT_POSITION } from './schema.js';
import { quoteName, quoteText } from './sql.js';

/**
 * How any DuckDB client reads what codec.ts packs: in plain SQL, with nothing installed. Numbers are big-endian because a
 * BIT of eight such bytes casts to the DOUBLE with just these bits, NaN and −0 included.
 */
export function numbersSql(data: string): string {
  return `list_transform(regexp_extract_all(hex(${data}), '.{16}'), lambda h: unhex(h)::BIT::DOUBLE)`;
}

/** Booleans and masks: a byte each. */
export function booleansSql(data: string): string {
  return `list_transform(regexp_extract_all(hex(${data}), '..'), lambda h: h = '01')`;
}

/** Texts: a JSON array of them. */
export function textsSql(data: string): string {
  return `from_json(${mendedSql(`decode(${data})`)}, '["VARCHAR"]')`;
}

/** A JSON value from its text. */
function jsonSql(text: string): string {
  return `${mendedSql(text)}::JSON`;
}

/** JSON in which lone surrogates, always escaped and no text DuckDB could hold, are U+FFFD, each run of them one. */
function mendedSql(json: string): string {
  const escape = String.raw`'(^|[^\\])((?:\\\\)*)(?:\\ud[89a-f][0-9a-f]{2})+'`;
  const mended = `regexp_replace(${json}, ${escape}, '\\1\\2\uFFFD', 'g')`;
  return `CASE WHEN json_valid(${json}) THEN ${json} ELSE ${mended} END`;
}

/** A list with the values of a packed column. */
export function valuesSql(type: ColumnType, data: string): string {
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

/** Names as DuckDB tells them apart, which is without regard to case. */
export function uniqueNames(names: readonly string[], taken: readonly string[]): string[] {
  const seen = new Set(taken.map((name) => name.toLowerCase()));
  return names.map((name) => {
    let unique = name;
    for (let again = 1; seen.has(unique.toLowerCase()); again++) unique = `${name}_${again}`;
    seen.add(unique.toLowerCase());
    return unique;
  });
}

/** A node by its id in `fingerprints`, with the columns that its rows have by now; null when it has no row. */
export interface NodeColumns {
  readonly node: string;
  readonly fp: number;
  readonly schema: Schema | null;
}

/**
 * A SELECT of covered rows in a range, ascending: `time` (TIMESTAMP, UTC), `ts` (epoch seconds), then the columns. Of one node
 * they have their own names; of several, joined by time, a scalar is called by its node, a field `node.field`.
 */
export function nodesSql(nodes: readonly NodeColumns[], range: Range): string {
  const wanted = nodes.flatMap(({ node, schema }) =>
    (schema?.names ?? []).map((name) =>
      nodes.length === 1 ? name : schema?.shape === 'value' ? node : `${node}.${name}`,
    ),
  );
  const names = uniqueNames(wanted, ['time', 'ts']);
  const columns = nodes
    .flatMap(({ schema }, index) => (schema?.names ?? []).map((_, column) => `n${index}.column_${column}`))
    .map((column, index) => `, ${column} AS ${quoteName(names[index] as string)}`);
  const tables = nodes.map((node, index) => `n${index} AS (${rowsSql(node, range)})`);
  const joined = nodes.map((_, index) => (index === 0 ? 'n0' : `FULL JOIN n${index} USING (ts)`));
  return `WITH ${tables.join(', ')}
    SELECT make_timestamp(ts * 1000000) AS time, ts${columns.join('')} FROM ${joined.join(' ')} ORDER BY ts`;
}

/** `ts` (BIGINT) and `column_0` to `column_n` of a node's rows. A row that is null as a whole is one of nulls. */
function rowsSql({ fp, schema }: NodeColumns, range: Range): string {
  const [start, end] = [doubleSql(range.start), doubleSql(range.end)];
  const columns = (schema?.names ?? []).map((name, index) => ({
    name,
    index,
    type: schema?.types[index] ?? 'null',
  }));
  const packed = columns.map(({ name, index, type }) => {
    // A column of nulls alone is stored under the type 'null', and has no data.
    const here = `c.position >= 0 AND h.names[c.position + 1] = ${quoteText(name)} AND h.types[c.position + 1] = ${quoteText(type)}`;
    return `, any_value(c.data) FILTER (WHERE ${here}) AS data_${index}, any_value(c.valid) FILTER (WHERE ${here}) AS valid_${index}`;
  });
  const unpacked = columns.map(
    ({ index, type }) =>
      `, unnest(${valuesSql(type, `data_${index}`)}) AS value_${index}, unnest(${booleansSql(`valid_${index}`)}) AS valid_${index}`,
  );
  const masked = columns.map(
    ({ index, type }) =>
      `, CASE WHEN coalesce(valid_${index}, true) AND coalesce(present, true)
         THEN ${type === 'json' ? jsonSql(`value_${index}`) : `value_${index}`} END AS column_${index}`,
  );
  return `WITH packed AS (
      SELECT s.start_ts, s.end_ts, any_value(a.ts) AS ts,
        any_value(c.data) FILTER (WHERE c.position = ${PRESENT_POSITION}) AS present${packed.join('')}
      FROM coverage s JOIN segments g ON g.id = s.segment JOIN axis_cells a ON a.axis = g.axis JOIN schemas h ON h.id = g.schema
      LEFT JOIN cells c ON c.segment = g.id AND c.block = a.block
      WHERE s.fp = ${fp} AND s.start_ts < ${end} AND s.end_ts > ${start}
      GROUP BY s.start_ts, s.end_ts, s.segment, a.block
    ), unpacked AS (
      SELECT start_ts, end_ts, unnest(${numbersSql('ts')}) AS ts, unnest(${booleansSql('present')}) AS present${unpacked.join('')}
      FROM packed
    )
    SELECT ts::BIGINT AS ts${masked.join('')} FROM unpacked
    WHERE ts >= greatest(start_ts, ${start}) AND ts < least(end_ts, ${end})`;
}

function doubleSql(value: number): string {
  return `'${value}'::DOUBLE`;
}
