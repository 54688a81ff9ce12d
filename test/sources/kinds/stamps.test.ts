import assert from 'node:assert/strict';
import vm from 'node:vm';
import * as providers from '../../../src/sdk/providers/providers.js';
import type { HistoryProvider } from '../../../src/sdk/providers/providers.js';
import { calendarSlots } from '../../../src/engine/calendar/calendars.js';
import { plainGrid, TICKS, type Grid } from '../../../src/sdk/time/grid.js';
import { formatTime, MONTH } from '../../../src/sdk/time/time.js';
import { inspectFile } from '../../../src/sources/inspect/inspect.js';
import { Project, fails } from '../support.js';

const [HOUR, DAY] = [3600, 86_400];
const WEEK: Grid = { ...plainGrid(7 * DAY), phase: 4 * DAY };
const at = (iso: string): number => Date.parse(iso) / 1000;
const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');
const local = (seconds: number, timeZone: string): string =>
  new Date(seconds * 1000).toLocaleString('sv-SE', { timeZone });

/** Which moment of a bar a file's times are. */
describe('stamps of bars in files', () => {
  const project = new Project();
  after(() => project.remove());

  const times = async (text: string, grid: Grid, options = {}): Promise<string[]> =>
    Array.from((await project.csv(text, options, grid)).ts, formatTime);
  const inspected = async (text: string) => {
    project.write('file.csv', text);
    const { line, bad } = await inspectFile(project.library, 'file.csv');
    const StreamInput = function (this: object, spec: object) {
      Object.assign(this, spec);
    };
    const stream = vm.runInNewContext(line, { ...providers, StreamInput }) as {
      readonly interval: string;
      readonly calendar?: string;
      readonly historyProvider: HistoryProvider;
    };
    const options = JSON.parse(JSON.stringify(stream.historyProvider.options)) as Record<string, unknown>;
    return { ...stream, options, bad };
  };

  it('of weeks by their last day are refused with both ways, and read by either', async () => {
    const fridays = `Date,x\n${rows(12, (i) => `${formatTime(at('2024-01-05') + i * 7 * DAY)},${i}`)}`;
    await fails(
      times(fridays, WEEK),
      'source-row',
      /stamp: 'close' if they are stamped by the last days of their weeks, or phase: 86400 if by the first/,
    );
    assert.equal((await times(fridays, WEEK, { stamp: 'close' }))[0], '2024-01-01');
  });

  it('of days by their last second are refused with what reads them, and inspected as such', async () => {
    const ends = `Date,x\n${rows(12, (i) => `${formatTime(at('2024-01-01') + i * DAY).slice(0, 10)} 23:59:59,${i}`)}`;
    await fails(times(ends, plainGrid(DAY)), 'source-row', /say stamp: 'close' and snap: '1m'/);
    const options = { stamp: 'close', snap: '1m' };
    const found = await times(ends, plainGrid(DAY), options);
    assert.deepEqual([found.length, found[0], found[11]], [12, '2024-01-01', '2024-01-12']);
    const inspection = await inspected(ends);
    assert.deepEqual([inspection.options, inspection.bad], [{ path: 'file.csv', ...options }, 0]);
  });

  it('of days by the close of an exchange are inspected as its closes', async () => {
    const days = [
      '2024-03-04',
      '2024-03-05',
      '2024-03-06',
      '2024-03-07',
      '2024-03-08',
      '2024-03-11',
      '2024-03-12',
      '2024-03-13',
    ];
    const text = `Date,x\n${days.map((day, i) => `${day} 16:00:00,${i}\n`).join('')}`;
    await fails(
      times(text, plainGrid(DAY)),
      'source-row',
      /phase: 57600, and with stamp: 'close' as well if these are the times of closes/,
    );
    assert.equal(
      (await times(text, plainGrid(DAY, 57_600), { phase: 57_600, stamp: 'close' }))[0],
      '2024-03-03T16:00:00Z',
    );
    const { calendar, options } = await inspected(text);
    assert.deepEqual(
      [calendar, options['stamp'], options['timeZone']],
      ['XNYS', 'close', 'America/New_York'],
    );
    const grid = { interval: DAY, phase: 0, calendar: calendarSlots('XNYS', DAY) };
    const found = await times(text, grid, { stamp: 'close', timeZone: 'America/New_York' });
    assert.deepEqual([found[0], found[7]], ['2024-03-04T14:30:00Z', '2024-03-13T13:30:00Z']);
  });

  it('of months by their first day are inspected as such, whatever the last one is', async () => {
    const text = `Date,x\n${rows(8, (i) => `2024-0${i + 1}-01,${i}`)}2024-09-13,8\n`;
    const { options, bad } = await inspected(text);
    assert.deepEqual([options['stamp'], bad], [undefined, 1]);
    const found = await times(text, plainGrid(MONTH), { conformance: 'permissive' });
    assert.deepEqual([found.length, found[7]], [8, '2024-08-01']);
  });

  it('with more holes than bars beside each other have the interval that divides all gaps', async () => {
    const text = `time,x\n${rows(30, (i) => `${at('2024-01-01') + (i < 8 ? i : i * 7) * 60},${i}`)}`;
    const { interval, bad } = await inspected(text);
    assert.deepEqual([interval, bad], ['1m', 0]);
  });

  it('newest first in a zone are told apart in the hour that a clock set back repeats', async () => {
    const start = at('2024-10-26T20:00:00Z');
    const opens = Array.from({ length: 20 }, (_, i) => start + i * HOUR);
    const text = `time,x\n${[...opens]
      .reverse()
      .map((open, i) => `${local(open, 'Europe/Berlin')},${i}\n`)
      .join('')}`;
    const found = await times(text, plainGrid(HOUR), { timeZone: 'Europe/Berlin' });
    assert.deepEqual(found, opens.map(formatTime));
  });

  it('of ticks are dates and numbers with milliseconds', async () => {
    const text = `date,time,price\n${rows(6, (i) => `20240304,${93_000_000 + i * 250},${i}`)}`;
    const found = await times(text, TICKS);
    assert.deepEqual(found.slice(0, 2), ['2024-03-04T09:30:00Z', '2024-03-04T09:30:00.250Z']);
    const late = text.replaceAll(',93', ',143');
    assert.equal((await times(late, TICKS))[1], '2024-03-04T14:30:00.250Z');
  });
});
