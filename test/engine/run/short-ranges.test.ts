import assert from 'node:assert/strict';
import fc from 'fast-check';
import { materialize } from '../../../src/engine/run/materialize.js';
import { reportOf } from '../../../src/engine/run/reporting/outcome.js';
import { statusOf } from '../../../src/engine/plan/status.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { ceilToGrid } from '../../../src/sdk/time/time.js';
import { MemoryStore } from '../../support/memory-store.js';
import { node, portsOf, QUIET, rowsEach, stream } from '../../support/worlds/made.js';
import type { Spec } from '../../support/worlds/spec.js';
import { cases } from '../../support/profile.js';

const START = 1_577_664_000;
const MINUTES = 2 * 1440;

/** A price of each minute, and a node on each of these intervals over it. */
function specsOf(intervals: readonly number[]): Spec[] {
  const price = stream(
    60,
    rowsEach(60, MINUTES, (minute) => minute, START),
  );
  return [price, ...intervals.map((interval) => node(interval, { 0: 1 }))];
}

describe('a range shorter than an interval', () => {
  const intervals = fc.array(fc.constantFrom(60, 300, 3600, 86_400), { minLength: 1, maxLength: 4 });
  const minute = fc.integer({ min: 1440, max: MINUTES - 1 });

  it('is complete in every node, run after run, and says where no bar opens in it', async () => {
    await fc.assert(
      fc.asyncProperty(intervals, minute, fc.integer({ min: 1, max: 90 }), async (drawn, from, length) => {
        const start = START + from * 60;
        // Of a slot that the data's end cuts off, nothing is known yet.
        const end = Math.min(start + length * 60, START + MINUTES * 60);
        const range = { start, end };
        const ports = portsOf(specsOf(drawn), new MemoryStore());
        const run = async (): Promise<RunReport> => reportOf(await materialize(ports, range, QUIET), 0);
        for (const report of [await run(), await run()]) {
          for (const node of report.nodes) {
            const opens = ceilToGrid(start, node.interval, 0) < end;
            const closed = ceilToGrid(end, node.interval, 0) <= START + MINUTES * 60;
            if (!closed && opens) continue;
            assert.deepEqual(node.coverage, [[start, end]], node.name);
            assert.equal(
              node.reason === `No bar of ${INTERVALS[node.interval]} opens in this range.`,
              !opens,
            );
            assert.equal(node.rows > 0, opens);
          }
          if (report.nodes.every(({ coverage }) => coverage.length > 0))
            assert.deepEqual(report.coverageBounds, [start, end]);
        }
        const { nodes } = await statusOf(ports, range);
        for (const { state, interval, coverage } of nodes) {
          if (ceilToGrid(start, interval, 0) < end) continue;
          assert.deepEqual([state, coverage], ['fresh', [[start, end]]]);
        }
      }),
      cases(400),
    );
  });
});

const INTERVALS: Readonly<Record<number, string>> = { 60: '1m', 300: '5m', 3600: '1h', 86_400: '1d' };
