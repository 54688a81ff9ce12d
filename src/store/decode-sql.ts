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

/**
 * The view `node_rows`: every covered value of the current nodes by name, one a row, as `number`, `flag` or `text` (JSON is
 * text) by the type of its column; null where the value is, or the whole row.
 */
export const NODE_ROWS_VIEW = `
  CREATE VIEW node_rows AS
  WITH packed AS (
    SELECT n.strategy, n.node, h.names[c.position + 1] AS name, h.types[c.position + 1] AS type,
      s.start_ts, s.end_ts, a.ts, c.data, c.valid, p.data AS present
    FROM names n JOIN coverage s ON s.fp = n.fp JOIN segments g ON g.id = s.segment JOIN schemas h ON h.id = g.schema
    JOIN axis_cells a ON a.axis = g.axis
    JOIN cells c ON c.segment = g.id AND c.block = a.block AND c.position >= 0
    LEFT JOIN cells p ON p.segment = g.id AND p.block = a.block AND p.position = -1
    WHERE n.replaced_at IS NULL
  ), unpacked AS (
    SELECT strategy, node, name, start_ts, end_ts, unnest(${numbersSql('ts')}) AS ts,
      unnest(CASE WHEN type = 'number' THEN ${numbersSql('data')} END) AS number,
      unnest(CASE WHEN type = 'boolean' THEN ${booleansSql('data')} END) AS flag,
      unnest(CASE WHEN type IN ('string', 'json') THEN ${textsSql('data')} END) AS text,
      unnest(${booleansSql('valid')}) AS valid, unnest(${booleansSql('present')}) AS present
    FROM packed
  ), covered AS (
    SELECT *, coalesce(valid, true) AND coalesce(present, true) AS given FROM unpacked WHERE ts >= start_ts AND ts < end_ts
  )
  SELECT strategy, node, make_timestamp((ts * 1000000)::BIGINT) AS time, ts::BIGINT AS ts, name AS "column",
    CASE WHEN given THEN number END AS number, CASE WHEN given THEN flag END AS flag, CASE WHEN given THEN text END AS text
  FROM covered;
`;
