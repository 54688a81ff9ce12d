import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CaptureGuard } from '../../../../src/hosts/typescript/fingerprint/guard.js';
import { snapshotIntrinsics } from '../../../../src/hosts/typescript/fingerprint/intrinsics.js';
import { hasher, load } from './support/project.js';
import { cases } from '../../../support/profile.js';

const MODULE = `
let count = 0;
let last: number | undefined;
const seen: number[] = [];
const state = { total: 0, deep: { n: 0 } };
const cache = new Map();
const sticky = /a/g;
const buffer = new Float64Array(3);
class Counter { #n = 0; next() { return ++this.#n; } }
const counter = new Counter();
const helper = Object.assign(() => 1, { calls: 0 });
const when = new Date(0);
const bump = () => { count++; };
const fixed = [1, 2, 3];
const make = () => { let own = 0; return () => ++own; };
const stepper = make();
class Tally { hits = 0; fn = () => { this.hits++; }; }
const tally = new Tally();
export const fns = {
  pure: () => fixed.length + state.total + seen.length,
  assigned: () => { last = 1; },
  indirect: () => bump(),
  array: () => seen.push(1),
  object: () => { state.deep.n++; },
  map: () => cache.set('a', 1),
  regexp: () => sticky.test('aa'),
  typed: () => { buffer[1] = 3; },
  hidden: () => counter.next(),
  property: () => { helper.calls++; },
  date: () => when.setTime(5),
  closure: () => stepper(),
  tally: () => tally.fn(),
  global: () => { (globalThis as any).seamlessGuardTest = 1; },
};
export const read = () => [last, count];`;

describe('capture guard', () => {
  const expected: Readonly<Record<string, string>> = {
    assigned: 'last in closure of node',
    indirect: 'count in closure of bump',
    array: 'seen in closure of node',
    object: 'state.deep.n in closure of node',
    map: 'cache in closure of node',
    regexp: 'sticky in closure of node',
    typed: 'buffer in closure of node',
    hidden: 'counter.#n in closure of node',
    property: 'helper.calls in closure of node',
    date: 'when in closure of node',
    closure: 'own in closure of stepper',
    tally: 'tally.hits in closure of node',
    global: 'globalThis.seamlessGuardTest in closure of node',
  };

  interface Guarded {
    readonly guard: CaptureGuard;
    /** Makes the guard of what was hashed, now. */
    readonly later: () => CaptureGuard;
    readonly call: () => void;
    readonly end: () => void;
  }

  async function guarded(name: string): Promise<Guarded> {
    const { exports } = await load({ 'main.ts': MODULE });
    const call = (exports['fns'] as Readonly<Record<string, () => void>>)[name] as () => void;
    // Other tests' libraries may have added globals.
    const hashes = hasher(snapshotIntrinsics());
    const request = { inputs: new Map(), describe: 'node' };
    const { names } = hashes.ownCode(call, request);
    const since = hashes.guardsSinceNow();
    assert.ok(since.covers(call, names));
    const later = (): CaptureGuard => since.guard(call, request, names);
    return { guard: hashes.guard(call, request, names), later, call, end: () => hashes.close() };
  }

  for (const [name, path] of Object.entries(expected)) {
    it(`names what changed: ${path}`, async () => {
      const { guard, call, end } = await guarded(name);
      assert.equal(guard.changed(), null);
      call();
      assert.equal(guard.changed()?.variable, path);
      end();
      delete (globalThis as unknown as { seamlessGuardTest?: number }).seamlessGuardTest;
    });
  }

  for (const [name, path] of Object.entries(expected)) {
    it(`compares with what was hashed, though it is made and asked afterwards: ${path}`, async () => {
      const { later, call, end } = await guarded(name);
      call();
      assert.equal(later().changed()?.variable, path);
      end();
      delete (globalThis as unknown as { seamlessGuardTest?: number }).seamlessGuardTest;
    });
  }

  it('takes such values for unchanged, whatever was hashed before and after', async () => {
    const { exports } = await load({ 'main.ts': MODULE });
    const fns = exports['fns'] as Readonly<Record<string, () => void>>;
    const hashes = hasher();
    const request = { inputs: new Map(), describe: 'node' };
    const names = Object.values(fns).map((fn) => hashes.ownCode(fn, request).names);
    const since = hashes.guardsSinceNow();
    const guards = Object.values(fns).map((fn, index) => since.guard(fn, request, names[index] ?? 0));
    // As a run does when it tells what the hashes are made of.
    for (const fn of Object.values(fns)) hashes.ownCode(fn, request).parts();
    assert.deepEqual(
      guards.map((guard) => guard.changed()),
      guards.map(() => null),
    );
    fns['assigned']?.();
    const told = guards.map((guard) => guard.changed()?.variable);
    assert.deepEqual(told.filter(Boolean), ['last in closure of node']);
    hashes.close();
  });

  it('says the same whether it looked at once or when it was first asked, whatever ran between', async () => {
    const { exports } = await load({ 'main.ts': MODULE });
    const fns = Object.values(exports['fns'] as Readonly<Record<string, () => void>>);
    const request = { inputs: new Map(), describe: 'node' };
    const index = fc.nat({ max: fns.length - 1 });
    fc.assert(
      fc.property(fc.uniqueArray(index, { minLength: 1 }), fc.array(index), (watched, called) => {
        const [late, early] = [hasher(), hasher()];
        const guards = watched.map((at) => {
          const fn = fns[at] as () => void;
          const { names } = late.ownCode(fn, request);
          return { fn, names, eager: early.guard(fn, request, names) };
        });
        const since = late.guardsSinceNow();
        for (const at of called) fns[at]?.();
        for (const { fn, names, eager } of guards) {
          assert.equal(since.guard(fn, request, names).changed()?.variable, eager.changed()?.variable);
        }
        late.close();
        early.close();
      }),
      cases(60),
    );
  });

  it('stays silent for a function that changes nothing', async () => {
    const { guard, call, end } = await guarded('pure');
    for (let run = 0; run < 3; run++) call();
    assert.equal(guard.changed(), null);
    end();
  });

  it('watches what a method reads of the object it is called on', () => {
    const provider = {
      rows: 1,
      fetch(this: { rows: number }): number {
        return this.rows++;
      },
    };
    const hashes = hasher();
    const request = { inputs: new Map(), receiver: provider, describe: 'stream' };
    const guard = hashes.guard(provider.fetch, request, 0);
    assert.equal(guard.changed(), null);
    provider.fetch();
    assert.equal(guard.changed()?.variable, 'this.rows in closure of stream');
    hashes.close();
  });
});
