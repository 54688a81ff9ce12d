import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type Mocha from 'mocha';

/** What a run of mocha came to, as it is kept in a file: full titles of its tests; of those and the hooks that failed, also why. */
export interface Results {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** Gathers the results of a run while it goes on. */
export function gather(runner: Mocha.Runner): Results {
  const results = { passed: [] as string[], failed: [] as string[], skipped: [] as string[] };
  runner.on('pass', (test) => results.passed.push(test.fullTitle()));
  runner.on('fail', (test, error: unknown) => results.failed.push(`${test.fullTitle()}\n${why(error)}`));
  runner.on('pending', (test) => results.skipped.push(test.fullTitle()));
  return results;
}

/** The beginning of what an error says: the whole may be far up in the log by the end. */
function why(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.message}` : '';
  const text = `${error instanceof Error ? error.message : String(error)}${cause}`;
  return text.slice(0, 1500).replace(/^/gm, '      ');
}

/** Writes results into a file, after those of runs that wrote into it before. */
export function addResults(file: string, { passed, failed, skipped }: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  const before: Results = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Results)
    : { passed: [], failed: [], skipped: [] };
  const all: Results = {
    passed: [...before.passed, ...passed],
    failed: [...before.failed, ...failed],
    skipped: [...before.skipped, ...skipped],
  };
  writeFileSync(file, JSON.stringify(all));
}
