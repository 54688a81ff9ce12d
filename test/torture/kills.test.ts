// Slow (30 s): torture.
import assert from 'node:assert/strict';
import { AIMS, killAgainAndAgain, type Kill } from './kills.js';
import { killTable } from './record.js';
import { seed, turns } from '../support/profile.js';

const KILLS = turns(30, 10);

/** Printed, so that what it found can be looked for again: `SEAMLESS_SEED=… npm test`. */
const SEED = String(seed);

describe('a child that is killed -9 at any instant', () => {
  it(`leaves a cache that opens, holds only truth and lacks nothing that was told to be stored (seed ${SEED})`, async function () {
    const all: Kill[] = [];
    const wrong: string[] = [];
    await killAgainAndAgain({
      seed: SEED,
      kills: KILLS,
      onLife: (life, kills, faults) => {
        all.push(...kills);
        wrong.push(
          ...kills.flatMap((kill) => kill.faults.map((fault) => `life ${life}, ${kill.phase}: ${fault}`)),
        );
        wrong.push(...faults.map((fault) => `life ${life}, completed: ${fault}`));
      },
    });
    console.log(killTable(all));
    assert.deepEqual(wrong, []);
    assert.equal(all.length, KILLS);
    for (const aim of AIMS)
      assert.ok(
        all.some((kill) => kill.aim === aim),
        aim,
      );
    const hit = new Set(all.map(({ phase }) => phase));
    assert.ok(hit.size > KILLS / 5, `killed in ${[...hit].join(', ')} alone`);
    assert.ok(all.reduce((sum, { rows }) => sum + rows, 0) > 0);
  });
});
