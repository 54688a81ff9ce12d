/** A place in an author's source: a file, with line and column counted from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/**
 * What went wrong, as a word that a program can test: exit codes, the Problems panel and tests depend on it. The message is for
 * people.
 */
export const ERROR_CODES = [
  'usage',
  'not-found',
  'syntax',
  'strategy',
  'cycle',
  'interval',
  'period',
  'duplicate-node',
  'unknown-column',
  'range',
  'time',
  'source',
  'source-row',
  'outside-data',
  'cache',
  'compute',
  'undeclared-input',
  'look-ahead',
  'compute-only',
  'value',
  'cancelled',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** The node the error is about, by name. */
  readonly node?: string | undefined;
  /** The bar's close in epoch seconds, when one bar is to blame. */
  readonly asOf?: number | undefined;
  readonly location?: SourceLocation | undefined;
  /** For a cycle: its nodes by name, ending where it starts. */
  readonly path?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/** An error whose message is a sentence for a person: what happened, to what, and what to do next. */
export class SeamlessError extends Error {
  readonly code: ErrorCode;
  readonly node: string | undefined;
  readonly asOf: number | undefined;
  readonly location: SourceLocation | undefined;
  readonly path: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.node = details.node;
    this.asOf = details.asOf;
    this.location = details.location;
    this.path = details.path;
  }
}

/** A view was asked for a node that is no declared input, or for more bars than declared. */
export class UndeclaredInput extends SeamlessError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('undeclared-input', message, details);
  }
}

/** A column-form `computeFn` gave a bar a value that depends on bars outside its window. */
export class LookAheadError extends SeamlessError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('look-ahead', message, details);
  }
}

/** Strategy code reached for something a cached computation must not depend on. */
export class ComputeOnlyViolation extends SeamlessError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('compute-only', message, details);
  }
}

/** The nearest of `names` to `name`, best first, for "did you mean". */
export function nearNames(name: string, names: Iterable<string>, most = 3): string[] {
  const wanted = name.toLowerCase();
  return [...names]
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.ceil(candidate.length / 2)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance, row by row (Wagner and Fischer 1974). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** `Did you mean A or B?`, naming those like an unknown one; without any, what is said otherwise. */
export function didYouMean(name: string, names: Iterable<string>, otherwise: string): string {
  const near = nearNames(name, names);
  return near.length > 0 ? `Did you mean ${near.join(' or ')}?` : otherwise;
}

/** The same behind a colon. */
export function nearHint(name: string, names: Iterable<string>, otherwise: string): string {
  return didYouMean(name, names, otherwise).replace(/^Did you/, 'did you');
}

/** What an error says; of anything else thrown, its text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
