import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import { parseStrategySpec, storedName, strategyRef } from '../protocol/project.js';
import type { StrategyRef } from '../protocol/payloads.js';
import { nearNames, SeamlessError } from '../sdk/errors.js';
import { codeOf } from './exit-codes.js';

interface Found {
  readonly file: string;
  readonly className: string;
}

/** `file#Class`, `file` for its only strategy, or `Class`, which is looked for below the working folder. */
export async function findStrategy(spec: string, cwd: string): Promise<StrategyRef> {
  if (!isClassName(spec, cwd)) {
    const { file, className } = specIn(spec, cwd);
    return strategyRef(file, className);
  }
  const { discoverStrategies } = await import('../discovery/discover.js');
  const all = await discoverStrategies(cwd);
  const matches = all.filter(({ className, exportName }) => className === spec || exportName === spec);
  const [only] = matches;
  if (only && matches.length === 1) return strategyRef(only.file, only.className);
  throw only ? ambiguous(spec, matches, cwd) : unknown(spec, all, cwd);
}

/** The strategy's name in the cache, and its project. Nothing is run; a name in the cache is found even if its file is gone. */
export async function findStored(
  spec: string,
  cwd: string,
): Promise<{ readonly name: string; readonly ref: StrategyRef }> {
  if (isClassName(spec, cwd)) {
    const ref = await findStrategy(spec, cwd).catch((error: unknown) => {
      if (codeOf(error) === 'not-found') return strategyRef(resolve(cwd, spec), spec);
      throw error;
    });
    return { name: existsSync(ref.file) ? storedName(ref, ref.className ?? spec) : spec, ref };
  }
  const { file, className } = specIn(spec, cwd);
  const ref = strategyRef(file, className);
  return { name: storedName(ref, await classNameIn(file, className, cwd)), ref };
}

async function classNameIn(file: string, className: string | null, cwd: string): Promise<string> {
  const { strategiesIn } = await import('../discovery/discover.js');
  const all = (await strategiesIn(file)) ?? [];
  const found = all.find((each) => each.exportName === className || each.className === className);
  if (className !== null) return found?.className ?? className;
  const [only] = all;
  if (only && all.length === 1) return only.className;
  const shown = relative(cwd, file) || file;
  throw new SeamlessError(
    'usage',
    only
      ? `${shown} has ${all.length} strategies: ${all.map((each) => each.className).join(', ')}. Say which one: ${shown}#${only.className}.`
      : `${shown} has no strategy that can be found: name its class, as in ${shown}#Momentum.`,
  );
}

/** A relative file starts at the working folder. */
function specIn(spec: string, cwd: string): ReturnType<typeof parseStrategySpec> {
  return parseStrategySpec(resolve(cwd, spec));
}

function isClassName(spec: string, cwd: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(spec) && !existsSync(resolve(cwd, spec));
}

function unknown(spec: string, all: readonly Found[], cwd: string): SeamlessError {
  const near = nearNames(
    spec,
    all.map(({ className }) => className),
  );
  const shown = all.filter(({ className }) => near.includes(className)).map((found) => specOf(found, cwd));
  const known = all.slice(0, 5).map((found) => specOf(found, cwd));
  const hint =
    shown.length > 0
      ? `Did you mean ${shown.join(' or ')}?`
      : known.length > 0
        ? `There is ${known.join(', ')}${all.length > 5 ? ', and more' : ''}.`
        : 'There is no strategy at all: name its file, or go to the folder it is in.';
  return new SeamlessError('not-found', `No strategy ${spec} was found in ${cwd}. ${hint}`);
}

function ambiguous(spec: string, matches: readonly Found[], cwd: string): SeamlessError {
  const names = matches.map((found) => specOf(found, cwd)).join(', ');
  return new SeamlessError(
    'usage',
    `There are ${matches.length} strategies ${spec}: ${names}. Say which one.`,
  );
}

/** A strategy as a person would type it. */
export function specOf({ file, className }: Found, cwd: string): string {
  return `${relative(cwd, file) || file}#${className}`;
}
