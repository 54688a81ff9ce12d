// Slow (30 s): TypeScript compiles.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { commandLine, compilesWith } from './compilation.js';
import { ROOT, run } from './support.js';

// The TypeScript that VS Code ships is asked where VS Code is: test/vscode/workbench/types.test.ts.
const COMPILERS = { 6: 'node_modules/typescript/bin/tsc', 7: 'node_modules/typescript-7/bin/tsc' };

for (const [version, path] of Object.entries(COMPILERS)) {
  const tsc = join(ROOT, path);
  describe(`TypeScript ${version} compiles`, () => {
    before(async () => {
      const { stdout } = await run(process.execPath, [tsc, '--version']);
      assert.match(stdout, new RegExp(`^Version ${version}\\.`));
    });
    compilesWith(commandLine(tsc));
  });
}
