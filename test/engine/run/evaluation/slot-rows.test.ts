import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { GraphNode } from '../../../../src/engine/graph/graph.js';
import { SlotRows, type RowsThen } from '../../../../src/engine/run/evaluation/slot-rows.js';
import { concatTables, emptyTable, rowValue, sliceTable, type Table } from '../../../../src/sdk/table.js';
import { cases } from '../../../support/profile.js';

const SYMBOLS = 4;
const NODES = Array.from({ length: SYMBOLS }, (_, index) => ({ index, name: `n${index}` }) as GraphNode);

/** Of each member: rows of a slot, null for none at the time; a null is a row without a value. */
type Slot = readonly (readonly ('row' | 'null' | 'none')[])[];

const cell = fc.constantFrom<Slot[number][number][]>(
  'row',
  'row',
  'row',
  'row',
  'row',
  'row',
  'null',
  'none',
);

/** Mostly one bar each. */
const slot = (length: number): fc.Arbitrary<Slot> =>
  fc.array(fc.array(cell, { minLength: length, maxLength: length }), {
    minLength: SYMBOLS,
    maxLength: SYMBOLS,
  });
const slots = fc.array(fc.oneof({ weight: 6, arbitrary: slot(1) }, { weight: 1, arbitrary: slot(3) }), {
  minLength: 1,
  maxLength: 40,
});

function tableOf(times: readonly number[], kinds: readonly ('row' | 'null' | 'none')[]): Table {
  const rows = times.flatMap((ts, i) => (kinds[i] === 'none' ? [] : [{ ts, isNull: kinds[i] === 'null' }]));
  if (rows.length === 0) return emptyTable();
  const valid = rows.some(({ isNull }) => isNull)
    ? Uint8Array.from(rows, ({ isNull }) => Number(!isNull))
    : null;
  const cells = (factor: number): Float64Array =>
    Float64Array.from(rows, ({ ts, isNull }) => (isNull ? Number.NaN : ts * factor));
  return {
    shape: 'record',
    ts: Float64Array.from(rows, ({ ts }) => ts),
    names: ['open', 'up'],
    columns: [
      { type: 'number', values: cells(1.5), valid },
      { type: 'boolean', values: Uint8Array.from(rows, ({ ts }) => ts % 2), valid: null },
    ],
    present: null,
  };
}

const shown = (table: Table): unknown[] => Array.from(table.ts, (ts, row) => [ts, rowValue(table, row)]);

describe('the rows at hand from slot to slot', () => {
  it('are the last ones of each node, whichever node of its lane has a bar, and do not change', () => {
    let [inPlace, steps] = [0, 0];
    fc.assert(
      fc.property(
        slots,
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: SYMBOLS, maxLength: SYMBOLS }),
        fc.integer({ min: 0, max: 60 }),
        (all, carried, keptAt) => {
          const rows = new SlotRows(new Map(carried.map((each, index) => [index, each])));
          const naive = NODES.map(() => emptyTable());
          let time = 0;
          let kept: { then: RowsThen; shown: unknown[] } | null = null;
          const last = (index: number, table: Table): unknown[] => shown(table).slice(-(carried[index] ?? 0));
          const allShown = (): unknown[] => NODES.map(({ index }) => last(index, rows.of(index)));
          for (const [at, kinds] of all.entries()) {
            const times = Array.from({ length: kinds[0]?.length ?? 0 }, () => (time += 60));
            const tables = NODES.map(({ index }) => tableOf(times, kinds[index] ?? []));
            const before = NODES.map(({ index }) => rows.of(index));
            rows.add(NODES, tables);
            for (const { index } of NODES) {
              naive[index] = concatTables([naive[index] as Table, tables[index] as Table]);
              const expected = last(index, naive[index]);
              assert.deepEqual(last(index, rows.of(index)), expected, 'in the slot');
            }
            rows.endSlot();
            for (const { index } of NODES) {
              assert.deepEqual(last(index, rows.of(index)), last(index, naive[index] as Table), 'after it');
              steps += 1;
              inPlace += Number(rows.of(index) === before[index] && (tables[index]?.ts.length ?? 0) > 0);
            }
            if (at === keptAt) kept = { then: rows.keep(), shown: allShown() };
          }
          if (!kept) return;
          rows.restore(kept.then);
          assert.deepEqual(allShown(), kept.shown, 'what was kept');
        },
      ),
      cases(2000, 200),
    );
    assert.ok(inPlace > steps / 20, `${inPlace} of ${steps} steps were in place`);
  });

  it('have their times in one array again once those are the same', () => {
    const rows = new SlotRows(new Map(NODES.map(({ index }) => [index, 2])));
    const add = (time: number, without?: number): void => {
      rows.add(
        NODES,
        NODES.map(({ index }) => tableOf([time], [index === without ? 'none' : 'row'])),
      );
      rows.endSlot();
    };
    const arrays = (): number => new Set(NODES.map(({ index }) => rows.of(index).ts)).size;
    for (const time of [1, 2, 3, 4]) add(time);
    assert.equal(arrays(), 1);
    add(5, 2);
    assert.equal(arrays(), 2);
    for (const time of [6, 7, 8, 9]) add(time);
    assert.equal(arrays(), 1);
    assert.deepEqual([...sliceTable(rows.of(2), 0, 3).ts], [7, 8, 9]);
  });

  it('refuse a column that changed, by the name of the node', () => {
    const rows = new SlotRows(new Map([[0, 2]]));
    const [node] = NODES as [GraphNode];
    rows.add([node], [tableOf([1], ['row'])]);
    const other = { ...tableOf([2], ['row']), names: ['open', 'down'] };
    assert.throws(() => rows.add([node], [other]), /Node n0: columns changed from/);
  });
});
