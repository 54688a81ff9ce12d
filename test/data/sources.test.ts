import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SourceLibrary } from '../../src/engine/ports/source.js';
import { csvHistory } from '../../src/sdk/providers/providers.js';
import { concatTables, rowValue, type Table } from '../../src/sdk/table.js';
import { openSourceLibrary } from '../../src/sources/library.js';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const DAY = 86_400;

describe('the recorded market data', () => {
  const library: SourceLibrary & { close(): void } = openSourceLibrary({ projectRoot: DATA });
  after(() => library.close());

  const read = async (name: string, interval: number): Promise<Table> => {
    const path = join(DATA, name);
    assert.ok(
      existsSync(path),
      `${path} is missing: this suite reads the recorded bars, put them beside the repository.`,
    );
    const { kind, options } = csvHistory(name);
    const source = { kind, options };
    const reader = await library.open({
      node: 0,
      name,
      interval,
      phase: 0,
      calendar: null,
      source,
      location: null,
    });
    const tables: Table[] = [];
    for await (const table of reader.read({ start: -Infinity, end: Infinity })) tables.push(table);
    return concatTables(tables);
  };

  for (const name of ['btcusdt-1m.csv', 'btcusdc-1m.csv']) {
    it(`${name}: every minute of three weeks`, async () => {
      const table = await read(name, 60);
      assert.equal(table.ts.length, 30_240);
      assert.deepEqual(table.names, ['open', 'high', 'low', 'close', 'volume']);
      assert.ok(table.columns.every((column) => column.type === 'number' && column.valid === null));
      assert.equal(table.ts[0], Date.parse('2023-03-01T00:00:00Z') / 1000);
      assert.equal(table.ts.at(-1), Date.parse('2023-03-21T23:59:00Z') / 1000);
      assert.equal(gaps(table, 60), 0);
    });
  }

  it('btcusdt-1m.csv: the first bar as it is written', async () => {
    const table = await read('btcusdt-1m.csv', 60);
    const bar = { open: 23140.48, high: 23150.77, low: 23128.52, close: 23142.31, volume: 2.131777 };
    assert.deepEqual(rowValue(table, 0), bar);
  });

  it('btcusdc-1m.csv: minutes without a trade are there, with volume 0', async () => {
    const table = await read('btcusdc-1m.csv', 60);
    const volume = table.columns[table.names.indexOf('volume')]?.values as Float64Array;
    assert.ok(volume.filter((value) => value === 0).length > 1000);
  });

  it('goog-1d.csv: trading days, with weekends and holidays missing', async () => {
    const table = await read('goog-1d.csv', DAY);
    assert.equal(table.ts.length, 2148);
    assert.deepEqual(table.names, ['Open', 'High', 'Low', 'Close', 'Volume']);
    assert.equal(table.ts[0], Date.parse('2004-08-19') / 1000);
    assert.equal(table.ts.at(-1), Date.parse('2013-03-01') / 1000);
    assert.ok(gaps(table, DAY) > 400);
    assert.ok(table.ts.every((ts) => ![0, 6].includes(new Date(ts * 1000).getUTCDay())));
    assert.deepEqual(rowValue(table, 0), {
      Open: 100,
      High: 104.06,
      Low: 95.96,
      Close: 100.34,
      Volume: 22351900,
    });
  });
});

/** How many times a bar does not follow the one before at once. */
function gaps(table: Table, interval: number): number {
  return table.ts.subarray(1).filter((ts, i) => ts - (table.ts[i] as number) !== interval).length;
}
