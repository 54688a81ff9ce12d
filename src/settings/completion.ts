import { isMap, isScalar, parseDocument, visit, type Node, type Pair } from 'yaml';
import { choicesOf, defaultOf, fieldsOf, isRequired, schemaAt } from './schema-walk.js';

/** Something that may be written where the cursor is. */
export interface Suggestion {
  readonly text: string;
  readonly kind: 'field' | 'value';
  /** Its default, or the values that it takes; null: there is nothing to say. */
  readonly detail: string | null;
  readonly required: boolean;
}

/** Names of the presets of a project, which a world names. */
export interface PresetNames {
  readonly data: readonly string[];
  readonly sla: readonly string[];
}

/** Names that one part of a file gives to another. @param path of the field whose value is asked for */
export type NamesIn = (file: unknown, path: readonly string[], known?: PresetNames) => readonly string[];

/** A word that nobody writes. */
const MARK = 'c4rs0rHere';

type Place = { readonly path: readonly string[]; readonly isKey: boolean };

/**
 * What may be written at a place of a file in YAML: fields that its map does not have yet, or the values of a field.
 * @param offset of the cursor in the text
 */
export function suggestionsAt(
  text: string,
  offset: number,
  schema: unknown,
  namesIn: NamesIn = () => [],
  presets?: PresetNames,
): Suggestion[] {
  const before = text.slice(0, offset).replace(/[\w.-]*$/, '');
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const after = text.slice(offset).replace(/^[\w.-]*/, '');
  const asKey = /^\s*$|[{,]\s*$/.test(line);
  if (line.includes('#') || (!asKey && !/:\s+$/.test(line))) return [];
  const mark = asKey && !/^\s*:/.test(after) ? `${MARK}: null` : MARK;
  const document = parseDocument(`${before}${mark}${after}`);
  const place = findMark(document.contents);
  if (!place) return [];
  const file = document.toJS() as unknown;
  const at = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], file);
  const { path, isKey } = place;
  const owner = path.slice(0, -1);
  const kindAt = (length: number): unknown =>
    (at(owner.slice(0, length)) as { kind?: unknown } | null | undefined)?.kind;
  const fields = fieldsOf(schemaAt(schema, owner, kindAt));
  if (!isKey) {
    const field = path.at(-1) ?? '';
    const values = [...choicesOf(fields[field]), ...namesIn(file, path, presets)];
    return values.map((value) => ({ text: value, kind: 'value', detail: null, required: false }));
  }
  const known = Object.keys((at(owner) as Record<string, unknown> | null) ?? {});
  return Object.entries(fields)
    .filter(([name]) => !known.includes(name))
    .map(([name, field]) => ({
      text: name,
      kind: 'field',
      detail: detailOf(field),
      required: isRequired(field),
    }));
}

function detailOf(field: unknown): string | null {
  const [choices, standard] = [choicesOf(field), defaultOf(field)];
  if (choices.length > 0)
    return choices.map((each) => (each === standard ? `${each} (default)` : each)).join(' | ');
  return standard === undefined ? null : `default: ${standard}`;
}

function findMark(root: Node | null): Place | null {
  let found: Place | null = null;
  if (!root) return null;
  visit(root, {
    Pair: (_key, pair, ancestors) => {
      const isKey = isScalar(pair.key) && pair.key.value === MARK;
      if (!isKey && !(isScalar(pair.value) && pair.value.value === MARK)) return undefined;
      const parents = ancestors.filter((each): each is Pair => 'key' in (each as object) && !isMap(each));
      const path = [...parents, pair].map(({ key }) => String(isScalar(key) ? key.value : key));
      found = { path, isKey };
      return visit.BREAK;
    },
  });
  return found;
}
