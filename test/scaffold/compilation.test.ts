// Slow (12 s): TypeScript compiles.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import ts from 'typescript';
import { commandLine, compilesWith, inProcess } from './compilation.js';
import { ROOT, run } from './support.js';

// The TypeScript that VS Code ships is asked where VS Code is: test/vscode/workbench/types.test.ts.
describe('TypeScript 6 compiles', () => {
  before(() => {
    assert.match(ts.version, /^6\./);
  });
  compilesWith(inProcess);
});

describe('TypeScript 7 compiles', () => {
  const tsc = join(ROOT, 'node_modules/typescript-7/bin/tsc');
  before(async () => {
    const { stdout } = await run(process.execPath, [tsc, '--version']);
    assert.match(stdout, /^Version 7\./);
  });
  compilesWith(commandLine(tsc));
});
