/** A row of columns of numbers as a record. */
export type RecordMaker = (columns: readonly Float64Array[], row: number) => Readonly<Record<string, number>>;

/**
 * Compiles the function that makes records with these fields; null where a name is none that a literal can have. An object written as
 * a literal takes a tenth of what adding its fields one by one does, and this is done for each bar.
 */
export function recordMaker(names: readonly string[]): RecordMaker | null {
  if (!areLiteral(names)) return null;
  const fields = names.map((name, i) => `${JSON.stringify(name)}: columns[${i}][row]`);
  return compiled('columns, row', `return { ${fields.join(', ')} };`) as RecordMaker;
}

/** Copies a flat record with exactly these fields, in their order; null for anything else. */
export type FlatCopier = (record: object) => object | null;

/** Compiles the function that copies flat records with these fields; null where a name is none that a literal can have. */
export function flatCopier(names: readonly string[]): FlatCopier | null {
  if (!areLiteral(names)) return null;
  const keys = names.map((name) => JSON.stringify(name));
  const reads = keys.map((key, i) => `const v${i} = record[${key}]; if (!isScalar(v${i})) return null;`);
  const body = `
    let at = 0;
    for (const key in record) if (key !== names[at++]) return null;
    if (at !== ${names.length}) return null;
    ${reads.join('\n')}
    return { ${keys.map((key, i) => `${key}: v${i}`).join(', ')} };`;
  const copy = compiled('record, names, isScalar', body);
  return (record) => copy(record, names, isScalar) as object | null;
}

function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'number' || type === 'string' || type === 'boolean' || value === null;
}

function areLiteral(names: readonly string[]): boolean {
  return names.length > 0 && !names.includes('__proto__');
}

function compiled(parameters: string, body: string): (...values: readonly unknown[]) => unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- nothing of the author's but names, as JSON writes them
  return new Function(parameters, `'use strict'; ${body}`) as (...values: readonly unknown[]) => unknown;
}
