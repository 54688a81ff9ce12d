import * as v from 'valibot';

import type { NodeFailure } from '../engine/ports/host.js';
import type { Span } from '../engine/run/reporting/report.js';
import type { SourceLocation } from '../sdk/errors.js';
import type { ServiceLevel, ServiceOutcome, StreamService } from '../sdk/providers/fetched.js';
import type { Column, RowValue, Table } from '../sdk/table.js';

/* Parts that several messages share. */

/** A schema for a type declared elsewhere: the compiler checks that they match. */
export type SchemaOf<T> = v.GenericSchema<unknown, T>;

/** A read-only list. */
export function list<S extends v.GenericSchema>(
  item: S,
): v.GenericSchema<unknown, readonly v.InferOutput<S>[]> {
  return v.array(item);
}

/** The same for items that a function checks: a schema for each of ten thousand items is slow. */
function listOf<T>(is: (item: unknown) => item is T, expected: string): SchemaOf<readonly T[]> {
  return v.custom<readonly T[]>((value) => {
    if (!Array.isArray(value)) return false;
    // Not `every`, which skips holes.
    for (let index = 0; index < value.length; index++) if (!is(value[index])) return false;
    return true;
  }, `Expected a list of ${expected}`);
}

const isText = (item: unknown): item is string => typeof item === 'string';
const isCount = (item: unknown): item is number => Number.isInteger(item) && (item as number) >= 0;

export const texts = listOf(isText, 'texts');
export const textsOrNull = listOf(
  (item): item is string | null => item === null || isText(item),
  'texts or null',
);
export const textsOrAbsent = listOf(
  (item): item is string | undefined => item === undefined || isText(item),
  'texts',
);
export const counts = listOf(isCount, 'counts');
export const listsOfCounts = listOf(
  (item): item is readonly number[] => v.is(counts, item),
  'lists of counts',
);

export const kind = v.picklist(['stream', 'node']);
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const atLeastOne = v.pipe(v.number(), v.integer(), v.minValue(1));
/** Epoch seconds. */
export const seconds = v.pipe(v.number(), v.finite());
export const path = v.pipe(v.string(), v.nonEmpty());
export const span: SchemaOf<Span> = v.tuple([v.number(), v.number()]);
export const spans = list(span);

export const location: SchemaOf<SourceLocation> = v.object({
  file: v.string(),
  line: v.number(),
  column: v.exactOptional(v.number()),
});

export const failure: SchemaOf<NodeFailure> = v.object({
  code: v.string(),
  message: v.string(),
  asOf: v.nullable(v.number()),
  location: v.nullable(location),
});

const levelParts = {
  deadline: v.optional(v.number()),
  coverage: v.optional(v.number()),
  lag: v.optional(v.number()),
  miss: v.picklist(['failFast', 'partialFill', 'hold']),
};
const outcomeParts = {
  ...levelParts,
  met: v.boolean(),
  misses: list(v.string()),
  share: v.number(),
  behind: v.number(),
};
export const serviceLevel: SchemaOf<ServiceLevel> = v.object(levelParts);
export const serviceOutcome: SchemaOf<ServiceOutcome> = v.object(outcomeParts);
export const streamService: SchemaOf<StreamService> = v.object({
  ...outcomeParts,
  preset: v.nullable(v.string()),
  name: v.nullable(v.string()),
});

const mask = v.nullable(v.instance(Uint8Array));

const column: SchemaOf<Column> = v.variant('type', [
  v.object({ type: v.picklist(['number', 'null']), values: v.instance(Float64Array), valid: mask }),
  v.object({ type: v.literal('boolean'), values: v.instance(Uint8Array), valid: mask }),
  v.object({ type: v.picklist(['string', 'json']), values: texts, valid: mask }),
]);

export const table: SchemaOf<Table> = v.object({
  shape: v.picklist(['value', 'record']),
  ts: v.instance(Float64Array),
  names: v.array(v.string()),
  columns: v.array(column),
  present: mask,
});

/** A node's value; not validated further, since it is only shown. */
export const rowValue = v.custom<RowValue>((value) => value !== undefined, 'Expected a value');
