import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findFirings, type FiringInput } from '../../../../src/engine/run/evaluation/firing.js';
import { Grids } from '../../../../src/engine/run/evaluation/grids.js';
import { plainGrid, type Grid } from '../../../../src/sdk/time/grid.js';

/** Opens in minutes after an hour's start; everything below is counted so. */
function input(intervalMinutes: number, opens: number[], lookback = 1): FiringInput {
  return {
    ...every(intervalMinutes),
    lookback,
    ts: Float64Array.from(opens, (open) => open * 60),
  };
}

function every(minutes: number): Grid {
  return plainGrid(minutes * 60);
}

function closes(intervalMinutes: number, from: number, to: number, inputs: FiringInput[]): number[] {
  const { asOf } = findFirings(every(intervalMinutes), { start: from * 60, end: to * 60 }, inputs);
  return [...asOf].map((seconds) => seconds / 60);
}

describe('firing', () => {
  it('fires at the close of each slot in which the input closed a bar', () => {
    assert.deepEqual(closes(1, 0, 10, [input(1, [0, 1, 3, 4])]), [1, 2, 4, 5]);
  });

  it('waits for every input of up to its own interval', () => {
    assert.deepEqual(closes(1, 0, 10, [input(1, [0, 1, 2, 3]), input(1, [1, 3, 4])]), [2, 4]);
  });

  it('fires once a slot, however many bars of a faster input closed in it', () => {
    const { asOf, ends } = findFirings(every(5), { start: 0, end: 900 }, [input(1, [0, 1, 2, 3, 4, 7, 12])]);
    assert.deepEqual([...asOf], [300, 600, 900]);
    assert.deepEqual([...(ends[0] as Int32Array)], [5, 6, 7]);
  });

  it('gives a slower input by its last closed bar, and never by one still open', () => {
    const minutes = Array.from({ length: 12 }, (_, index) => index);
    const { asOf, ends } = findFirings(every(1), { start: 0, end: 720 }, [
      input(1, minutes),
      input(5, [0, 5]),
    ]);
    // The bar that opens at 0 closes at 5: until then there is none.
    assert.deepEqual(
      [...asOf].map((seconds) => seconds / 60),
      [5, 6, 7, 8, 9, 10, 11, 12],
    );
    assert.deepEqual([...(ends[1] as Int32Array)], [1, 1, 1, 1, 1, 2, 2, 2]);
  });

  it('fires when one of its inputs closes, if all are slower', () => {
    assert.deepEqual(closes(1, 0, 60, [input(5, [0, 10]), input(15, [0, 15])]), [15, 30]);
    assert.deepEqual(closes(1, 0, 60, [input(5, [0, 5, 10]), input(10, [0])]), [10, 15]);
  });

  it('does not fire before every input has its bars, and says what was lacking', () => {
    const { asOf, lacking } = findFirings(every(1), { start: 0, end: 600 }, [input(1, [0, 1, 2, 3], 3)]);
    assert.deepEqual([...asOf], [180, 240]);
    assert.deepEqual(lacking, [2]);
  });

  it('counts the bars that exist, across holes', () => {
    assert.deepEqual(closes(1, 0, 100, [input(1, [0, 1, 50, 51], 3)]), [51, 52]);
  });

  it('takes only the slots asked for', () => {
    assert.deepEqual(closes(1, 2, 4, [input(1, [0, 1, 2, 3, 4])]), [3, 4]);
  });
});

interface Defined {
  /** Closes of the slots that fire, each with how many bars of each input have closed by then. */
  readonly firings: readonly (readonly number[])[];
  readonly lacking: readonly number[];
}

/** By the definition, slot by slot. */
function byDefinition(interval: number, from: number, to: number, inputs: readonly FiringInput[]): Defined {
  const gathered = inputs.filter((each) => each.gather);
  const anyPrompt = gathered.length > 0 || inputs.some((each) => each.interval <= interval);
  const firings: number[][] = [];
  const lacking = inputs.map(() => 0);
  for (let open = Math.ceil(from / interval) * interval; open < to; open += interval) {
    const close = open + interval;
    const closed = inputs.map((each) => each.ts.filter((ts) => ts + each.interval <= close).length);
    const fresh = (each: FiringInput): boolean =>
      each.ts.some((ts) => ts + each.interval > open && ts + each.interval <= close);
    const must = inputs.filter((each) => !each.gather && each.interval <= interval);
    const complete = anyPrompt ? must.every(fresh) : inputs.some(fresh);
    if (!complete || (gathered.length > 0 && !gathered.some(fresh))) continue;
    const missing = inputs.map((each, i) => Math.max(0, each.lookback - (closed[i] as number)));
    if (missing.some((bars) => bars > 0))
      missing.forEach((bars, i) => (lacking[i] = Math.max(lacking[i] as number, bars)));
    else firings.push([close, ...closed]);
  }
  return { firings, lacking };
}

describe('firing, over any inputs', () => {
  const bars = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
  const feed = fc.record({
    interval: fc.constantFrom(1, 1, 1, 2, 5),
    lookback: fc.integer({ min: 1, max: 6 }),
    own: bars,
    holes: fc.constantFrom(false, false, false, false, true),
    // Inputs begin and end at different times.
    head: fc.constantFrom(0, 0, 1, 3, 40),
    tail: fc.constantFrom(0, 0, 1, 3),
    gather: fc.constantFrom(false, false, false, true),
  });

  it('is as defined, whether inputs have the same bars or not', () => {
    fc.assert(
      fc.property(fc.array(feed, { minLength: 1, maxLength: 3 }), bars, fc.nat(10), (feeds, common, from) => {
        const inputs = feeds.map(({ interval, lookback, own, holes, head, tail, gather }) => {
          const there = holes ? own : common;
          const opens = there.flatMap((is, slot) => (is ? [slot * interval] : []));
          return { ...input(interval, opens.slice(head, opens.length - tail), lookback), gather };
        });
        const grids = new Grids();
        const find = (): ReturnType<typeof findFirings> =>
          findFirings(every(1), { start: from * 60, end: 2400 }, inputs, grids);
        const { opens, asOf, ends, lacking } = find();
        const firings = Array.from(asOf, (close, i) => [close, ...ends.map((end) => end[i])]);
        assert.deepEqual({ firings, lacking }, byDefinition(60, from * 60, 2400, inputs));
        assert.deepEqual(
          [...opens],
          Array.from(asOf, (close) => close - 60),
        );
        assert.deepEqual(find(), { ...find(), opens, asOf, ends });
      }),
    );
  });

  it('is the same arrays for all nodes of a grid', () => {
    const grids = new Grids();
    const find = (lookback: number): ReturnType<typeof findFirings> => {
      // Other memory, the same times.
      const inputs = [input(1, [0, 1, 2, 4, 5, 6], lookback), input(1, [0, 1, 2, 4, 5, 6])];
      return findFirings(every(1), { start: 120, end: 420 }, inputs, grids);
    };
    const [one, other] = [find(1), find(3)];
    assert.deepEqual([...one.asOf], [180, 300, 360, 420]);
    assert.equal(one.asOf, other.asOf);
    assert.equal(one.opens, other.opens);
    assert.equal(one.ends[0], other.ends[1]);
  });
});
