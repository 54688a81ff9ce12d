import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from 'mocha';
import type { Results } from '../../../scripts/testing/results.js';
import { useEditor } from '../harness/editor.js';
import { scratchFolder } from '../harness/paths.js';
import { runHostSuites, type HostRun } from '../harness/host-suites.js';

const file = join(scratchFolder, 'results/host.json');

describe('inside the extension host', () => {
  const traces = mkdtempSync(join(tmpdir(), 'seamless-traces-'));
  writeFileSync(
    join(traces, 'trace.cjs'),
    "require('node:fs').appendFileSync(__dirname + '/programs.txt', process.argv[1] + '\\n');",
  );
  after(() => rm(traces, { recursive: true, force: true }));
  const editor = useEditor({
    testDriver: true,
    // Every Node that heeds the options leaves its program's name.
    env: { SEAMLESS_HOST_RESULTS: file, NODE_OPTIONS: `--require=${join(traces, 'trace.cjs')}` },
  });
  let run: HostRun;
  let results: Results;
  let programs: string;

  before('a strategy is run', async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.materializeAll();
    await window.lens('7/7 fresh').waitFor();
    assert.equal(window.strategyProcesses().length, 1);
    programs = await readFile(join(traces, 'programs.txt'), 'utf8');
    // It would list all files that the suites make.
    await window.page.goto('about:blank');
  });

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

  it('options of Node that are meant for the editor do not reach the process that runs strategies', () => {
    assert.match(programs, /code-server/);
    assert.doesNotMatch(programs, /child\.js/);
  });
});
