import assert from 'node:assert/strict';
import { Wall } from '../../../../src/hosts/typescript/wall/wall.js';

/** A wall around one object, and what changes it. */
function walled() {
  const abs = (): number => 1;
  const thing = { abs };
  const properties = new Map(Object.entries(Object.getOwnPropertyDescriptors(thing)));
  const of = { object: thing, name: 'Thing', properties, above: Object.prototype, open: true, core: true };
  const wall = new Wall([of], () => undefined);
  wall.adopt();
  const hide = (get: () => unknown = () => abs): void => {
    Object.defineProperty(thing, 'abs', { get, configurable: true });
  };
  return { wall, change: () => (thing.abs = () => 2), hide, isChanged: () => thing.abs !== abs };
}

/** What another piece of work does, that is found as soon as it is done: the look at all that is taken then puts everything back. */
function changeSetting(wall: Wall): void {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 7;
  assert.equal(wall.meddling('core'), 'Error.stackTraceLimit');
  wall.undo();
  assert.equal(Error.stackTraceLimit, limit);
}

describe('a change to a built-in object while pieces of work are looked at once', () => {
  it('is found at the end', () => {
    const { wall, change, isChanged } = walled();
    assert.deepEqual(
      wall.lookedAtOnce(() => 1),
      { given: 1 },
    );
    assert.equal(wall.lookedAtOnce(change), null);
    assert.equal(isChanged(), false);
  });

  it('counts even if it was undone before, with what a later piece did', () => {
    const { wall, change, isChanged } = walled();
    const seen = wall.lookedAtOnce(() => {
      change();
      changeSetting(wall);
      assert.equal(isChanged(), false);
    });
    assert.equal(seen, null);
    assert.equal(wall.meddling('core'), null);
  });

  it('is still reported after a slot', () => {
    const { wall, change } = walled();
    assert.equal(wall.meddlingSince(), null);
    change();
    changeSetting(wall);
    assert.equal(wall.meddlingSince(), 'Thing.abs');
    assert.equal(wall.meddlingSince(), null);
  });

  it('is seen at a glance if a function was replaced, or throws when it is read', () => {
    for (const get of [() => () => 2, () => assert.fail()]) {
      const { wall, hide, isChanged } = walled();
      assert.equal(wall.meddlingSince(), null);
      assert.equal(wall.meddlingSince('glance'), null);
      hide(get);
      assert.equal(wall.meddlingSince('glance'), 'Thing.abs');
      assert.equal(isChanged(), false);
    }
  });

  it('is found by the next full check if a glance misses it', () => {
    const { wall, hide } = walled();
    assert.equal(wall.meddlingSince(), null);
    hide();
    assert.equal(wall.meddlingSince('glance'), null);
    assert.equal(wall.meddlingSince(), 'Thing.abs');
    assert.equal(wall.meddlingSince(), null);
  });

  it('is not what one piece of work alone did that was found at once', () => {
    const { wall } = walled();
    assert.deepEqual(
      wall.lookedAtOnce(() => changeSetting(wall)),
      { given: undefined },
    );
  });
});
