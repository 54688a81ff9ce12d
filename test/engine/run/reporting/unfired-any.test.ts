// Slow (7 s): small worlds, one by one.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Unfired } from '../../../../src/engine/run/reporting/report.js';
import { ceilToGrid } from '../../../../src/sdk/time/time.js';
import { historiesOf, node } from '../../../support/worlds/made.js';
import { cases as howOften } from '../../../support/profile.js';
import { barsAt, reported, START } from './unfired-support.js';

describe('slots that did not fire, whatever the inputs', () => {
  const streams = fc.array(
    fc.record({
      interval: fc.constantFrom(60, 60, 300, 600),
      begin: fc.constantFrom(0, 0, 20, 70),
      end: fc.constantFrom(120, 120, 90),
      holes: fc.constantFrom(0, 0.1, 0.6),
      seed: fc.nat(),
      period: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  );

  it('are all slots with a bar of some input since the first that fired, and no warm-up', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.constantFrom(60, 300, 3600), fc.nat(), async (drawn, interval, turn) => {
        const inputs = drawn.map(({ interval: every, begin, end, holes, seed }) => {
          const opens: number[] = [];
          for (let minute = begin; minute < end; minute += every / 60) {
            const there = Math.abs(Math.sin(seed + minute * 12.9898) * 43_758.5453) % 1 >= holes;
            const open = ceilToGrid(START + minute * 60, every, 0);
            if (there) opens.push(open);
          }
          return barsAt(every, opens);
        });
        if (inputs.every(({ rows }) => rows.length === 0)) return;
        const edges = drawn.map(({ period }, at): [number, number] => [at, period]);
        const turned = edges.map((_, at) => edges[(at + turn) % edges.length] as [number, number]);
        const whole = { start: START, end: START + 7200 };
        const { unfired, rows } = await reported([...inputs, node(interval, edges)], whole);
        const other = await reported([...inputs, node(interval, turned)], whole);
        const told = (of: Unfired | null): unknown => of && [of.slots, of.of];
        assert.deepEqual(
          [told(other.unfired), other.rows],
          [told(unfired), rows],
          'the order of inputs says nothing',
        );

        const prompt = inputs.filter((input) => input.interval <= interval);
        const drivers = prompt.length > 0 ? prompt : inputs;
        const slots = new Set(
          drivers.flatMap((input) =>
            input.rows.map(({ ts }) => ceilToGrid(ts + input.interval, interval, 0) - interval),
          ),
        );
        // Of a slot in which more may come nothing is stored.
        const fired = (historiesOf([...inputs, node(interval, edges)]).at(-1) ?? [])
          .filter(({ ts }) => ts >= whole.start && ts < whole.end)
          .slice(0, rows);
        const [first] = fired;
        const lost = unfired?.slots ?? 0;
        const inRange = [...slots].filter((open) => open >= whole.start && open < whole.end);
        if (first) {
          // When the last slots are over is known once the next bar of each input is.
          const next = inputs.map((input) => (input.rows.at(-1)?.ts ?? -Infinity) + 2 * input.interval);
          const limit = ceilToGrid(Math.min(...next), interval, 0) - interval;
          const sure = inRange.filter((open) => open >= first.ts && open < limit).length - fired.length;
          const most = inRange.length - fired.length;
          assert.ok(lost >= sure && lost <= most, `${lost}, at least ${sure}, at most ${most}`);
          if (unfired) assert.equal(unfired.of, fired.length + lost);
        }
        for (const { slots: each } of unfired?.missing ?? []) assert.ok(each >= 1 && each <= lost);
        const all = (unfired?.missing ?? []).reduce((sum, { slots: each }) => sum + each, 0);
        assert.ok(all >= lost, 'each slot lacked some input');
      }),
      howOften(300),
    );
  }).timeout(60_000);
});
