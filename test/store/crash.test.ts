// Slow (6 s): processes that share a cache.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../src/store/store.js';
import { ALL_TIME, inFolder, unexpected } from './support.js';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Starts a process that commits on and on, and kills it some commits later, wherever it is then. */
async function killAfter(dir: string, commits: number): Promise<number> {
  const child = fork(CHILD, ['commit', dir], { execArgv: ['--import', 'tsx'] });
  let committed = 0;
  let seen = 0;
  child.on('message', (end) => {
    committed = Number(end);
    if (++seen === commits) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  return committed;
}

describe('store: killed in the middle of commits', () => {
  it('opens, with all that was committed, and rows for just what is covered', async () => {
    await inFolder(async (dir) => {
      for (const commits of [1, 7, 23, 60]) {
        const committed = await killAfter(dir, commits);
        const store = await openStore({ dir, onMessage: unexpected });
        const coverage = await store.coverage(['a', 'b', 'c']);
        const tables = await store.read(
          ['a', 'b', 'c'].map((fingerprint) => ({ fingerprint, range: ALL_TIME })),
        );
        const ends = [...coverage.values()].map((spans) => spans.at(-1)?.end ?? 0);
        assert.ok(
          ends.every((end) => end === ends[0]),
          'a commit lands whole',
        );
        assert.ok((ends[0] ?? 0) >= committed, `covered to ${ends[0]}, told ${committed}`);
        for (const table of tables) {
          assert.equal(table.ts.length, ends[0]);
          assert.deepEqual(table.columns[0]?.values, table.ts);
        }
        await store.close();
      }
    });
  });
});
