import assert from 'node:assert/strict';
import { DuckDBInstance } from '@duckdb/node-api';
import { MONTH, parseTime } from '../../src/sdk/time/time.js';
import { fails, Project, readAll } from './support.js';

const at = (iso: string): number => parseTime(iso);

/** Files of bars of months and quarters. */
describe('bars of months', () => {
  const project = new Project();
  after(() => project.remove());
  const months = { interval: MONTH };
  const quarters = { interval: 3 * MONTH };

  const times = async (dates: readonly string[], options = {}, stream = months) => [
    ...(
      await project.csv(`Date,Close\n${dates.map((date, i) => `${date},${i}\n`).join('')}`, options, stream)
    ).ts,
  ];

  it('are stamped by the first of the month', async () => {
    const dates = ['2023-12-01', '2024-01-01', '2024-02-01', '2024-03-01'];
    assert.deepEqual(await times(dates), dates.map(at));
  });

  it('and in local time, as the dates that they are', async () => {
    const dates = ['2024-02-01 00:00:00-05:00', '2024-03-01 00:00:00-05:00', '2024-04-01 00:00:00-04:00'];
    assert.deepEqual(await times(dates), ['2024-02-01', '2024-03-01', '2024-04-01'].map(at));
  });

  it('of quarters and years too', async () => {
    const dates = ['2023-10-01', '2024-01-01', '2024-07-01'];
    assert.deepEqual(await times(dates, {}, quarters), dates.map(at));
    assert.deepEqual(await times(['2023-01-01', '2024-01-01'], {}, { interval: 12 * MONTH }), [
      at('2023-01-01'),
      at('2024-01-01'),
    ]);
    await fails(
      times(['2023-10-01', '2024-01-01', '2024-02-01'], {}, quarters),
      'source-row',
      /line 4 .*2024-02-01, which is not on the stream's grid of 1q; the nearest time on it is 2024-01-01/,
    );
  });

  it('are refused where they are stamped by the end of the month, and read as the message says', async () => {
    const ends = ['2023-12-29', '2024-01-31', '2024-02-29', '2024-03-28'];
    const opens = ['2023-12-01', '2024-01-01', '2024-02-01', '2024-03-01'].map(at);
    await fails(times(ends), 'source-row', /line 2 .*not on the stream's grid of 1M.*say stamp: 'close'/);
    assert.deepEqual(await times(ends, { stamp: 'close' }), opens);
    // The instant at which a month ends is its close, not the next one's.
    const closes = ['2024-01-01', '2024-02-01', '2024-03-01', '2024-04-01'];
    assert.deepEqual(await times(closes, { stamp: 'close' }), opens);
    await fails(
      times(['2024-01-05', '2024-01-31'], { stamp: 'close' }),
      'source-row',
      /each bar needs its own time/,
    );
  });

  it('leave out what is on no first of a month where that is asked for', async () => {
    const dates = ['2024-01-01', '2024-01-15', '2024-02-01'];
    await fails(times(dates), 'source-row', /line 3 /);
    assert.deepEqual(await times(dates, { conformance: 'permissive' }), [at('2024-01-01'), at('2024-02-01')]);
  });

  it('are read in part from Parquet, by either stamp', async () => {
    const database = await DuckDBInstance.create();
    const connection = await database.connect();
    await connection.run(
      `COPY (SELECT day AS date, epoch(day)::DOUBLE AS close FROM (SELECT last_day(DATE '2020-01-01' + INTERVAL (i) MONTH) AS day FROM range(48) t(i))) TO '${project.path('ends.parquet')}'`,
    );
    connection.closeSync();
    database.closeSync();
    const reader = await project.open('parquet', { path: 'ends.parquet', stamp: 'close' }, months);
    assert.deepEqual(await reader.bounds(), { first: at('2020-01-01'), last: at('2023-12-01') });
    const part = await readAll(reader, { start: at('2021-02-01'), end: at('2021-04-01') });
    assert.deepEqual([...part.ts], [at('2021-02-01'), at('2021-03-01')]);
    assert.deepEqual([...(part.columns[0]?.values ?? [])], [at('2021-02-28'), at('2021-03-31')]);
    const plain = await project.open('parquet', { path: 'ends.parquet' }, months);
    await fails(readAll(plain), 'source-row', /not on the stream's grid of 1M.*say stamp: 'close'/);
  });

  it('are not made up', async () => {
    await fails(
      project.open('demo', {}, months),
      'source',
      /make it bars of '1d', and months of them with resample/,
    );
  });
});
