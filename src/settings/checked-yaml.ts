import * as v from 'valibot';
import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { didYouMean, SeamlessError } from '../sdk/errors.js';
import type { NamesIn, PresetNames } from './completion.js';
import { fieldsOf, schemaAt } from './schema-walk.js';

type YamlSchema<T> = v.BaseSchema<unknown, T, v.BaseIssue<unknown>>;

/** Something that each field allows by itself, but not with the others. */
export interface Contradiction {
  readonly path: readonly string[];
  readonly text: string;
}

/** A kind of file that people write by hand: what is known of it where it is edited. */
export interface SettingsKind {
  /** What is offered in such a file. */
  readonly schemaFor: (text: string) => unknown;
  readonly namesIn: NamesIn;
  /** @param file what to call it. @throws SeamlessError `usage`, with the line */
  readonly check: (text: string, file: string, known?: PresetNames) => unknown;
}

/**
 * What a file in YAML says, checked.
 * @param file what to call it
 * @throws SeamlessError `usage`, naming the line
 */
export function parseYaml<T>(
  text: string,
  file: string,
  schema: YamlSchema<T>,
  contradictionIn: (value: T) => Contradiction | null,
): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) {
    const { line } = lines.linePos(broken.pos[0]);
    const [first = ''] = broken.message.split('\n');
    throw refused(file, line, `this is not YAML: ${first.replace(/ at line \d+, column \d+:?$/, '')}`);
  }
  const said: unknown = document.toJS() ?? {};
  if (Array.isArray(said)) throw refused(file, 1, `it is a list, but must be ${FIELDS}`);
  const outcome = v.safeParse(schema, said);
  if (!outcome.success) {
    // A misspelt field is missing, too: its own name says more.
    const issue = outcome.issues.find(isStranger) ?? outcome.issues[0];
    const path = (issue.path ?? []).map(({ key }) => key as string | number);
    throw refused(file, lineOf(document, lines, path), sentenceOf(schema, issue, path));
  }
  const problem = contradictionIn(outcome.output);
  if (problem) throw refused(file, lineOf(document, lines, problem.path), problem.text);
  return outcome.output;
}

/** The line of what a path leads to; where that is missing, of what should have it. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isNode(item.key) && item.key.toJS(document) === key)
      : undefined;
    const range = pair && isNode(pair.key) ? pair.key.range : null;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

function isStranger({ type, expected }: v.BaseIssue<unknown>): boolean {
  return type === 'strict_object' && expected === 'never';
}

function sentenceOf(
  schema: unknown,
  issue: v.BaseIssue<unknown>,
  path: readonly (string | number)[],
): string {
  const shown = path.join('.');
  if (isStranger(issue)) {
    const known = knownFields(schema, path.slice(0, -1), issue);
    const hint = didYouMean(String(path.at(-1)), known, `There is ${known.join(', ')}.`);
    return `there is no field ${shown}. ${hint}`;
  }
  const name = shown || 'it';
  if (issue.received === 'undefined') {
    const { expects } = schemaAt(schema, path, kindsOf(issue)) as { readonly expects?: string };
    return `${name} is missing: it must be ${wanted(expects ?? 'a value')}`;
  }
  if (issue.kind === 'schema' && issue.expected)
    return `${name} is ${issue.received === 'null' ? 'empty' : issue.received}, but must be ${wanted(issue.expected)}`;
  const bound =
    issue.type === 'integer' ? 'a whole number' : issue.type === 'finite' ? 'finite' : issue.expected;
  const isOwn = !issue.message.startsWith('Invalid ');
  return isOwn || !bound
    ? `${name}: ${issue.message}`
    : `${name}: must be ${bound}, but is ${issue.received}`;
}

const FIELDS = 'fields, such as "name: value"';

/** What a schema expects, in words. */
function wanted(expects: string): string {
  return expects === 'Object' ? FIELDS : expects;
}

/** The `kind` of the value at each length of an issue's path. */
function kindsOf(issue: v.BaseIssue<unknown>): (length: number) => unknown {
  return (length) => {
    const value = length === 0 ? issue.path?.[0]?.input : issue.path?.[length - 1]?.value;
    return (value as { kind?: unknown } | null | undefined)?.kind;
  };
}

/** The fields that there are where an unknown one was met. */
function knownFields(
  root: unknown,
  path: readonly (string | number)[],
  issue: v.BaseIssue<unknown>,
): string[] {
  return Object.keys(fieldsOf(schemaAt(root, path, kindsOf(issue))));
}

function refused(file: string, line: number, text: string): SeamlessError {
  const end = /[.?!]$/.test(text) ? '' : '.';
  return new SeamlessError('usage', `${file}:${line}: ${text}${end}`, { location: { file, line } });
}
