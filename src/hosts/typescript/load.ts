import { readFile } from 'node:fs/promises';
import { parse } from 'node:path';

import { ComputeOnlyViolation, didYouMean, SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import { Strategy } from '../../sdk/strategy.js';
import type { StrategyBundle } from './bundle/bundle.js';
import { nameInText } from './class-file.js';
import { authorLocation, describeFile, describeLocation } from './sandbox/author.js';
import type { ComputeOnlyContext } from './sandbox/context.js';

interface LoadRequest {
  readonly bundle: Pick<StrategyBundle, 'url' | 'codePath'>;
  /** The author's file, absolute. */
  readonly file: string;
  readonly projectRoot: string;
  /** Name of the class or of its export, also `default`. Default: the file's only strategy. */
  readonly className?: string | undefined;
  readonly context: Pick<ComputeOnlyContext, 'load' | 'setup' | 'takeViolation'>;
}

export interface LoadedStrategy {
  /** After its `setup()`. */
  readonly instance: Strategy;
  /** The class's name, whichever name it was requested by. */
  readonly className: string;
}

type StrategyClass = new () => Strategy;

interface Candidate {
  readonly exportName: string;
  readonly className: string;
  readonly make: StrategyClass;
}

/**
 * Imports a bundled strategy file in the compute-only context, makes the strategy, and runs its `setup()`.
 * @throws SeamlessError `not-found` for a class that is not there or not exported; `strategy` for one that is no
 * concrete Strategy, or when the author's code throws, with the place; `syntax` for an import the SDK does not have.
 * @throws ComputeOnlyViolation also when the author's code caught it.
 */
export async function loadStrategy(request: LoadRequest): Promise<LoadedStrategy> {
  const text = await readFile(request.file, 'utf8');
  const author = new Author(request, text);
  const { loaded } = await author.runAsync('The top level of the module', () =>
    request.context.load(() => import(request.bundle.url) as Promise<Record<string, unknown>>),
  );
  const { make, className } = choose(flatten({ ...loaded }), request, withoutComments(text));
  const instance = author.run(`The constructor of ${className}`, () =>
    request.context.setup(() => new make()),
  );
  const returned: unknown = author.run(`setup() of ${className}`, () =>
    request.context.setup(() => (instance as { setup(): unknown }).setup()),
  );
  if (returned instanceof Promise) {
    // Its result is reported as a stray error; here it is refused already.
    throw new SeamlessError(
      'strategy',
      `setup() of ${className} returns a promise: make it synchronous, and let a historyProvider do what needs to wait.`,
      {
        location: { file: request.file, line: lineOf(text, new RegExp(`class\\s+${escape(className)}\\b`)) },
      },
    );
  }
  return { instance, className };
}

/** A CommonJS file has one export, the object with everything. */
function flatten(exports: Record<string, unknown>): Record<string, unknown> {
  const only = exports.default;
  if (typeof only !== 'object' || only === null) return exports;
  return { ...only, ...exports };
}

function choose(exports: Record<string, unknown>, request: LoadRequest, text: string): Candidate {
  const candidates = Object.entries(exports).flatMap(([exportName, value]) => {
    if (!isStrategyClass(value) || isAbstract(value, text)) return [];
    return [{ exportName, className: authorName(exportName, value, request.file, text), make: value }];
  });
  if (request.className === undefined) return chooseOnly(candidates, request, text);
  const wanted = request.className;
  const found =
    candidates.find(({ exportName }) => exportName === wanted) ??
    candidates.find(({ className, make }) => className === wanted || make.name === wanted);
  if (found) return found;
  throw notFound(wanted, exports, candidates, request, text);
}

function chooseOnly(candidates: readonly Candidate[], request: LoadRequest, text: string): Candidate {
  const distinct = candidates.filter(
    ({ make }, index) => candidates.findIndex((other) => other.make === make) === index,
  );
  if (distinct.length === 1) return distinct[0] as Candidate;
  const file = describeFile(request.file, request.projectRoot);
  if (distinct.length > 1) {
    const names = distinct.map(({ className }) => className);
    throw new SeamlessError(
      'usage',
      `${file} has ${names.length} strategies: ${names.join(', ')}. Say which one: ${file}#${names[0] ?? ''}.`,
    );
  }
  const unexported = /\bclass\s+([\w$]+)\s+extends\s+[\w$.]*Strategy\b/.exec(text)?.[1];
  if (unexported !== undefined) throw unusable(unexported, request, text);
  throw new SeamlessError(
    'not-found',
    `${file} has no strategy: export a class from it that extends Strategy, and give it a setup().`,
    { location: { file: request.file, line: 1 } },
  );
}

function notFound(
  wanted: string,
  exports: Record<string, unknown>,
  candidates: readonly Candidate[],
  request: LoadRequest,
  text: string,
): SeamlessError {
  if (wanted in exports || definesClass(text, wanted))
    return unusable(wanted, request, text, exports[wanted]);
  const names = [...new Set(candidates.map(({ className }) => className))];
  const hint = didYouMean(
    wanted,
    names,
    names.length > 0
      ? `It has ${names.join(', ')}.`
      : 'It has no strategy at all: export a class from it that extends Strategy.',
  );
  return new SeamlessError(
    'not-found',
    `${describeFile(request.file, request.projectRoot)} has no class ${wanted}. ${hint}`,
  );
}

/** Why an existing class cannot be run. */
function unusable(name: string, request: LoadRequest, text: string, exported?: unknown): SeamlessError {
  const location = { file: request.file, line: lineOf(text, new RegExp(`\\bclass\\s+${escape(name)}\\b`)) };
  const at = describeLocation(location, request.projectRoot);
  if (new RegExp(`\\babstract\\s+class\\s+${escape(name)}\\b`).test(text) || isStrategyClass(exported)) {
    const why = `${name} (${at}) is abstract: run a class that extends it and has its own setup().`;
    return new SeamlessError('strategy', why, { location });
  }
  if (exported === undefined) {
    const why = `${name} (${at}) is not exported: write "export class ${name}".`;
    return new SeamlessError('not-found', why, { location });
  }
  return new SeamlessError(
    'strategy',
    `${name} (${at}) is not a strategy: it must be a class that extends Strategy.`,
    { location },
  );
}

function isStrategyClass(value: unknown): value is StrategyClass {
  return typeof value === 'function' && value.prototype instanceof Strategy;
}

/** TypeScript's `abstract` leaves no trace at run time, except that the class may lack a `setup`. */
function isAbstract(value: StrategyClass, text: string): boolean {
  const prototype = value.prototype as Partial<Strategy>;
  return (
    typeof prototype.setup !== 'function' ||
    new RegExp(`\\babstract\\s+class\\s+${escape(value.name)}\\b`).test(text)
  );
}

/** One name for a class, however it is exported: the strategy's name in the cache. */
function authorName(exportName: string, value: StrategyClass, file: string, text: string): string {
  if (definesClass(text, value.name)) return nameInText(text, value.name);
  if (exportName !== 'default') return exportName;
  return /\bexport\s+default\s+class\s+(?!extends\b)([\w$]+)/.exec(text)?.[1] ?? parse(file).name;
}

function definesClass(text: string, name: string): boolean {
  return new RegExp(`\\bclass\\s+${escape(name)}\\b`).test(text);
}

function escape(name: string): string {
  return name.replace(/[^\w]/g, '\\$&');
}

/** Replaces comments by spaces, so that lines stay in place. Strings are left alone: they contain no classes. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

function lineOf(text: string, pattern: RegExp): number {
  const index = text.search(pattern);
  return index < 0 ? 1 : text.slice(0, index).split('\n').length;
}

/** Runs author code, and converts its errors into sentences with their place. */
class Author {
  readonly #request: LoadRequest;
  readonly #text: string;

  constructor(request: LoadRequest, text: string) {
    this.#request = request;
    this.#text = text;
  }

  run<T>(step: string, work: () => T): T {
    try {
      const result = work();
      this.#throwViolation();
      return result;
    } catch (error) {
      throw this.#explain(step, error);
    }
  }

  async runAsync<T>(step: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#throwViolation();
      return result;
    } catch (error) {
      throw this.#explain(step, error);
    }
  }

  #throwViolation(): void {
    const violation = this.#request.context.takeViolation();
    if (violation) throw violation;
  }

  #explain(step: string, thrown: unknown): SeamlessError {
    // If a caught violation led to another error, report the violation.
    const violation = this.#request.context.takeViolation();
    if (thrown instanceof ComputeOnlyViolation || violation)
      return violation ?? (thrown as ComputeOnlyViolation);
    if (!(thrown instanceof Error)) {
      return new SeamlessError('strategy', `${step} threw what is no Error: ${String(thrown)}`, {
        cause: thrown,
      });
    }
    const { projectRoot, bundle, file } = this.#request;
    if (ABSENT_EXPORT.test(thrown.message)) return absentExport(thrown, file, this.#text);
    const location = authorLocation(thrown, projectRoot, bundle.codePath) ?? undefined;
    const at = location ? describeLocation(location, projectRoot) : null;
    if (thrown instanceof SeamlessError) return placed(thrown, location, at);
    const where = at === null ? '' : ` at ${at}`;
    return new SeamlessError('strategy', `${step} threw${where}: ${thrown.name}: ${thrown.message}`, {
      location,
      cause: thrown,
    });
  }
}

/** An error of the SDK, with its place unless it names one. */
function placed(
  error: SeamlessError,
  location: SourceLocation | undefined,
  at: string | null,
): SeamlessError {
  if (error.location || at === null) return error;
  const details = { node: error.node, asOf: error.asOf, location, cause: error };
  return new SeamlessError(error.code, `${error.message} (${at})`, details);
}

/** Node's message about a missing import of an external module; esbuild checks all others. */
const ABSENT_EXPORT = /requested module '([^']+)' does not provide an export named '([^']+)'/;

function absentExport(error: Error, file: string, text: string): SeamlessError {
  const [, module = '', name = ''] = ABSENT_EXPORT.exec(error.message) ?? [];
  const from = module.startsWith('file:') ? 'seamless-dag' : module;
  return new SeamlessError(
    'syntax',
    `${from} has no export named ${name}: check the spelling of the import.`,
    {
      location: { file, line: lineOf(text, new RegExp(`\\b${escape(name)}\\b`)) },
      cause: error,
    },
  );
}
