import { SeamlessError } from '../errors.js';

/** How cells of a column are combined. Missing cells and NaN are ignored; if nothing else is left, the result is NaN. */
export type Aggregate = 'first' | 'last' | 'min' | 'max' | 'sum' | 'mean' | 'count';

/** Combines the cells of rows `[start, end)`. */
export function aggregate(cells: Float64Array, start: number, end: number, how: Aggregate): number {
  let found = how === 'sum' || how === 'mean' ? 0 : Number.NaN;
  let count = 0;
  for (let row = start; row < end; row++) {
    const cell = cells[row] as number;
    if (Number.isNaN(cell)) continue;
    found = count++ === 0 && how !== 'sum' && how !== 'mean' ? cell : combined(found, cell, how);
  }
  if (how === 'count') return count;
  if (count === 0) return Number.NaN;
  return how === 'mean' ? found / count : found;
}

function combined(found: number, cell: number, how: Aggregate): number {
  switch (how) {
    case 'first':
    case 'count':
      return found;
    case 'last':
      return cell;
    case 'min':
      return Math.min(found, cell);
    case 'max':
      return Math.max(found, cell);
    case 'sum':
    case 'mean':
      return found + cell;
  }
}

const AGGREGATES: ReadonlySet<string> = new Set(['first', 'last', 'min', 'max', 'sum', 'mean', 'count']);

/** The type cannot be relied on in JavaScript. @throws SeamlessError `strategy` */
export function checkAggregates(name: string, columns: Readonly<Record<string, string>>): void {
  const wrong = Object.entries(columns).find(([, how]) => !AGGREGATES.has(how));
  if (!wrong) return;
  throw new SeamlessError(
    'strategy',
    `${name} makes ${wrong[0]} by ${JSON.stringify(wrong[1])}: write one of ${[...AGGREGATES].join(', ')}.`,
    { node: name },
  );
}
