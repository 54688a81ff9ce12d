import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

describe('a thread that has taken its fingerprints', () => {
  it('lets a debugger evaluate in every context it shows', async () => {
    const child = fileURLToPath(new URL('support/debugged-child.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', child]);
    const values = JSON.parse(stdout) as unknown[];
    assert.ok(values.length > 0);
    assert.deepEqual([...new Set(values)], [42]);
  });
});
