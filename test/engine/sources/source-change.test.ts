import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sameBits } from '../../../src/engine/history/difference.js';
import { SourceComparison } from '../../../src/engine/sources/source-change.js';
import { rowValue, type Column, type Table } from '../../../src/sdk/table.js';
import { cases } from '../../support/profile.js';

const MINUTE = 60;

type Cell = number | null;

/** Rows by the minutes of their opens; null: a row without a record. */
const rows = fc.dictionary(
  fc.integer({ min: 0, max: 12 }).map(String),
  fc.option(fc.tuple(fc.constantFrom<Cell>(0, -0, Number.NaN, 1, null), fc.constantFrom<Cell>(0, 1, null)), {
    freq: 5,
  }),
);

type Rows = Readonly<Record<string, readonly [Cell, Cell] | null>>;

/** @param types of the columns; texts that are JSON may differ where their values do not */
function tableOf(of: Rows, types: readonly ('number' | 'string' | 'json')[], spaces: boolean): Table {
  const entries = Object.entries(of).sort(([a], [b]) => Number(a) - Number(b));
  const text = (cell: Cell, type: string): string =>
    type === 'json' ? `${spaces ? ' ' : ''}[${Number(cell)}]`.replace('NaN', '"NaN"') : String(cell);
  const columns = types.map((type, at): Column => {
    const cells = entries.map(([, row]) => row?.[at] ?? null);
    const valid = cells.includes(null) ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)) : null;
    return type === 'number'
      ? { type, values: Float64Array.from(cells, (cell) => cell ?? Number.NaN), valid }
      : { type, values: cells.map((cell) => (cell === null ? '' : text(cell, type))), valid };
  });
  const present = entries.some(([, row]) => row === null)
    ? Uint8Array.from(entries, ([, row]) => (row === null ? 0 : 1))
    : null;
  const ts = Float64Array.from(entries, ([minute]) => Number(minute) * MINUTE);
  return { shape: 'record', ts, names: ['a', 'b'], columns, present };
}

const types = fc.tuple(fc.constantFrom('number' as const), fc.constantFrom('number', 'string', 'json'));

describe('how a source changed', () => {
  it('is told by the values of its rows, whatever columns they are in', () => {
    fc.assert(
      fc.property(rows, rows, fc.boolean(), types, types, (first, second, alike, of, others) => {
        const before = tableOf(first, of, false);
        const after = tableOf(alike ? { ...first, ...second } : second, alike ? of : others, true);
        const at = (table: Table): Map<number, number> =>
          new Map(Array.from(table.ts, (ts, index) => [ts, index]));
        const [old, now] = [at(before), at(after)];
        const found = new SourceComparison();
        const ranges = found.compare(before, after, { interval: MINUTE, phase: 0, calendar: null });
        const corrected = [...old].flatMap(([ts, a]) => {
          const b = now.get(ts);
          return b === undefined || sameBits(rowValue(before, a), rowValue(after, b)) ? [] : [ts];
        });
        const added = [...now.keys()].filter((ts) => !old.has(ts));
        const removed = [...old.keys()].filter((ts) => !now.has(ts));
        assert.deepEqual(
          [found.corrected?.rows ?? 0, found.added?.rows ?? 0, found.removed?.rows ?? 0],
          [corrected.length, added.length, removed.length],
        );
        for (const ts of [...corrected, ...added, ...removed])
          assert.ok(ranges.some(({ start, end }) => start <= ts && ts < end));
        for (const ts of old.keys())
          if (now.has(ts) && !corrected.includes(ts))
            assert.ok(!ranges.some(({ start, end }) => start <= ts && ts < end));
      }),
      cases(2000, 400),
    );
  });
});
