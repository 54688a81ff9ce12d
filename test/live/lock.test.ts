import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { turns } from '../support/profile.js';
import { lockHolder, removeLock, takeLock } from '../../src/live/journal/lock.js';

describe('the lock of a world', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function take(owner: string): () => void {
    const taken = takeLock(folder, 'world', owner);
    return typeof taken === 'function' ? taken : assert.fail(`It is held by ${taken.heldBy}.`);
  }

  it('has one owner, who is named, until it is given back', () => {
    assert.equal(lockHolder(folder, 'world'), null);
    const leave = take('a');
    assert.equal(lockHolder(folder, 'world'), 'a');
    assert.deepEqual(takeLock(folder, 'world', 'b'), { heldBy: 'a' });
    // Another name is another lock, also where it begins like this one.
    const other = takeLock(folder, 'world.lock-1', 'c');
    assert.equal(typeof other, 'function');
    leave();
    assert.equal(lockHolder(folder, 'world'), null);
    assert.equal(lockHolder(folder, 'world.lock-1'), 'c');
    take('b')();
    removeLock(folder, 'world');
    assert.deepEqual(readdirSync(folder), ['.world.lock-1.lock-1']);
  });

  it('is free where its owner has died, and another process has its number since', () => {
    take('a');
    const [name = ''] = readdirSync(folder);
    const path = join(folder, name, 'owner.json');
    const owner = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...owner, started: 'at another time' }));
    if (process.platform === 'linux') assert.equal(lockHolder(folder, 'world'), null);
    writeFileSync(path, JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }));
    assert.equal(lockHolder(folder, 'world'), null);
    take('b');
    assert.equal(lockHolder(folder, 'world'), 'b');
  });

  it('has one owner at a time, however many processes want it, and some of them die with it', async () => {
    writeFileSync(join(folder, 'counter'), '0');
    const times = turns(40, 15);
    const takers = Array.from({ length: 6 }, (_, i) => {
      const file = join(import.meta.dirname, 'lock-taker.ts');
      const dies = i % 2 === 0 ? ['dies'] : [];
      return spawn(process.execPath, ['--import', 'tsx', file, folder, String(times), ...dies], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    });
    const ends = await Promise.all(
      takers.map((taker) => once(taker, 'exit') as Promise<[number | null, string]>),
    );
    assert.deepEqual(
      ends.map(([code, signal]) => code ?? signal),
      ['SIGKILL', 0, 'SIGKILL', 0, 'SIGKILL', 0],
    );
    assert.equal(Number(readFileSync(join(folder, 'counter'), 'utf8')), takers.length * times);
    assert.equal(lockHolder(folder, 'world'), null);
    // The last number is left, and at most one that a slow process moved there at the end.
    assert.ok(readdirSync(folder).filter((name) => name !== 'counter').length <= 2);
  });
});
