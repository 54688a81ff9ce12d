import { sameValue } from './values.js';

export type Cells = Float64Array | readonly unknown[];

/** What a column-form function returned, of proven length: one column of values, or one per field of a record. */
export type Output = { readonly values: Cells } | { readonly fields: Readonly<Record<string, Cells>> };

/** What a firing emits. A record whose fields are all undefined is no row. */
export function valueAt(output: Output, firing: number): unknown {
  if ('values' in output) return output.values[firing];
  const record = Object.entries(output.fields).map(([name, cells]) => [name, cells[firing]] as const);
  return record.every(([, value]) => value === undefined) ? undefined : Object.fromEntries(record);
}

/** A copy: the function may return the same scratch arrays each time it is called. */
export function copyOf(output: Output): Output {
  if ('values' in output) return { values: output.values.slice() };
  const fields = Object.entries(output.fields).map(([name, cells]) => [name, cells.slice()] as const);
  return { fields: Object.assign(Object.create(null) as Record<string, Cells>, Object.fromEntries(fields)) };
}

/** Whether two outputs have the same for a firing of each, bit for bit. */
export function sameAt(one: Output, at: number, other: Output, otherAt: number): boolean {
  if (!('values' in one && 'values' in other)) return sameValue(valueAt(one, at), valueAt(other, otherAt));
  const [a, b] = [one.values[at], other.values[otherAt]];
  return Object.is(a, b) || sameValue(a, b);
}
