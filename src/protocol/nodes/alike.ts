import * as v from 'valibot';
import { same } from '../../engine/history/difference.js';
import { counts, type SchemaOf } from '../shapes.js';

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
  entries: Iterable<T>,
  fields: readonly (keyof T & string)[],
  own: readonly (keyof T & string)[],
  alsoSame: (a: T, b: T) => boolean = () => true,
): Alike<T> {
  const common = fields.filter((name) => !own.includes(name));
  const rests: T[] = [];
  const at: number[] = [];
  const columns = own.map((): unknown[] => []);
  let last: T | undefined;
  for (const entry of entries) {
    if (!last || !isLike(last, entry, common) || !alsoSame(last, entry)) rests.push((last = entry));
    at.push(rests.length - 1);
    for (let field = 0; field < own.length; field++) columns[field]?.push(entry[own[field] as keyof T]);
  }
  return { rests, at, columns: Object.fromEntries(own.map((name, field) => [name, columns[field] ?? []])) };
}

function isLike<T extends object>(a: T, b: T, fields: readonly (keyof T)[]): boolean {
  for (const name of fields) if (a[name] !== b[name] && !same(a[name], b[name])) return false;
  return true;
}

/** A field that is made of others, which the entries then lack. */
interface Made<T> {
  readonly name: string;
  readonly of: readonly (keyof T & string)[];
  /** Whether it can be made of an entry's rest, and of what is at its place in the columns. */
  readonly fits: (rest: T, columns: Columns<T>, index: number) => boolean;
  readonly from: (rest: T, columns: Columns<T>, index: number) => unknown;
}

type Columns<T> = { readonly [K in keyof T]: readonly T[K][] };

/**
 * The schema of entries that cross as `Alike`: it gives the entries.
 * @param own the schemas of columns
 */
export function alike<T extends object, Entry extends object = T>(
  fields: { readonly [K in keyof T]-?: SchemaOf<T[K]> },
  own: { readonly [K in keyof T]?: SchemaOf<readonly T[K][]> },
  made?: Made<T>,
): SchemaOf<readonly Entry[]> {
  const schemas: Readonly<Record<string, v.GenericSchema>> = fields;
  const isOwn = (name: string): boolean => Object.hasOwn(own, name);
  const names = Object.keys(schemas).filter((name) => !made?.of.some((each) => each === name));
  const owns = names.filter(isOwn);
  const packed = v.object({
    rests: v.array(v.object(Object.fromEntries(Object.entries(schemas).filter(([name]) => !isOwn(name))))),
    at: counts,
    columns: v.object(own as Readonly<Record<string, SchemaOf<readonly unknown[]>>>),
  });
  return v.pipe(
    packed,
    v.check(
      ({ rests, at, columns }) =>
        at.every((position) => position < rests.length) &&
        Object.values(columns).every(({ length }) => length === at.length),
      'Expected as many values of each field as entries',
    ),
    v.check(
      ({ rests, at, columns }) =>
        !made || at.every((position, index) => made.fits(rests[position] as T, columns as Columns<T>, index)),
      'Expected parts of a field that fit',
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
        for (const name of owns) {
          const value = (columns[name] as readonly unknown[])[index];
          entry[name] = value;
          absent ||= value === undefined;
        }
        if (made) entry[made.name] = made.from(rests[position] as T, columns as Columns<T>, index);
        return (absent ? withoutAbsent(entry) : entry) as Entry;
      });
    }),
  );
}

function withoutAbsent(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
