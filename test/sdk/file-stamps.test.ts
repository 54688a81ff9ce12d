import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSettled } from '../../src/sdk/file-stamps.js';

const NOW = Date.UTC(2024, 0, 2);

/** Stamps of a file written so many milliseconds before `NOW`, and so many nanoseconds. */
function writtenBefore(ms: number, ns = 0n): Parameters<typeof isSettled>[0] {
  const mtimeNs = BigInt(NOW - ms) * 1_000_000n - ns;
  return { mtimeNs, ctimeNs: mtimeNs - 5_000_000_000n };
}

describe('stamps of files', () => {
  it('of whole seconds or 10 ms tell changes apart after two seconds', () => {
    for (const ms of [0, 1000, 1990, 2000]) assert.equal(isSettled(writtenBefore(ms), NOW), false, `${ms}`);
    assert.equal(isSettled(writtenBefore(2010), NOW), true);
  });

  it('of a finer clock tell them apart after a few of its ticks', () => {
    for (const ms of [0, 50, 99]) assert.equal(isSettled(writtenBefore(ms, 123n), NOW), false, `${ms}`);
    assert.equal(isSettled(writtenBefore(101, 123n), NOW), true);
  });

  it('count by the later one: who sets the time of a file changes what is known about it', () => {
    const mtimeNs = BigInt(NOW - 86_400_000) * 1_000_000n;
    assert.equal(isSettled({ mtimeNs, ctimeNs: BigInt(NOW - 50) * 1_000_000n - 7n }, NOW), false);
    assert.equal(isSettled({ mtimeNs, ctimeNs: BigInt(NOW - 150) * 1_000_000n - 7n }, NOW), true);
  });

  it('differ on this machine once a file is settled', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamless-stamps-'));
    try {
      const file = join(folder, 'file');
      for (let round = 0; round < 5; round++) {
        writeFileSync(file, 'before');
        const before = statSync(file, { bigint: true });
        while (!isSettled(before, Date.now())) await sleep(5);
        writeFileSync(file, 'after!');
        assert.notEqual(statSync(file, { bigint: true }).mtimeNs, before.mtimeNs);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
