import assert from 'node:assert/strict';
import { findFirings, type FiringInput } from '../../src/engine/run/firing.js';

/** Opens in minutes after an hour's start; everything below is counted so. */
function input(intervalMinutes: number, opens: number[], lookback = 1): FiringInput {
  return { interval: intervalMinutes * 60, lookback, ts: Float64Array.from(opens, (open) => open * 60) };
}

function closes(intervalMinutes: number, from: number, to: number, inputs: FiringInput[]): number[] {
  const { asOf } = findFirings(intervalMinutes * 60, 0, { start: from * 60, end: to * 60 }, inputs);
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
    const { asOf, ends } = findFirings(300, 0, { start: 0, end: 900 }, [input(1, [0, 1, 2, 3, 4, 7, 12])]);
    assert.deepEqual([...asOf], [300, 600, 900]);
    assert.deepEqual([...(ends[0] as Int32Array)], [5, 6, 7]);
  });

  it('gives a slower input by its last closed bar, and never by one still open', () => {
    const minutes = Array.from({ length: 12 }, (_, index) => index);
    const { asOf, ends } = findFirings(60, 0, { start: 0, end: 720 }, [input(1, minutes), input(5, [0, 5])]);
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
    const { asOf, lacking } = findFirings(60, 0, { start: 0, end: 600 }, [input(1, [0, 1, 2, 3], 3)]);
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
