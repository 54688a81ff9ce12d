import * as v from 'valibot';
import { same } from '../../engine/history/difference.js';
import { count, type SchemaOf } from '../shapes.js';

/**
 * Entries as they cross: members of a family differ in a few fields, so the rest of them is sent, and checked, once. `at` is the
 * position of each entry's rest, `columns` are its own fields.
 */
export interface Alike<T extends object = object> {
  readonly rests: readonly T[];
  readonly at: readonly number[];
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * @param fields all fields of an entry
 * @param own those in which entries that follow one another usually differ
 * @param alsoSame compares what is in none of them
 */
export function packAlike<T extends object>(
  entries: readonly T[],
  fields: readonly (keyof T & string)[],
  own: readonly (keyof T & string)[],
  alsoSame: (a: T, b: T) => boolean = () => true,
): Alike<T> {
  const common = fields.filter((name) => !own.includes(name));
  const rests: T[] = [];
  const at: number[] = [];
  let last: T | undefined;
  for (const entry of entries) {
    const before = last;
    const isAlike =
      before && common.every((name) => same(before[name], entry[name])) && alsoSame(before, entry);
    if (!isAlike) rests.push((last = entry));
    at.push(rests.length - 1);
  }
  const columns = own.map((name) => [name, entries.map((entry) => entry[name])] as const);
  return { rests, at, columns: Object.fromEntries(columns) };
}

/** The schema of entries that cross as `Alike`: it gives the entries. */
export function alike<T extends object>(
  fields: { readonly [K in keyof T]-?: SchemaOf<T[K]> },
  own: readonly (keyof T & string)[],
): SchemaOf<readonly T[]> {
  const schemas: Readonly<Record<string, v.GenericSchema>> = fields;
  const names = Object.keys(schemas);
  const pick = (wanted: (name: string) => boolean): [string, v.GenericSchema][] =>
    Object.entries(schemas).filter(([name]) => wanted(name));
  const isOwn = (name: string): boolean => (own as readonly string[]).includes(name);
  const packed = v.object({
    rests: v.array(v.object(Object.fromEntries(pick((name) => !isOwn(name))))),
    at: v.array(count),
    columns: v.object(Object.fromEntries(pick(isOwn).map(([name, schema]) => [name, v.array(schema)]))),
  });
  return v.pipe(
    packed,
    v.check(
      ({ rests, at, columns }) =>
        at.every((position) => position < rests.length) &&
        Object.values(columns).every(({ length }) => length === at.length),
      'Expected as many values of each field as entries',
    ),
    v.transform(({ rests, at, columns }) => {
      // In the order of the fields, which JSON shows.
      const whole = rests.map((rest) => {
        const has = names.filter((name) => isOwn(name) || rest[name] !== undefined);
        return Object.fromEntries(has.map((name) => [name, rest[name]]));
      });
      return at.map((position, index) => {
        const entry: Record<string, unknown> = { ...whole[position] };
        let absent = false;
        for (const name of own) {
          const value = (columns[name] as readonly unknown[])[index];
          entry[name] = value;
          absent ||= value === undefined;
        }
        return (absent ? withoutAbsent(entry) : entry) as T;
      });
    }),
  );
}

function withoutAbsent(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
