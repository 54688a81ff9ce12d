// Slow (90 s): properties over whole runs.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MemoryStore } from '../support/memory-store.js';
import { cases } from '../support/profile.js';
import {
  anyOrderIsOne,
  chunkedIsWhole,
  incrementalIsCold,
  resumedIsUninterrupted,
  sameOutputStops,
  type Property,
} from '../support/worlds/properties.js';
import { cutArbitrary, seen, tickCutArbitrary } from '../support/worlds/runs.js';

const newStore = (): Promise<MemoryStore> => Promise.resolve(new MemoryStore());

describe('the same rows and the same coverage, bit for bit', () => {
  function holds(sentence: string, property: Property, nightly: number): void {
    it(sentence, async () => {
      await fc.assert(property({ newStore, cuts: cutArbitrary }), cases(nightly));
    });
  }

  holds('after any runs, edits, source changes and failures, as from an empty cache', incrementalIsCold, 900);
  holds('in chunks, as at once', chunkedIsWhole, 450);
  holds('range by range in any order, as over one range', anyOrderIsOne, 400);
  holds('interrupted and resumed, as without', resumedIsUninterrupted, 400);
  holds(
    'and whoever reads a node that was edited and gives the same rows is not computed',
    sameOutputStops,
    150,
  );

  describe('over months and quarters of days', () => {
    function holdsOfMonths(sentence: string, property: Property, nightly: number): void {
      it(sentence, async () => {
        await fc.assert(property({ newStore, cuts: cutArbitrary, scale: 'days' }), cases(nightly));
      });
    }

    holdsOfMonths('after any runs, edits, source changes and failures', incrementalIsCold, 500);
    holdsOfMonths('in chunks', chunkedIsWhole, 250);
    holdsOfMonths('range by range in any order', anyOrderIsOne, 250);
    holdsOfMonths('interrupted and resumed', resumedIsUninterrupted, 200);
    holdsOfMonths('with what is reused', sameOutputStops, 100);
  });

  describe('over hours, days, weeks and months of calendars', () => {
    function holdsOfCalendars(sentence: string, property: Property, nightly: number): void {
      it(sentence, async () => {
        await fc.assert(property({ newStore, cuts: cutArbitrary, scale: 'calendars' }), cases(nightly));
      });
    }

    holdsOfCalendars('after any runs, edits, source changes and failures', incrementalIsCold, 160);
    holdsOfCalendars('in chunks', chunkedIsWhole, 80);
    holdsOfCalendars('range by range in any order', anyOrderIsOne, 80);
    holdsOfCalendars('interrupted and resumed', resumedIsUninterrupted, 80);
    holdsOfCalendars('with what is reused', sameOutputStops, 40);
  });

  describe('over ticks, several at one microsecond, and bars of seconds', () => {
    function holdsOfTicks(sentence: string, property: Property, nightly: number): void {
      it(sentence, async () => {
        await fc.assert(property({ newStore, cuts: tickCutArbitrary, scale: 'ticks' }), cases(nightly));
      });
    }

    holdsOfTicks('after any runs, edits, source changes and failures', incrementalIsCold, 300);
    holdsOfTicks('in chunks', chunkedIsWhole, 150);
    holdsOfTicks('range by range in any order', anyOrderIsOne, 150);
    holdsOfTicks('interrupted and resumed', resumedIsUninterrupted, 120);
    holdsOfTicks('with what is reused', sameOutputStops, 60);
  });

  it('with runs that end in every way, and nodes in every state', () => {
    // No run over all of its request leaves a part.
    const { partial, ...met } = seen;
    assert.equal(partial, 0);
    const entries = Object.entries(met);
    console.log(`      ${entries.map(([what, count]) => `${count} ${what}`).join(', ')}`);
    const never = entries.filter(([, count]) => count === 0).map(([what]) => what);
    assert.deepEqual(never, []);
  });
});
