import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { JobClient } from '../../src/client/job-client.js';
import { Project, refused } from '../support/project.js';

const CHILD = resolve(import.meta.dirname, '../../dist/child.js');

describe('a child that crashes outside of any request', () => {
  it('leaves its error and an exit code for the next request', async () => {
    const project = new Project({ 'main.ts': '' });
    const broken = `setTimeout(() => { throw new TypeError('the disk is gone'); }, 1)`;
    const lines: string[] = [];
    const client = JobClient.start({
      childPath: CHILD,
      execArgv: ['--import', `data:text/javascript,${encodeURIComponent(broken)}`],
      onLog: ({ text }) => lines.push(text),
    });
    try {
      while (client.alive) await new Promise((wait) => setTimeout(wait, 20));
      const asked = client.request('describe', { strategy: project.strategy('main.ts') });
      await refused(asked, 'internal', /exit code 1\)\. Its last output: TypeError: the disk is gone$/);
      assert.ok(
        lines.some((line) => /^\s+at /.test(line)),
        lines.join('\n'),
      );
    } finally {
      await client.dispose();
      project.remove();
    }
  });
});
