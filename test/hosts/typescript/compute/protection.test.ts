import assert from 'node:assert/strict';
import { columns } from '../../../../src/sdk/node.js';
import type { Table } from '../../../../src/sdk/table.js';
import type { View } from '../../../../src/sdk/view.js';
import { failureIn, numbers, records, run, sliding, stream } from './support.js';

const price = stream('price');

/** A copy of all numbers of a table, times first. */
function bytes(table: Table): number[][] {
  return [[...table.ts], ...table.columns.map((column) => [...(column.values as Float64Array)])];
}

describe('inputs', () => {
  const writers: readonly [string, (view: View) => unknown, RegExp][] = [
    [
      'a column',
      (view) => (view.window(price).column('close')[0] = 7),
      /wrote to column close of its input price: .*Float64Array\.from\(window\.column\("close"\)\)/,
    ],
    ['a sorted column', (view) => view.window(price).column('high').sort()[0], /wrote to column high/],
    ['the times', (view) => (view.window(price).ts[0] = 7), /wrote to the times \(ts\) of its input price/],
    [
      'memory behind a column',
      (view) => (new Float64Array(view.window(price).column('close').buffer)[3] = 7),
      /wrote to column close/,
    ],
    [
      'a column, with a throw afterwards',
      (view) => {
        view.window(price).column('close')[0] = 7;
        throw new Error('hides it');
      },
      /wrote to column close/,
    ],
  ];
  for (const [what, write, sentence] of writers) {
    it(`are read-only: ${what}`, async () => {
      const table = records({ close: [1, 2, Number.NaN, -0], high: [5, 4, 3, 2] });
      const before = bytes(table);
      const result = await run((view) => (write(view), 1), price, [sliding(table, 2)]);
      const failure = failureIn(result);
      assert.match(failure.message, sentence);
      assert.match(failure.message, /^Node fast /);
      assert.deepEqual([failure.code, failure.asOf, result.table.ts.length], ['compute', null, 0]);
      assert.deepEqual(bytes(table), before);
    });
  }

  it('are restored if two inputs share memory', async () => {
    const table = numbers([1, 2, 3]);
    const again = stream('again');
    const write = (view: View): number => {
      view.window(price).column()[0] = 7;
      return view.window(again).column()[0] as number;
    };
    const result = await run(write, [price, again], [sliding(table, 1), sliding(table, 1)]);
    assert.match(failureIn(result).message, /wrote to column value of its input price: .*window\.column\(\)/);
    assert.deepEqual(bytes(table), [
      [0, 60, 120],
      [1, 2, 3],
    ]);
  });

  it('are read-only to the column form, its ends and times included', async () => {
    const table = numbers([1, 2, 3]);
    const written = await run(
      columns((series) => series.of(price).column().fill(7)),
      price,
      [sliding(table, 1)],
    );
    assert.match(failureIn(written).message, /wrote to column value of its input price/);
    assert.equal(written.table.ts.length, 0);
    assert.deepEqual(bytes(table), [
      [0, 60, 120],
      [1, 2, 3],
    ]);

    const input = sliding(table, 1);
    const asOf = Float64Array.of(60, 120, 180);
    const kept = await run(
      columns((series) => {
        const last = Array.from(series.of(price).end, (end) => series.of(price).column()[end - 1] as number);
        series.of(price).end.fill(0);
        series.asOf.fill(0);
        return last;
      }),
      price,
      [input],
      { asOf },
    );
    assert.equal(kept.failure, null);
    assert.deepEqual([...input.end], [1, 2, 3]);
    assert.deepEqual([...asOf], [60, 120, 180]);
  });

  it('may be copied and handed on freely', async () => {
    const { failure, table } = await run(
      (view) => Float64Array.from(view.window(price).column()).sort()[0],
      price,
      [sliding(numbers([3, 1, 2]), 2)],
    );
    assert.equal(failure, null);
    assert.deepEqual([...(table.columns[0]?.values ?? [])], [1, 1]);
  });
});

describe('captured variables', () => {
  const inputs = [sliding(numbers([1, 2, 3]), 1)];

  it('that changed make the chunk void', async () => {
    const location = { file: 'fast.ts', line: 7 };
    const guard = { changed: () => ({ variable: 'total', location }) };
    const result = await run(() => 1, price, inputs, { guard });
    const failure = failureIn(result);
    assert.match(
      failure.message,
      /^Node fast keeps state between bars: while it computed, it changed total\..*make the node a ScanNode { init, step } \(fast\.ts:7\)\.$/,
    );
    assert.deepEqual(failure.location, location);
    assert.deepEqual([failure.code, failure.asOf, result.table.ts.length], ['compute', null, 0]);
  });

  it('that changed make the rows before a throw void as well', async () => {
    const fail = (view: View): number => {
      if (view.asOf > 60) throw new Error('boom');
      return 1;
    };
    const guard = { changed: () => ({ variable: 'total', location: null }) };
    const result = await run(fail, price, inputs, { guard });
    assert.equal(failureIn(result).asOf, null);
    assert.equal(result.table.ts.length, 0);
  });

  it('that change and change back make the chunk void too', async () => {
    let flag = false;
    const guard = { changed: () => (flag ? { variable: 'flag', location: null } : null) };
    const four = [sliding(numbers([1, 2, 3, 4]), 1)];
    const result = await run(() => Number((flag = !flag)), price, four, { guard });
    assert.match(failureIn(result).message, /changed flag/);
    assert.equal(flag, true);
    assert.equal(result.table.ts.length, 0);
  });

  it('that did not change do no harm, and are checked after the code ran', async () => {
    let ran = false;
    let asked = false;
    const guard = {
      changed: () => {
        asked = ran;
        return null;
      },
    };
    const result = await run(() => Number((ran = true)), price, inputs, { guard });
    assert.equal(result.failure, null);
    assert.equal(asked, true);
  });
});
