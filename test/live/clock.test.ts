import assert from 'node:assert/strict';

import { SlotClock } from '../../src/live/clock/slot-clock.js';

const DAY = 86_400;

describe('the clock of a feed', () => {
  it('closes the last slot when the feed ends, although a stream has left', () => {
    const streams = ['A', 'B'].map((name) => ({ name, interval: DAY, phase: 0, calendar: null }));
    const clock = new SlotClock(streams, streams, 0, 5);
    const bar = (stream: string, day: number) =>
      ({ type: 'bar', stream, ts: day * DAY, row: { close: 1 } }) as const;
    clock.take(bar('A', 0));
    clock.take(bar('B', 0));
    assert.equal(clock.close()?.to, DAY);
    clock.take(bar('A', 1));
    assert.equal(clock.close(), null);
    clock.hear(2 * DAY + 5);
    assert.equal(clock.close(), null, 'Its grace has not passed yet.');
    clock.end();
    const last = clock.close();
    assert.deepEqual([last?.to, last?.gaps], [2 * DAY, [{ stream: 'B', start: DAY, end: 2 * DAY }]]);
    clock.end();
    assert.equal(clock.close(), null, 'Nothing more has begun.');
  });
});
