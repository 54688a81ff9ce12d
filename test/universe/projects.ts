import assert from 'node:assert/strict';
import type { RunReport } from '../../src/engine/run/reporting/report.js';
import type { Range } from '../../src/sdk/time/time.js';
import { Child, Project, storedTables, type Files } from '../support/project.js';
import { bytesOf } from '../support/worlds/runs.js';
import { csvOf, day, strategyOf, SYMBOLS, type Quote } from './market.js';

export const WHOLE = { start: day(0), end: day(160) };

/** Of the suites that run, the innermost last. */
const children: Child[] = [];

/** One child for the runs of a suite. Call inside `describe`. */
export function useChild(): void {
  before(() => {
    children.push(new Child());
  });
  after(() => children.pop()?.end());
}

/** A run in the child of the suite. */
export function run(project: Project, range: Range): Promise<RunReport> {
  const child = children.at(-1) ?? assert.fail('The child is there only while tests run.');
  return child.materialize(project, range);
}

/** All rows of a run, by node, with every bit. */
export async function rowsOf(project: Project, range = WHOLE): Promise<Record<string, readonly string[]>> {
  const report = await run(project, range);
  const stopped = report.nodes.filter(({ state }) => state === 'failed' || state === 'blocked');
  assert.deepEqual(report.coverageBounds, [range.start, range.end], stopped[0]?.reason);
  const tables = await storedTables(project.cacheDir, report);
  return Object.fromEntries([...tables].map(([name, table]) => [name, bytesOf(table)]));
}

export async function inProject<T>(files: Files, work: (project: Project) => Promise<T>): Promise<T> {
  const project = new Project(files);
  try {
    return await work(project);
  } finally {
    project.remove();
  }
}

/** The strategy over a source whose symbols are found. @param symbol the option that says where; none: in the files' names */
export function foundStrategy(history: string, symbol = ''): string {
  return strategyOf(history).replace(`symbol: 'ticker', symbols: ${JSON.stringify(SYMBOLS)}`, symbol);
}

/** A file of its own for each symbol, without a column that names it. */
export function filesOf(quotes: readonly Quote[], nameOf: (ticker: string) => string): Files {
  const tickers = [...new Set(quotes.map(({ ticker }) => ticker))];
  return Object.fromEntries(
    tickers.map((ticker) => {
      const lines = csvOf(quotes.filter((quote) => quote.ticker === ticker)).split('\n');
      const rows = lines.map((line) =>
        line
          .split(',')
          .filter((_, index) => index !== 1)
          .join(','),
      );
      return [nameOf(ticker), rows.join('\n')];
    }),
  );
}
