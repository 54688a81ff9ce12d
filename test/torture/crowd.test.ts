// Slow (15 s): torture.
import assert from 'node:assert/strict';
import { crowdAgainAndAgain, type Round } from './crowd.js';
import { roundTable } from './record.js';
import { seed, turns } from '../support/profile.js';

const ROUNDS = turns(5, 1);
const SEED = String(seed);

describe('four terminals, two windows and a SQL client on one cache', () => {
  it(`all get what they asked for, nothing is computed twice, and a dead holder is in nobody's way (seed ${SEED})`, async function () {
    const rounds: Round[] = [];
    await crowdAgainAndAgain({ seed: SEED, rounds: ROUNDS, onRound: (_, round) => rounds.push(round) });
    console.log(roundTable(rounds));
    assert.equal(rounds.length, ROUNDS);
    for (const { faults, waits, sqlReads, takeoverMs, computedBars, neededBars } of rounds) {
      assert.deepEqual(faults, []);
      assert.ok(waits > 0 && sqlReads > 0 && neededBars > 0);
      assert.ok(computedBars <= neededBars);
      assert.ok(Number.isFinite(takeoverMs), 'somebody went on when the holder was dead');
    }
  });
});
