import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Test } from 'mocha';
import type { Results } from '../../../scripts/testing/results.js';
import { useEditor } from '../harness/editor.js';
import { scratchFolder } from '../harness/paths.js';
import { runHostSuites, type HostRun } from '../harness/host-suites.js';

const file = join(scratchFolder, 'results/host.json');

describe('inside the extension host', () => {
  const editor = useEditor({ testDriver: true, env: { SEAMLESS_HOST_RESULTS: file } });
  let run: HostRun;
  let results: Results;

  // Each of their tests becomes one here, so that it is counted and named.
  before(async function () {
    await rm(file, { force: true });
    run = await runHostSuites(editor());
    console.log(run.output.replace(/^/gm, '    '));
    results = JSON.parse(await readFile(file, 'utf8')) as Results;
    const { passed, failed, skipped } = results;
    const suite = this.test?.parent ?? assert.fail('A hook belongs to a suite.');
    for (const title of passed) suite.addTest(new Test(title, () => undefined));
    for (const title of [...failed, ...skipped]) {
      suite.addTest(
        new Test(title, () => assert.fail('It did not pass in there: its failure is printed above.')),
      );
    }
  });

  it('the suites of test/vscode/host run to their end, and end as their tests did', () => {
    assert.equal(run.exitCode === 0, results.failed.length === 0, run.output);
    assert.ok(results.passed.length > 0);
  });
});
