import assert from 'node:assert/strict';
import { calendarSlots } from '../../src/engine/calendar/calendars.js';
import type { OpenStream } from '../../src/engine/ports/source.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { Project } from './support.js';

const HOUR = 3600;

/** Times of day that name no zone, for a stream on a calendar. */
describe('times without a zone on a calendar', () => {
  const project = new Project();
  after(() => project.remove());

  const on = (name: string, interval = HOUR): Partial<OpenStream> => ({
    interval,
    phase: 0,
    calendar: calendarSlots(name, interval),
  });

  /** The zones that a refusal says to name, each followed. */
  async function followed(
    kind: string,
    options: Record<string, unknown>,
    stream: Partial<OpenStream>,
    message: RegExp,
  ): Promise<Record<string, string[]>> {
    const error: unknown = await project.read(kind, options, stream).then(
      () => assert.fail('It was not refused.'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SeamlessError);
    assert.match(error.message, message);
    const zones = [...error.message.matchAll(/timeZone: '([^']+)'/g)].map(([, zone = '']) => zone);
    assert.ok(zones.length > 0);
    const read: Record<string, string[]> = {};
    for (const timeZone of zones) {
      const { ts } = await project.read(kind, { ...options, timeZone }, stream);
      read[timeZone] = Array.from(ts, formatTime);
    }
    return read;
  }

  const csv = (times: readonly string[]): string =>
    `time,close\n${times.map((time, at) => `${time},${at}\n`).join('')}`;
  const session = ['09:30', '10:30', '11:30', '12:30', '13:30', '14:30', '15:30'];

  it('are refused where they are those of its exchange, with the line that reads them', async () => {
    const days = ['2024-03-08', '2024-03-11'];
    const hours = days.flatMap((day) => session.map((time) => `${day} ${time}:00`));
    project.write('hours.csv', csv(hours));
    const expected = days.flatMap((day, at) => session.map((_, hour) => `${day}T${14 - at + hour}:30:00Z`));
    const message =
      /its times name no zone\. Read as UTC they do not fit 1h bars of XNYS \(2024-03-08T09:30:00Z, for example\); read in America\/New_York they do: say timeZone: 'America\/New_York' in the source/;
    const read = await followed('csv', { path: 'hours.csv' }, on('XNYS'), message);
    assert.deepEqual(read, { 'America/New_York': expected });
    const query = "SELECT CAST(time AS TIMESTAMP) AS time, close FROM 'hours.csv'";
    assert.deepEqual(await followed('sql', { query }, on('XNYS'), message), read);
    // Date and time of day in two columns, and times of closes.
    project.write('two.csv', csv(hours).replaceAll(' ', ',').replace('time,', 'date,time,'));
    assert.deepEqual(await followed('csv', { path: 'two.csv' }, on('XNYS'), message), read);
    project.write('closes.csv', csv(['2024-03-08 10:30', '2024-03-08 11:30', '2024-03-08 16:00']));
    assert.deepEqual(await followed('csv', { path: 'closes.csv', stamp: 'close' }, on('XNYS'), /10:30:00Z/), {
      'America/New_York': ['2024-03-08T14:30:00Z', '2024-03-08T15:30:00Z', '2024-03-08T20:30:00Z'],
    });
  });

  it('are refused where they may be of UTC as well, with both lines', async () => {
    project.write('fx.csv', csv(['2024-03-05 10:00', '2024-03-05 11:00', '2024-03-05 12:00']));
    const message = /name no zone, and fit 1h bars of FX both as UTC and in America\/New_York/;
    assert.deepEqual(await followed('csv', { path: 'fx.csv' }, on('FX'), message), {
      UTC: ['2024-03-05T10:00:00Z', '2024-03-05T11:00:00Z', '2024-03-05T12:00:00Z'],
      'America/New_York': ['2024-03-05T15:00:00Z', '2024-03-05T16:00:00Z', '2024-03-05T17:00:00Z'],
    });
  });

  it('are read where they can be of UTC alone, name their zone, or are dates', async () => {
    const read = async (times: readonly string[], stream: Partial<OpenStream>): Promise<string[]> => {
      project.write('plain.csv', csv(times));
      return Array.from((await project.read('csv', { path: 'plain.csv' }, stream)).ts, formatTime);
    };
    const utc = session.map((_, hour) => `2024-03-08T${14 + hour}:30:00Z`);
    assert.deepEqual(await read(utc, on('XNYS')), utc);
    assert.deepEqual(
      await read(
        utc.map((time) => time.slice(0, 19)),
        on('XNYS'),
      ),
      utc,
    );
    assert.deepEqual(await read(['2024-03-05T10:00:00Z'], on('FX')), ['2024-03-05T10:00:00Z']);
    for (const midnight of ['2024-03-08', '2024-03-08 00:00:00'])
      assert.deepEqual(await read([midnight], on('XNYS', 86_400)), ['2024-03-08T14:30:00Z']);
  });
});
