import { calendarSlots } from '../../src/engine/calendar/calendars.js';
import assert from 'node:assert/strict';
import { columnIndex, type Table } from '../../src/sdk/table.js';
import { Project, fails, readAll, rowsOf } from './support.js';

const MINUTE = 60;
const START = 1_700_000_040;

describe('demo sources', () => {
  const project = new Project();
  after(() => project.remove());

  const bars = async (options: Record<string, unknown>, minutes = 20_000, interval = MINUTE, phase = 0) => {
    const reader = await project.open('demo', options, { interval, phase });
    return readAll(reader, { start: START, end: START + minutes * interval });
  };

  it('have bars that hold together', async () => {
    const table = await bars({ volatility: 0.01 });
    const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map((name) =>
      numbers(table, name),
    );
    for (let i = 0; i < table.ts.length; i++) {
      const [o, h, l, c] = [open?.[i], high?.[i], low?.[i], close?.[i]] as [number, number, number, number];
      assert.ok(h >= Math.max(o, c) && l <= Math.min(o, c) && l > 0 && (volume?.[i] as number) > 0);
      if (i > 0) assert.equal(o, close?.[i - 1]);
    }
    assert.equal(table.ts.length, 20_000);
  });

  it('are the same, bit for bit, wherever a reading begins and in whatever batches', async () => {
    const options = { seed: 5, holes: 0.2 };
    const whole = rowsOf(await bars(options, 70_000));
    const reader = await project.open('demo', options);
    for (const skip of [1, 59, 32_768, 69_999]) {
      const start = START + skip * MINUTE;
      const part = rowsOf(await readAll(reader, { start, end: START + 70_000 * MINUTE }));
      assert.deepEqual(
        part,
        whole.filter(([ts]) => ts >= start),
      );
    }
  });

  it('have returns of the volatility asked for, at any interval', async () => {
    for (const interval of [1, MINUTE, 3600, 86_400]) {
      const close = numbers(await bars({ volatility: 0.002, start: 0 }, 20_000, interval), 'close');
      const returns = Array.from(close.subarray(1), (value, i) => Math.log(value / (close[i] as number)));
      const deviation = Math.sqrt(returns.reduce((sum, each) => sum + each * each, 0) / returns.length);
      assert.ok(Math.abs(deviation / 0.002 - 1) < 0.2, `${interval}: ${deviation}`);
    }
  });

  it('move around the price, differently for each seed', async () => {
    const [a, b] = [
      numbers(await bars({ seed: 1 }), 'close'),
      numbers(await bars({ seed: 2, price: 5 }), 'close'),
    ];
    assert.ok(a.every((value) => value > 10 && value < 1000));
    assert.ok(b.every((value) => value > 0.5 && value < 50));
    assert.ok(Math.abs(correlation(differences(a), differences(b))) < 0.05);
    const upper = numbers(await bars({ seed: 1 + 2 ** 33 }), 'close');
    assert.notDeepEqual(upper, a);
  });

  it('leave out the share of bars that is asked for', async () => {
    const table = await bars({ holes: 0.25 });
    assert.ok(Math.abs(table.ts.length / 20_000 - 0.75) < 0.02);
  });

  it('begin in 2015 and end before 2100, or as they are told, on the grid', async () => {
    const open = (options: Record<string, unknown>, interval = MINUTE, phase = 0) =>
      project.open('demo', options, { interval, phase });
    assert.deepEqual(await (await open({})).bounds(), {
      first: Date.parse('2015-01-01') / 1000,
      last: Date.parse('2100-01-01') / 1000 - MINUTE,
    });
    const short = await open(
      { start: '2020-01-01T00:00:10Z', end: new Date('2020-01-01T00:05:20Z') },
      MINUTE,
      5,
    );
    const first = Date.parse('2020-01-01T00:01:05Z') / 1000;
    assert.deepEqual(await short.bounds(), { first, last: first + 3 * MINUTE });
    assert.deepEqual(
      [...(await readAll(short)).ts],
      [0, 1, 2, 3].map((i) => first + i * MINUTE),
    );
    assert.equal(await (await open({ start: 30, end: 60 })).bounds(), null);
    const holey = await open({ start: 0, end: 6000, holes: 0.9 });
    const ts = (await readAll(holey)).ts;
    assert.deepEqual(await holey.bounds(), { first: ts[0], last: ts.at(-1) });
  });

  it('have a version that is told by the options alone', async () => {
    const version = async (options: Record<string, unknown>) =>
      (await project.open('demo', options)).version();
    assert.equal(await version({}), await version({ seed: 1 }));
    assert.notEqual(await version({}), await version({ seed: 2 }));
    assert.notEqual(await version({}), await version({ holes: 0.1 }));
  });

  it('refuse options that make no market', async () => {
    await fails(project.open('demo', { price: -1 }), 'source', /price is -1, but must be a number above 0/);
    await fails(project.open('demo', { holes: 1 }), 'source', /holes is 1/);
    await fails(project.open('demo', { sed: 1 }), 'source', /no option sed: did you mean seed/);
    await fails(project.open('demo', { start: 60, end: 60 }), 'source', /ends before it starts/);
  });

  it('make bars of UTC, and say how to have those of a calendar', async () => {
    const calendar = calendarSlots('XNYS', 86_400);
    await fails(
      project.read('demo', {}, { interval: 86_400, phase: 0, calendar }),
      'source',
      /leave the calendar out, give the stream interval: '30m', and make its bars of these with resample\(\{ name: 'bars', input: …, interval: '1d', calendar: 'XNYS' \}\)/,
    );
  });
});

function numbers(table: Table, name: string): Float64Array {
  return table.columns[columnIndex(table.names, name)]?.values as Float64Array;
}

function differences(values: Float64Array): Float64Array {
  return values.slice(1).map((value, i) => value - (values[i] as number));
}

function correlation(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array) =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
