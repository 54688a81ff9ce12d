import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { builtFile } from '../../src/protocol/built-file.js';

describe('an error that a script does not catch', () => {
  it('is shown with its sentence, and not with a page of the library around it', () => {
    const library = JSON.stringify(pathToFileURL(builtFile('index.js')).href);
    const script = `import { MaterializeSeamlessJob } from ${library};
      new MaterializeSeamlessJob({ strategy: 'main.ts#Main', end: 60 });`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /SeamlessError: The start undefined is not a time: write epoch seconds/);
    const longest = Math.max(...stderr.split('\n').map(({ length }) => length));
    assert.ok(longest < 300, `a line of ${longest} characters`);
  });
});
