import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';
import type { FlatRecord, Table } from '../../../../../src/sdk/table.js';
import type { View } from '../../../../../src/sdk/view.js';
import { failureIn, records, run, sliding, stream, valuesOf } from '../support.js';

type Fields = Readonly<Record<string, unknown>>;
type Row = Fields & FlatRecord;

const price = stream<Row>('price');
const numbers = records({ Open: [1, 2], Close: [3, 4] });

/** As files have them: a text, a column with an empty cell, a row that is null. */
const mixed: Table = {
  shape: 'record',
  ts: Float64Array.of(0, 60),
  names: ['Close', 'Flag', 'constructor'],
  columns: [
    { type: 'number', values: Float64Array.of(3, 4), valid: Uint8Array.of(1, 0) },
    { type: 'string', values: ['a', 'b'], valid: null },
    { type: 'number', values: Float64Array.of(7, 8), valid: null },
  ],
  present: null,
};

/** What a function of the last row gives for each bar. */
function each(table: Table, read: (row: Row) => unknown): ReturnType<typeof run> {
  return run((view: View) => read(view.latest(price)), price, [sliding(table, 1)]);
}

describe('the names in a row', () => {
  it('are found regardless of case, even if cells are empty or texts', async () => {
    assert.deepEqual(valuesOf((await each(numbers, ({ close }) => close)).table), [3, 4]);
    assert.deepEqual(valuesOf((await each(numbers, (row) => row.CLOSE)).table), [3, 4]);
    assert.deepEqual(valuesOf((await each(mixed, (row) => row.close)).table), [3, null]);
    assert.deepEqual(valuesOf((await each(mixed, (row) => row.flag)).table), ['a', 'b']);
    assert.deepEqual(valuesOf((await each(mixed, (row) => row.constructor)).table), [7, 8]);
    const row = (view: View): number => (view.window(price).row(-1) as { close: number }).close;
    assert.deepEqual(valuesOf((await run(row, price, [sliding(numbers, 1)])).table), [3, 4]);
  });

  it('are refused for an unknown column, with the known ones', async () => {
    for (const table of [numbers, mixed]) {
      const { message, code } = failureIn(await each(table, (row) => row.last));
      assert.match(message, /price has no column "last"; it has .*Close/);
      assert.equal(code, 'unknown-column');
    }
  });

  it('are refused if two differ by case alone, unless written exactly', async () => {
    const twins = records({ Close: [1, 2], CLOSE: [3, 4] });
    assert.deepEqual(valuesOf((await each(twins, (row) => row.CLOSE)).table), [3, 4]);
    const { message } = failureIn(await each(twins, (row) => row.close));
    assert.match(message, /Close and CLOSE differ by case alone/);
  });

  it('leave a row a plain record to whatever else looks at it', async () => {
    await each(mixed, (row) => {
      const plain = { Close: row.Close, Flag: row.Flag, constructor: row.constructor };
      assert.deepEqual(Object.keys(row), Object.keys(plain));
      assert.ok(isDeepStrictEqual({ ...row }, plain));
      assert.equal(JSON.stringify(row), JSON.stringify(plain));
      assert.deepEqual(structuredClone(row), plain);
      assert.match(inspect(row), /Close: /);
      assert.deepEqual(
        ['Close' in row, 'close' in row, 'last' in row, 'then' in row],
        [true, true, false, false],
      );
      assert.ok(row instanceof Object && Object.hasOwn(row, 'Close') && !Object.hasOwn(row, 'close'));
      assert.equal(''.concat(row as unknown as string), '[object Object]');
      const keys: string[] = [];
      for (const key in row) keys.push(key);
      assert.deepEqual(keys, Object.keys(plain));
      assert.equal((row as { then?: unknown }).then, undefined);
      return 0;
    }).then(({ failure }) => assert.equal(failure, null));
  });

  it('hold for the records that a node returns, a row itself among them', async () => {
    for (const table of [numbers, mixed]) {
      const passed = await each(table, (row) => row);
      assert.equal(passed.failure, null);
      assert.deepEqual(valuesOf((await each(passed.table, (row) => row.close)).table), [
        ...valuesOf((await each(table, (row) => row.Close)).table),
      ]);
    }
    const nested = await each(numbers, (row) => ({ bar: row }));
    assert.deepEqual(valuesOf(nested.table), [
      { bar: { Open: 1, Close: 3 } },
      { bar: { Open: 2, Close: 4 } },
    ]);
  });
});
