/**
 * Lists are passed to DuckDB as one text that the statement splits. The statement stays the same for any number of nodes; `IN
 * (…)` would be planned again each time and is not pushed down into the scan.
 */
export function listParameter(values: Iterable<number>): string {
  return [...values].join(',');
}

export function jsonParameter(values: Iterable<string>): string {
  return JSON.stringify([...values]);
}

/** The numbers of parameter `$index` (a non-empty `listParameter`), one per row. */
export function unnestNumbers(index: number, type: 'INTEGER' | 'DOUBLE'): string {
  return `unnest(string_split($${index}, ',')::${type}[])`;
}

/** The texts of parameter `$index` (a `jsonParameter`), one per row. */
export function unnestTexts(index: number): string {
  return `unnest(from_json($${index}, '["VARCHAR"]'))`;
}

/** A table of the texts of parameter `$index`, as `wanted`, with their positions, as `at`. */
export function textsTable(index: number): string {
  return `(SELECT unnest(list) AS wanted, generate_subscripts(list, 1) - 1 AS at
    FROM (SELECT from_json($${index}, '["VARCHAR"]') AS list))`;
}
