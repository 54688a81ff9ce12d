// Slow (5 s): TypeScript compiles.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { configOf, programOf } from '../support/typescript.js';
import { copySample, ROOT } from './project.js';

function sentenceOf({ file, start, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (!file || start === undefined) return text;
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1} ${text}`;
}

/** Lays the package into a project as `npm install` would, with the types of the build. */
function installTypes(project: string): void {
  const target = join(project, 'node_modules/seamless-dag');
  mkdirSync(target, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(target, 'package.json'));
  cpSync(join(ROOT, 'dist/types'), join(target, 'dist/types'), { recursive: true });
}

function check(project: string): string[] {
  const { fileNames, options, errors } = configOf(join(project, 'tsconfig.json'));
  const program = programOf(project, fileNames, options);
  return [...errors, ...ts.getPreEmitDiagnostics(program)].map(sentenceOf);
}

describe('the types of the sample', () => {
  const project = copySample();
  before(() => installTypes(project));

  const edited = (name: string, from: string, to: string): string[] => {
    const file = join(project, 'strategies', name);
    const text = readFileSync(file, 'utf8');
    assert.ok(text.includes(from), `${name} no longer says ${from}`);
    writeFileSync(file, text.replace(from, to));
    const found = check(project);
    writeFileSync(file, text);
    return found;
  };

  it('are strict', () => {
    const { options } = configOf(join(project, 'tsconfig.json'));
    assert.equal(options.strict, true);
    assert.equal(options.noUncheckedIndexedAccess, true);
    assert.ok(!options.skipLibCheck, 'the declarations of the package are checked along');
  });

  it('fit the declarations of the package', () => {
    assert.deepEqual(check(project), []);
  });

  const mistakes: readonly (readonly [what: string, file: string, from: string, to: string, says: RegExp])[] =
    [
      [
        'a misspelt column of a bar',
        'pair-rotation.ts',
        'view.latest(btc).close',
        'view.latest(btc).clsoe',
        /'clsoe' does not exist/,
      ],
      [
        'a value that an input never emits',
        'sp-trend.ts',
        "=== 'down'",
        "=== 'sideways'",
        /appears to be unintentional/,
      ],
      [
        'a decision without its percentage',
        'pair-rotation.ts',
        "{ action: 'stay_in_cash', targetPercent: 0 }",
        "{ action: 'stay_in_cash' }",
        /targetPercent/,
      ],
      ['an EMA without a span', 'pair-rotation.ts', ', span: 24', '', /span/],
      [
        'a correlation of one input',
        'pair-rotation.ts',
        '[btcReturn, ethReturn],\n      period',
        '[btcReturn],\n      period',
        /not assignable to type .readonly \[DagNode/,
      ],
      [
        'a stream without a provider',
        'sp-trend.ts',
        'historyProvider:',
        '// historyProvider:',
        /historyProvider/,
      ],
      ['a strategy without setup', 'sp-trend.ts', 'setup()', 'prepare()', /setup/],
    ];
  for (const [what, file, from, to, says] of mistakes) {
    it(`show ${what}`, () => {
      const found = edited(file, from, to);
      assert.ok(
        found.some((sentence) => says.test(sentence)),
        found.join('\n') || 'nothing was found',
      );
    });
  }
});
