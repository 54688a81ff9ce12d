import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');

/** A module that cannot be required, or is not there. */
const OF_IMPORTS = [1479, 2307];

/** What TypeScript says of the import in a file of a project that is CommonJS, or not. */
function errorsIn(type: 'commonjs' | 'module', module: ts.ModuleKind): number[] {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'seamless-commonjs-')));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/seamless-dag'), 'junction');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
    const file = join(folder, 'main.ts');
    writeFileSync(
      file,
      "import { Strategy } from 'seamless-dag';\nexport abstract class Main extends Strategy {}\n",
    );
    // Without the library's types, which take a second to read and say nothing of imports.
    const options = {
      module,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      noEmit: true,
      noLib: true,
      types: [],
    };
    const program = ts.createProgram([file], options);
    const found = program.getSemanticDiagnostics(program.getSourceFile(file)).map(({ code }) => code);
    return found.filter((code) => OF_IMPORTS.includes(code));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a TypeScript project that is CommonJS', () => {
  it("gets the README's advice, and compiles with it", () => {
    assert.deepEqual(errorsIn('commonjs', ts.ModuleKind.Node16), [1479]);
    assert.deepEqual(errorsIn('commonjs', ts.ModuleKind.NodeNext), []);
    assert.deepEqual(errorsIn('module', ts.ModuleKind.Node16), []);
  });
});
