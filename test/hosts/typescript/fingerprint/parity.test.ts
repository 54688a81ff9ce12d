// Slow (15 s): a load of a strategy for every case.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, transform } from 'esbuild';
import ts from 'typescript';

import type { RunReport } from '../../../../src/engine/run/reporting/report.js';
import { Child, Project, type Files } from '../../../support/project.js';

const ROOT = resolve(import.meta.dirname, '../../../..');
const START = 1_700_000_040;
const END = START + 600;

/** A strategy in as many of TypeScript's own ways of writing as there are, a node for each. */
const SOURCE: Files = {
  'src/main.ts': `import { columns, demoHistory, Node, Strategy, StreamInput, type View } from 'seamless-dag';
import { clamp, Ema, Scale } from './lib/kit';
import { Mode, Side } from './lib/sides';
import type { Weights } from './lib/types';
import * as shapes from './lib/shapes';

const weights: Weights = { near: 2, far: 3 } satisfies Weights;
const pick = <T extends keyof Weights>(which: T): number => weights[which]!;
function twice(x: number): number;
function twice(x: string): number;
function twice(x: number | string, by = 2): number { return Number(x) * by; }
abstract class Base extends Strategy {
  protected readonly offset: number = 5;
  declare readonly nothing: string;
  lazy?: number;
  abstract readonly bias: number;
  protected shift(x: number): number { return x + this.offset; }
}
const ema = new Ema(3, 4);
const scale = new Scale<number>(6);

export class Main extends Base {
  override period = 2;
  readonly bias = 7;
  #secret = 8;
  static limit = 9;
  private get doubled(): number { return this.bias * 2; }

  override setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory() });
    const add = (name: string, computeFn: (view: View) => unknown): void => {
      this.addNodes([new Node({ name, input: price, computeFn: computeFn as (view: View) => number })]);
    };
    for (const n of [3, 5] as const) add('loop' + n, (view) => view.latest(price).close * n);
    add('helper', (view: View): number => clamp(view.latest(price).close as number));
    add('generic', () => pick('near') + pick('far'));
    add('overloaded', () => twice('4'));
    add('parameterProperties', () => ema.alpha + scale.of(2));
    add('fields', () => this.offset + (this.lazy ?? 1));
    add('inherited', () => this.shift(1));
    add('accessor', () => this.doubled);
    add('private', () => this.#secret);
    add('static', () => Math.min(Main.limit, 3));
    add('optional', (view) => (view as View | undefined)?.asOf! > 0 ? 1 : 0);
    add('namespaceImport', () => shapes.area({ width: 2, height: 3 }));
    add('template', (view) => \`\${view.latest(price).close > 0}\`);
    add('constEnum', () => Mode.Fast);
    add('enumMember', () => Side.Long);
    add('enumTable', (view) => Side[view.asOf > 0 ? 1 : -1]!.length);
    this.addNodes([
      new Node({ name: 'columns', input: price, computeFn: columns((series) => new Float64Array(series.length).fill(2)) }),
    ]);
  }
}
`,
  'src/lib/kit.ts': `export const clamp = (x: number, low: number = 0, high = 1e6): number => Math.min(high, Math.max(low, x));
export class Ema { constructor(readonly span: number, private readonly seed = 0) {} get alpha(): number { return 2 / (this.span + 1) + this.seed; } }
export class Scale<T extends number> { constructor(public by: T) {} of = (x: T): number => x * this.by; }
`,
  'src/lib/sides.ts': `export enum Side { Long = 1, Short = -1 }\nexport const enum Mode { Fast = 3, Slow = 4 }\n`,
  'src/lib/types.ts': `export interface Weights { near: number; far: number }\nexport type Unused = string;\n`,
  'src/lib/shapes.ts': `export type Box = { width: number; height: number };\nexport const area = ({ width, height }: Box): number => width * height;\nexport function unused(): void {}\n`,
  'run.ts': `import { MaterializeSeamlessJob } from 'seamless-dag';
import { Main } from './src/main';
const report = await new MaterializeSeamlessJob({ strategy: Main, start: ${START}, end: ${END} }).run();
console.log(JSON.stringify({ ...report, nodes: report.nodes }));
`,
};

const FILES = Object.keys(SOURCE).filter((name) => name.startsWith('src/'));

/** Node's own resolver wants the endings that bundlers and TypeScript add. */
function withEndings(text: string): string {
  return text.replace(/(from ['"])(\.[^'"]+?)(?:\.js)?(['"])/g, '$1$2.js$3');
}

describe('the fingerprints of the same code', () => {
  const project = new Project({
    'package.json': '{ "type": "module" }',
    'node_modules/.keep': '',
    ...SOURCE,
  });
  symlinkSync(ROOT, project.path('node_modules/seamless-dag'), 'junction');
  const child = new Child();
  let nodes = 0;
  before(async () => {
    const report = await child.materialize(project, { file: 'src/main.ts', start: START, end: END });
    nodes = report.nodeCount;
    assert.deepEqual(
      report.nodes.flatMap(({ failure }) => failure?.message ?? []),
      [],
    );
    assert.deepEqual([report.computed, nodes], [nodes, 19]);
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  /** Names of the nodes that were not found under the fingerprints that TypeScript's source had in the editor's child. */
  function others(report: RunReport): string[] {
    assert.deepEqual([report.nodeCount, report.failed], [nodes, 0]);
    return report.nodes.filter(({ state }) => state !== 'hit').map(({ name }) => name);
  }

  async function node(...args: string[]): Promise<RunReport> {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project.root });
    return JSON.parse(stdout) as RunReport;
  }

  function write(folder: string, files: Files): void {
    project.write(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text])),
    );
  }

  /** The same for a build, against a cache that holds nothing but what the source gave. */
  async function othersOf(folder: string): Promise<string[]> {
    const range = { cacheDir: project.path(`.cache-${folder}`), start: START, end: END };
    await child.materialize(project, { file: 'src/main.ts', ...range });
    return others(await child.materialize(project, { file: `${folder}/main.js`, ...range }));
  }

  it('agree in another process of the editor', async () => {
    const editor = new Child();
    try {
      const request = { file: 'src/main.ts', className: 'Main', start: START, end: END };
      assert.deepEqual(others(await editor.materialize(project, request)), []);
    } finally {
      await editor.end();
    }
  });

  it('agree in the terminal', async () => {
    const range = ['--start', String(START), '--end', String(END)];
    const cli = join(ROOT, 'dist/cli.js');
    assert.deepEqual(others(await node(cli, 'materialize', 'src/main.ts#Main', ...range, '--json')), []);
  });

  it('agree in a script under tsx', async () => {
    const tsx = pathToFileURL(createRequire(join(ROOT, 'package.json')).resolve('tsx')).href;
    assert.deepEqual(others(await node('--import', tsx, 'run.ts')), []);
  });

  it('agree with a build of one module by esbuild, and in a script under plain Node', async () => {
    const { outputFiles } = await build({
      absWorkingDir: project.root,
      entryPoints: ['src/main.ts'],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: ['seamless-dag'],
    });
    write('bundled', { 'main.js': outputFiles[0]?.text ?? '' });
    assert.deepEqual(await othersOf('bundled'), []);
    project.write({ 'bundled-run.js': (SOURCE['run.ts'] ?? '').replace('./src/main', './bundled/main.js') });
    assert.deepEqual(others(await node('bundled-run.js')), []);
  });

  it('agree with what tsc emits for ES2022, but for members of enums that are not const', async () => {
    const program = ts.createProgram(
      FILES.map((name) => project.path(name)),
      {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        skipLibCheck: true,
        strict: true,
        types: [],
        rootDir: project.path('src'),
        outDir: project.path('tsc'),
      },
    );
    const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
    assert.deepEqual(problems, []);
    program.emit();
    assert.deepEqual(await othersOf('tsc'), ['enumMember']);
  });

  it('agree with a build of each file by esbuild, but for members of enums of other files', async () => {
    const files = await Promise.all(
      FILES.map(async (name) => {
        const { code } = await transform(SOURCE[name] ?? '', {
          loader: 'ts',
          format: 'esm',
          target: 'node20',
        });
        return [name.replace(/^src\//, '').replace(/ts$/, 'js'), withEndings(code)] as const;
      }),
    );
    write('each', Object.fromEntries(files));
    assert.deepEqual(await othersOf('each'), ['constEnum', 'enumMember']);
    project.write({ 'each-run.js': (SOURCE['run.ts'] ?? '').replace('./src/main', './each/main.js') });
    assert.deepEqual(others(await node('each-run.js')), ['constEnum', 'enumMember']);
  });
});
