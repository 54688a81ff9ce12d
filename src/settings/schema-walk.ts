/* What there is to know of a valibot schema without a value. */

interface Looked {
  readonly type?: string;
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly value?: unknown;
  readonly wrapped?: unknown;
  readonly options?: readonly unknown[];
  readonly literal?: string | number | boolean;
  readonly default?: unknown;
}

const look = (schema: unknown): Looked => schema ?? {};

function unwrapped(schema: unknown): Looked {
  const { wrapped } = look(schema);
  return wrapped === undefined ? look(schema) : unwrapped(wrapped);
}

/** The alternative that the `kind` of a value chooses, where a schema has several. */
function chosen(schema: Looked, kind: unknown): Looked {
  if (kind === undefined) return schema;
  const option = schema.options?.find((each) => look(look(each).entries?.['kind']).literal === kind);
  return option === undefined ? schema : unwrapped(option);
}

/**
 * The schema that a path leads to.
 * @param kindAt the `kind` of what stands at the beginning of the path that is so long
 */
export function schemaAt(
  root: unknown,
  path: readonly (string | number)[],
  kindAt: (length: number) => unknown,
): unknown {
  let schema = chosen(unwrapped(root), kindAt(0));
  // Keys of a record are its author's.
  for (const [at, key] of path.entries())
    schema = chosen(unwrapped(schema.entries?.[key] ?? schema.value), kindAt(at + 1));
  return schema;
}

/** Schemas of the fields of a map by their names; of one that has several kinds, of its `kind` until that is said. */
export function fieldsOf(schema: unknown): Readonly<Record<string, unknown>> {
  const { entries, options } = unwrapped(schema);
  if (entries) return entries;
  const kinds = (options ?? []).map((option) => look(look(option).entries?.['kind']));
  return kinds.some(({ literal }) => literal !== undefined) ? { kind: { options: kinds } } : {};
}

/** The values that a field takes, where they can be told: as they are written. */
export function choicesOf(schema: unknown): string[] {
  const { type, options, literal } = unwrapped(schema);
  if (literal !== undefined) return [String(literal)];
  if (type === 'boolean') return ['false', 'true'];
  return (options ?? []).flatMap((option) => (typeof option === 'string' ? [option] : choicesOf(option)));
}

/** What a field is without being said; undefined: it must be said, or is nothing. */
export function defaultOf(schema: unknown): string | undefined {
  const value = look(schema).default;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

export function isRequired(schema: unknown): boolean {
  return look(schema).type !== 'optional';
}
