import assert from 'node:assert/strict';
import { Project, runFresh, storedTables, type Files } from '../support/project.js';
import { bytesOf } from '../support/worlds/runs.js';
import { csvOf, day, strategyOf, SYMBOLS, type Quote } from './market.js';

export const WHOLE = { start: day(0), end: day(160) };

/** All rows of a run, by node, with every bit. */
export async function rowsOf(project: Project, range = WHOLE): Promise<Record<string, readonly string[]>> {
  const { report } = await runFresh(project, range);
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
