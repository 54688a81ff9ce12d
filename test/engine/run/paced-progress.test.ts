import assert from 'node:assert/strict';
import fc from 'fast-check';
import { union, type RangeSet } from '../../../src/engine/plan/ranges.js';
import { PacedProgress } from '../../../src/engine/run/paced-progress.js';
import type { RunProgress } from '../../../src/engine/run/reporting/report.js';

const step = fc.record({
  wait: fc.integer({ min: 0, max: 60 }),
  phase: fc.constantFrom('reading' as const, 'computing' as const, 'computing' as const),
  node: fc.constantFrom('a', 'b'),
  length: fc.nat(3),
});

/** What has been covered of each node, and its rows. */
function coveredBy(messages: readonly RunProgress[]): Map<string, { ranges: RangeSet; rows: number }> {
  const found = new Map<string, { ranges: RangeSet; rows: number }>();
  for (const { node, span, rows } of messages.flatMap(({ covered }) => covered ?? [])) {
    const before = found.get(node) ?? { ranges: [], rows: 0 };
    const ranges = union([...before.ranges, { start: span[0], end: span[1] }]);
    found.set(node, { ranges, rows: before.rows + rows });
  }
  return found;
}

describe('the progress of a run', () => {
  it('comes at most ten times a second within a phase, ends with the last, and loses nothing covered', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        let end = 0;
        const sent: { readonly at: number; readonly progress: RunProgress }[] = [];
        const paced = new PacedProgress((progress) => sent.push({ at: now, progress }), {
          now: () => now,
          later: () => undefined,
        });
        const reported = steps.map(({ wait, phase, node, length }, done): RunProgress => {
          now += wait;
          const span = [end, (end += length)] as const;
          const covered = length > 0 ? [{ node, span, rows: length }] : [];
          const progress = { phase, node, done, total: steps.length, ...(length > 0 && { covered }) };
          paced.report(progress);
          return progress;
        });
        paced.flush();
        const messages = sent.map(({ progress }) => progress);
        assert.deepEqual(coveredBy(messages), coveredBy(reported));
        assert.equal(messages.at(-1)?.done, reported.at(-1)?.done);
        const phases = reported.filter(({ phase }, i) => phase !== reported[i - 1]?.phase).length;
        assert.ok(messages.length <= Math.floor(now / 100) + 1 + phases, `${messages.length} in ${now} ms`);
      }),
    );
  });

  it('begins at once', () => {
    const sent: RunProgress[] = [];
    new PacedProgress((progress) => sent.push(progress)).report({
      phase: 'loading',
      node: null,
      done: 0,
      total: 0,
    });
    assert.equal(sent.length, 1);
  });
});
