import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { copySample } from '../../src/scaffold/sample.js';
import { newStrategy } from '../../src/scaffold/strategy.js';
import { placeTypes } from '../../src/scaffold/types.js';
import { configOf, programOf } from '../support/typescript.js';
import { Folders, ROOT, run, write } from './support.js';

/** What VS Code asks of the compiler in a folder without settings. */
export const EDITOR = {
  module: 'ESNext',
  moduleResolution: 'Bundler',
  target: 'ES2024',
  jsx: 'react-jsx',
  strict: true,
  allowJs: true,
  allowImportingTsExtensions: true,
  allowSyntheticDefaultImports: true,
  resolveJsonModule: true,
};

/** Every option that finds something to say about a class, beyond `strict`. */
const STRICTEST = {
  strict: true,
  noEmit: true,
  declaration: true,
  types: [],
  allowUnreachableCode: false,
  erasableSyntaxOnly: true,
  exactOptionalPropertyTypes: true,
  isolatedDeclarations: true,
  isolatedModules: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
};

const PROJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a NodeNext project of ES modules': {
    'package.json': '{ "type": "module" }',
    'tsconfig.json': settings({ module: 'NodeNext', target: 'ES2022', verbatimModuleSyntax: true }),
  },
  'a NodeNext project of CommonJS modules': {
    'package.json': '{}',
    'tsconfig.json': settings({ module: 'NodeNext', target: 'ES2022' }),
  },
  'a Node16 project of CommonJS modules': {
    'package.json': '{}',
    'tsconfig.json': settings({ module: 'Node16', target: 'ES2022' }),
  },
  'a project with a bundler': {
    'package.json': '{ "type": "module" }',
    'tsconfig.json': settings({
      module: 'ESNext',
      moduleResolution: 'Bundler',
      target: 'ES2022',
      verbatimModuleSyntax: true,
    }),
  },
};

function settings(options: object): string {
  return JSON.stringify({ compilerOptions: { ...STRICTEST, ...options } });
}

/** Two nodes that carry a state, one of a named type; not every bar has a value; another node reads them. */
const SCAN = `import { demoHistory, Node, ScanNode, Strategy, StreamInput } from 'seamless-dag';

interface Position {
  readonly held: boolean;
  readonly entry: number | null;
}

export class Scan extends Strategy {
  override setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1h', historyProvider: demoHistory({ seed: 1 }) });
    const drawdown = new ScanNode({
      name: 'drawdown',
      input: price,
      period: 1,
      init: () => ({ peak: -Infinity, last: new Float64Array(3) }),
      step: (state, view) => {
        const { close } = view.latest(price);
        state.peak = Math.max(state.peak, close);
        return { state, value: close / state.peak - 1 };
      },
    });
    const position = new ScanNode({
      name: 'position',
      input: [price, drawdown],
      period: 1,
      init: (): Position => ({ held: false, entry: null }),
      step: (state, view) => {
        if (view.latest(drawdown) < -0.2) return { state: { held: false, entry: null } };
        const entry = state.entry ?? view.latest(price).close;
        return { state: { held: true, entry }, value: { entry } };
      },
    });
    const gain = new Node({
      name: 'gain',
      input: [price, position],
      period: 1,
      computeFn: (view) => view.latest(price).close - view.latest(position).entry,
    });
    this.addNodes([gain]);
  }
}
`;

/** What a compiler has to say about files of a folder, under the folder's settings or else the editor's. */
export type Diagnose = (folder: string, files: readonly string[]) => Promise<string>;

/** By the compiler's command line. */
export function commandLine(tsc: string): Diagnose {
  return async (folder, files) => {
    const own = existsSync(join(folder, 'tsconfig.json'));
    const args = own ? ['-p', '.'] : [...editorArguments(), ...files.map((file) => relative(folder, file))];
    // TypeScript's own files are not what is tested.
    const { stdout, stderr } = await run(process.execPath, [tsc, '--skipDefaultLibCheck', ...args], {
      cwd: folder,
    });
    return stdout + stderr;
  };
}

/** By TypeScript in this process, which reads its own files once for all. */
export const inProcess: Diagnose = (folder, files) => {
  const config = join(folder, 'tsconfig.json');
  const { options, fileNames, errors } = existsSync(config)
    ? configOf(config)
    : ts.parseCommandLine([...editorArguments(), ...files]);
  const found = [...errors, ...ts.getPreEmitDiagnostics(programOf(folder, fileNames, options))];
  const host = {
    getCurrentDirectory: () => folder,
    getCanonicalFileName: (name: string) => name,
    getNewLine: () => '\n',
  };
  return Promise.resolve(ts.formatDiagnostics(found, host));
};

function editorArguments(): string[] {
  return ['--noEmit', ...Object.entries(EDITOR).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

/** Tests that what a newcomer gets compiles without a word, and that mistakes in it are seen. */
export function compilesWith(diagnose: Diagnose): void {
  const folders = new Folders();
  after(() => folders.remove());

  const begin = async (files: Readonly<Record<string, string>> = {}) => {
    const folder = folders.make(files);
    const { file, line } = await newStrategy({ folder, name: 'MyMomentum' });
    assert.equal(await placeTypes(folder, ROOT), 'placed');
    return { folder, file, line };
  };
  const edit = (file: string, from: string, to: string): void => {
    const text = readFileSync(file, 'utf8');
    assert.ok(text.includes(from), `${file} no longer says ${from}`);
    writeFileSync(file, text.replace(from, to));
  };

  it('new strategies in an empty folder, of a made-up market and of files', async () => {
    const { folder, file } = await begin();
    const line = `new StreamInput({ tags: ['price'], interval: '1d', historyProvider: csvHistory('mine.csv') })`;
    const ofFiles = ['close', 'Close', 'last', 'Adj Close', `it's "5"`].map((column, at) =>
      newStrategy({ folder, name: `Mine${at}`, data: { line, columns: [{ name: column, type: 'number' }] } }),
    );
    const ticks = line.replace("'1d'", "'tick'");
    for (const columns of [['bid', 'ask'], ['price'], ["it's"]])
      ofFiles.push(
        newStrategy({
          folder,
          name: `Ticks${columns.length}${columns[0]?.length}`,
          data: { line: ticks, columns: columns.map((name) => ({ name, type: 'number' })) },
        }),
      );
    const files = [file, ...(await Promise.all(ofFiles)).map((each) => each.file)];
    assert.equal(await diagnose(folder, files), '');
  });

  it('a new strategy in an empty folder, with a helper beside it', async () => {
    const { folder, file } = await begin();
    write(folder, { 'lib/ratio.ts': 'export const ratio = (a: number, b: number): number => a / b;\n' });
    edit(file, 'import', "import { ratio } from './lib/ratio';\nimport");
    edit(
      file,
      'view.latest(price).close / view.latest(average)',
      'ratio(view.latest(price).close, view.latest(average))',
    );
    assert.equal(await diagnose(folder, [file]), '');
  });

  it('a mistake in a new strategy is seen', async () => {
    const { folder, file, line } = await begin();
    edit(file, 'latest(price).close', 'latest(price).clsoe');
    const found = await diagnose(folder, [file]);
    assert.match(found, /^my-momentum\.ts\(\d+,\d+\): .*Property 'clsoe' does not exist on type 'Bar'/);
    assert.ok(found.startsWith(`my-momentum.ts(${line},`), found);
  });

  it('a node that carries a state, and mistakes in it are seen', async () => {
    const { folder } = await begin();
    const diagnoses: string[] = [];
    for (const [from, to] of [
      ['', ''],
      ['state.peak = Math', 'state.peek = Math'],
      ['state: { held: true, entry }', 'state: { held: 1, entry }'],
      ['view.latest(position).entry', 'view.latest(position).exit'],
    ] as const) {
      write(folder, { 'scan.ts': SCAN.replace(from, to) });
      diagnoses.push(await diagnose(folder, [join(folder, 'scan.ts')]));
    }
    const [right, misspelt, mistyped, unknown] = diagnoses;
    assert.equal(right, '');
    assert.match(misspelt ?? '', /'peek' does not exist on type/);
    assert.match(mistyped ?? '', /'number' is not assignable to type 'boolean'/);
    assert.match(unknown ?? '', /'exit' does not exist on type/);
  });

  for (const [where, files] of Object.entries(PROJECTS)) {
    it(`a new strategy in ${where}`, async () => {
      const { folder, file } = await begin(files);
      assert.equal(await diagnose(folder, [file]), '');
    });
  }

  it('the sample', async () => {
    const folder = folders.make();
    const { file } = await copySample(folder, ROOT);
    const scripts = readdirSync(join(folder, 'strategies'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, 'strategies', name));
    assert.ok(scripts.length >= 4);
    assert.equal(await diagnose(folder, scripts), '');
    edit(file, "=== 'down'", "=== 'sideways'");
    assert.match(await diagnose(folder, scripts), /sp-trend\.ts.*appears to be unintentional/);
  });
}
