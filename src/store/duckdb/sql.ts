/**
 * Lists go to DuckDB as one text that the statement takes apart: a statement of constant length for any number of nodes,
 * where `IN (…)` would have to be planned anew and is not pushed down into the scan.
 */
export function listParameter(values: Iterable<number>): string {
  return [...values].join(',');
}

export function jsonParameter(values: Iterable<string>): string {
  return JSON.stringify([...values]);
}

/** The numbers of parameter `$index`, a `listParameter` that is not empty, one a row. */
export function unnestNumbers(index: number, type: 'INTEGER' | 'DOUBLE'): string {
  return `unnest(string_split($${index}, ',')::${type}[])`;
}

/** The texts of parameter `$index`, a `jsonParameter`, one a row. */
export function unnestTexts(index: number): string {
  return `unnest(from_json($${index}, '["VARCHAR"]'))`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
