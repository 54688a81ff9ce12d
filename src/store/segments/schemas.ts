import * as v from 'valibot';
import type { Schema } from '../../engine/ports/host.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Table } from '../../sdk/table.js';

export const schemaSchema = v.object({
  shape: v.picklist(['value', 'record']),
  names: v.pipe(v.array(v.string()), v.readonly()),
  types: v.pipe(v.array(v.picklist(['number', 'null', 'boolean', 'string', 'json'])), v.readonly()),
});

/** Caches parsed schemas: few nodes have columns of their own. */
const known = new Map<string, Schema>();

/** @throws Error for a text that describes no columns */
export function parseSchema(text: string): Schema {
  const found = known.get(text) ?? v.parse(schemaSchema, JSON.parse(text));
  if (known.size > 10_000) known.clear();
  known.set(text, found);
  return found;
}

export function schemaOf({ shape, names, columns }: Table): Schema {
  return { shape, names, types: columns.map(({ type }) => type) };
}

/** The columns of rows stored under several schemas. All-null columns fit any type, as in `concatTables`. */
export function mergeSchemas(before: Schema, next: Schema): Schema {
  if (isOpen(next)) return before;
  if (isOpen(before)) return next;
  if (before.shape !== next.shape || before.names.join('\n') !== next.names.join('\n')) {
    const [from, to] = [before.names.join(', '), next.names.join(', ')];
    throw new SeamlessError('internal', `The columns of a node changed from (${from}) to (${to}).`);
  }
  const types = before.types.map((type, position) =>
    type === 'null' ? (next.types[position] ?? type) : type,
  );
  return { ...before, types };
}

/** Whether all rows so far were null, so that no columns are known. */
export function isOpen({ shape, types }: Schema): boolean {
  return shape === 'value' && types.every((type) => type === 'null');
}
