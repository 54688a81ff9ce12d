import assert from 'node:assert/strict';
import { useEditor } from '../harness/editor.js';
import { runHostSuites } from '../harness/run-host-suites.js';

describe('inside the extension host', () => {
  const editor = useEditor();

  it('passes every suite of test/vscode/host', async function () {
    this.timeout(300_000);
    const { exitCode, output } = await runHostSuites(editor());
    console.log(output.replace(/^/gm, '    '));
    assert.equal(exitCode, 0, output);
    assert.match(output, /\d+ passing/);
  });
});
