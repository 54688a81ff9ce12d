import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fails, Project, readAll, rowsOf } from './support.js';
import type { Table } from '../../src/sdk/table.js';
import { cases } from '../support/profile.js';

const MINUTE = 60;
const START = 1_677_628_800;

describe('csv sources', () => {
  const project = new Project();
  after(() => project.remove());

  it('reads a mark for a missing value, too, that comes after all rows from which it is told how to read', async () => {
    const count = 30_000;
    const lines = (mark: (row: number) => string): string =>
      `time,close\n${Array.from({ length: count }, (_, i) => `${i * 60},${mark(i)}\n`).join('')}`;
    const valuesOf = ({ columns: [column] }: Table): ArrayLike<unknown> & Iterable<unknown> =>
      column?.values ?? [];
    const numbers = valuesOf(await project.csv(lines((i) => String(i / 2))));
    for (const mark of ['null', '-', 'N/A', '']) {
      const table = await project.csv(lines((i) => (i === count - 5 ? mark : String(i / 2))));
      const [column] = table.columns;
      assert.equal(table.ts.length, count, mark);
      assert.equal(column?.valid?.[count - 5], 0, mark);
      assert.deepEqual(
        [...valuesOf(table)].filter((_, i) => i !== count - 5),
        [...numbers].filter((_, i) => i !== count - 5),
      );
    }
    await fails(
      project.csv(lines((i) => (i === count - 5 ? 'soon' : String(i / 2)))),
      'source-row',
      /line 29997 .*"soon"/,
    );
  });

  it('give back the bars that were written, holes and all, however the time is written', async () => {
    const cell = fc.oneof(fc.double(), fc.constant(null));
    const bar = fc.record({ gap: fc.integer({ min: 1, max: 5000 }), open: cell, close: cell });
    const bars = fc.array(bar, { minLength: 1, maxLength: 40 });
    const format = fc.constantFrom(...Object.keys(FORMATS));
    await fc.assert(
      fc.asyncProperty(bars, format, fc.constantFrom(',', ';', '\t'), async (gaps, formatName, delimiter) => {
        let time = START;
        const rows = gaps.map(({ gap, open, close }) => ({ time: (time += gap * MINUTE), open, close }));
        const write = FORMATS[formatName] as (time: number) => string;
        const lines = rows.map((row) => [write(row.time), text(row.open), text(row.close)].join(delimiter));
        // One row with every cell filled, so that both columns are known for numbers.
        const first = [write(START), '1', '2'].join(delimiter);
        const table = await project.csv(
          [['time', 'open', 'Close'].join(delimiter), first, ...lines].join('\n'),
        );
        assert.deepEqual(rowsOf(table), [
          [START, { open: 1, Close: 2 }],
          ...rows.map((row) => [row.time, { open: row.open, Close: row.close }]),
        ]);
      }),
      cases(60),
    );
  });

  it('read booleans, texts, empty cells, NaN and infinities', async () => {
    const table = await project.csv(
      'time,up,name,x,none\n0,true,abc,NaN,\n60,FALSE,"a ""b"", c",-inf,\n120,,,,\n180,True,7,inf,\n',
    );
    assert.deepEqual(
      table.columns.map((column) => column.type),
      ['boolean', 'string', 'number', 'null'],
    );
    assert.deepEqual(rowsOf(table), [
      [0, { up: true, name: 'abc', x: Number.NaN, none: null }],
      [60, { up: false, name: 'a "b", c', x: -Infinity, none: null }],
      [120, { up: null, name: null, x: null, none: null }],
      [180, { up: true, name: '7', x: Infinity, none: null }],
    ]);
  });

  it('know a column that is empty for longer than the sample by its later cells', async () => {
    const lines = Array.from({ length: 21_000 }, (_, i) => `${i * MINUTE},1,${i > 20_500 ? i : ''}`);
    const table = await project.csv(['time,a,late', ...lines].join('\n'));
    assert.equal(table.columns[1]?.type, 'number');
    assert.deepEqual(rowsOf(table).at(-1), [20_999 * MINUTE, { a: 1, late: 20_999 }]);
  });

  it('take the first column named like a time, else the first, else the one that is named', async () => {
    const times = async (text: string, options = {}) => [...(await project.csv(text, options)).ts];
    assert.deepEqual(await times(',Open\n0,1\n60,2\n'), [0, 60]);
    assert.deepEqual(await times('n,Open Time,close_time\n1,120,180\n2,180,240\n'), [120, 180]);
    assert.deepEqual(await times('candidate,openTime\n1,120\n2,180\n'), [120, 180]);
    assert.deepEqual(await times('a,WHEN\n1,300\n2,360\n', { time: 'when' }), [300, 360]);
  });

  it('name an unnamed column by its position', async () => {
    const table = await project.csv('time,,x\n0,1,2\n');
    assert.deepEqual(table.names, ['column1', 'x']);
  });

  it('read a file without a header by the names of its columns', async () => {
    const table = await project.csv('5,0\n6,60\n', { columns: ['price', 'time'] });
    assert.deepEqual(rowsOf(table), [
      [0, { price: 5 }],
      [60, { price: 6 }],
    ]);
  });

  it('shift bars that are stamped by their close', async () => {
    const table = await project.csv('time,x\n60,1\n120,2\n', { stamp: 'close' });
    assert.deepEqual([...table.ts], [0, 60]);
  });

  it('read times on a grid with a phase', async () => {
    const table = await project.csv('time,x\n15,1\n75,2\n', { phase: 15 }, { phase: 15 });
    assert.deepEqual([...table.ts], [15, 75]);
  });

  it('read times of day in their zone, across the change of clocks, and dates and offsets as they are', async () => {
    const rows = [
      '2023-03-11 09:30',
      '2023-03-12',
      '2023-03-12 09:30:00',
      '2023-03-13T09:30:00Z',
      '2023-03-14 09:30:00+01:00',
    ];
    const table = await project.csv(['time,x', ...rows.map((row) => `${row},1`)].join('\n'), {
      timeZone: 'America/New_York',
    });
    const expected = [
      '2023-03-11T14:30Z',
      '2023-03-12T00:00Z',
      '2023-03-12T13:30Z',
      '2023-03-13T09:30Z',
      '2023-03-14T08:30Z',
    ];
    assert.deepEqual(
      [...table.ts],
      expected.map((time) => Date.parse(time) / 1000),
    );
  });

  it('tell the unit of a numeric time by its size, or are told', async () => {
    for (const [factor, unit] of [
      [1, 's'],
      [1e3, 'ms'],
      [1e6, 'us'],
      [1e9, 'ns'],
    ] as const) {
      const text = `time,x\n${BigInt(START) * BigInt(factor)},1\n${BigInt(START + MINUTE) * BigInt(factor)},2\n`;
      assert.deepEqual([...(await project.csv(text)).ts], [START, START + MINUTE], unit);
      const early = `time,x\n0,1\n${MINUTE * factor},2\n`;
      assert.deepEqual([...(await project.csv(early, { timeUnit: unit })).ts], [0, MINUTE], unit);
    }
  });

  it('read Windows and old Mac line endings, a byte order mark, empty lines and gzip', async () => {
    const expected = [
      [0, { x: 1 }],
      [60, { x: 2 }],
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['\uFEFFtime,x', '0,1', '60,2', ''].join(end);
      assert.deepEqual(rowsOf(await project.csv(text)), expected);
    }
    assert.deepEqual(rowsOf(await project.csv('\n\ntime,x\n\n0,1\n\n60,2\n\n')), expected);
    project.write('bars.csv.gz', gzipSync('time,x\n0,1\n60,2\n'));
    assert.deepEqual(rowsOf(await project.read('csv', { path: 'bars.csv.gz' })), expected);
  });

  it('read a file whose folders have the characters of a pattern in their names', async () => {
    mkdirSync(project.path('[a] b*'));
    project.write(join('[a] b*', "it's,1.csv"), 'time,x\n0,1\n');
    assert.deepEqual(rowsOf(await project.read('csv', { path: "[a] b*/it's,1.csv" })), [[0, { x: 1 }]]);
  });

  it('give a range as a slice of the whole, and bounds', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `${i * MINUTE + (i > 200 ? 6000 : 0)},${i}`);
    project.write('bars.csv', ['time,x', ...lines].join('\n'));
    const reader = await project.open('csv', { path: 'bars.csv' });
    const whole = rowsOf(await readAll(reader));
    const part = rowsOf(await readAll(reader, { start: 90 * MINUTE, end: 310 * MINUTE }));
    assert.deepEqual(
      part,
      whole.filter(([ts]) => ts >= 90 * MINUTE && ts < 310 * MINUTE),
    );
    assert.deepEqual(await reader.bounds(), { first: 0, last: 499 * MINUTE + 6000 });
    assert.equal(reader.whole, true);
  });

  it('have no bounds and no bars when there is a header only', async () => {
    project.write('bars.csv', 'time,x\n');
    const reader = await project.open('csv', { path: 'bars.csv' });
    assert.equal(await reader.bounds(), null);
  });

  it('give tables in batches that join to the whole', async () => {
    const count = 100_000;
    project.write(
      'bars.csv',
      `time,x,s\n${Array.from({ length: count }, (_, i) => `${i * MINUTE},${i % 7 ? i : ''},t${i}`).join('\n')}`,
    );
    const reader = await project.open('csv', { path: 'bars.csv' });
    let tables = 0;
    let row = 0;
    for await (const table of reader.read({ start: -Infinity, end: Infinity })) {
      tables++;
      for (const [ts, value] of rowsOf(table)) {
        assert.deepEqual([ts, value], [row * MINUTE, { x: row % 7 ? row : null, s: `t${row}` }]);
        row++;
      }
    }
    assert.equal(row, count);
    assert.ok(tables > 1);
  });
});

const FORMATS: Readonly<Record<string, (time: number) => string>> = {
  'ISO with offset': (time) =>
    new Date(time * 1000).toISOString().replace('T', ' ').replace('.000Z', '+00:00'),
  'ISO with another offset': (time) => `${new Date((time + 19_800) * 1000).toISOString().slice(0, 19)}+05:30`,
  'ISO with Z': (time) => new Date(time * 1000).toISOString(),
  'ISO without offset': (time) => new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' '),
  seconds: (time) => String(time),
  milliseconds: (time) => String(time * 1000),
};

function text(cell: number | null): string {
  if (cell === null) return '';
  return Object.is(cell, -0) ? '-0' : String(cell);
}
