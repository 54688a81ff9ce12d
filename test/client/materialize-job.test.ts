import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runInThisContext } from 'node:vm';

import { build } from 'esbuild';

import type { NodeReport, RunReport } from '../../src/engine/run/reporting/report.js';
import { fileOfClass } from '../../src/hosts/typescript/class-file.js';
import { HOST_FLAG } from '../../src/protocol/host-flag.js';
import { MaterializeReport, MaterializeSeamlessJob, openCache } from '../../src/client/materialize-job.js';
import {
  cacheFolder,
  findProjectRoot,
  parseStrategySpec,
  partialRange,
  projectRootOf,
} from '../../src/protocol/project.js';
import { SyncReader } from '../../src/client/sync-reader.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { Strategy } from '../../src/sdk/strategy.js';

const childPath = fileURLToPath(new URL('fake-child.mjs', import.meta.url));
const range = { start: 0, end: 60 };

/** Exported, as a strategy must be. */
export class Here extends Strategy {
  setup(): void {
    this.addNodes([]);
  }
}

function code(wanted: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SeamlessError);
    assert.match(error.message, message);
    assert.strictEqual(error.code, wanted);
    return true;
  };
}

describe('the file of a class', () => {
  let folder = '';
  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'seamless-class-')));
  });
  after(() => rm(folder, { recursive: true }));

  it('is the script, however it was compiled in memory', () => {
    assert.strictEqual(fileOfClass(Here), fileURLToPath(import.meta.url));
  });

  it('is the script without a map, and null without a file', async () => {
    const file = join(folder, 'plain.mjs');
    await writeFile(file, 'export class Plain {}\nexport default class { constructor() { this.a = 1; } }');
    const module = (await import(`${pathToFileURL(file).href}?again`)) as Record<string, NewableFunction>;
    assert.strictEqual(fileOfClass(module['Plain'] ?? assert.fail()), file);
    assert.strictEqual(fileOfClass(module['default'] ?? assert.fail()), file);
    assert.strictEqual(fileOfClass(runInThisContext('(class Made {})') as NewableFunction), null);
  });

  for (const sourcemap of ['inline', 'linked'] as const) {
    it(`is what the map names, of a bundle with an ${sourcemap} map`, async () => {
      const source = join(folder, 'src', 'mapped.ts');
      await mkdir(join(folder, 'src'), { recursive: true });
      const text = 'const one: number = 1;\n\nexport class Mapped { readonly value: number = one }\n';
      await writeFile(source, text);
      const run = join(folder, 'src', 'run.ts');
      await writeFile(run, "export { Mapped } from './mapped';");
      const outfile = join(folder, 'dist', `run-${sourcemap}.mjs`);
      await build({ entryPoints: [run], outfile, bundle: true, format: 'esm', sourcemap });
      const module = (await import(pathToFileURL(outfile).href)) as Record<string, NewableFunction>;
      assert.strictEqual(fileOfClass(module['Mapped'] ?? assert.fail()), source);
    });
  }

  it('is found of a CommonJS script too', async () => {
    const file = join(folder, 'common.cjs');
    await writeFile(file, 'class Common {}\nexports.Common = Common;');
    const module = (await import(pathToFileURL(file).href)) as Record<string, NewableFunction>;
    assert.strictEqual(fileOfClass(module['Common'] ?? assert.fail()), file);
  });
});

describe('project root', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seamless-project-'));
    await mkdir(join(folder, 'a', 'b', 'c'), { recursive: true });
  });
  after(() => rm(folder, { recursive: true }));

  it('is the nearest ancestor with a mark of a project, else the workspace, else the folder of the file', async () => {
    const file = join(folder, 'a', 'b', 'c', 'strategy.ts');
    assert.strictEqual(findProjectRoot(file, folder), folder);
    assert.strictEqual(findProjectRoot(file), join(folder, 'a', 'b', 'c'));
    assert.strictEqual(projectRootOf(join(folder, 'a')), join(folder, 'a'));
    await writeFile(join(folder, 'a', 'package.json'), '{}');
    assert.strictEqual(findProjectRoot(file, folder), join(folder, 'a'));
    await mkdir(join(folder, 'a', 'b', '.seamless'));
    assert.strictEqual(findProjectRoot(file), join(folder, 'a', 'b'));
    assert.strictEqual(projectRootOf(join(folder, 'a', 'b')), join(folder, 'a', 'b'));
  });

  it('holds the cache, unless another folder is named', () => {
    assert.strictEqual(cacheFolder('/p'), join('/p', '.seamless'));
    assert.strictEqual(cacheFolder('/p', 'elsewhere'), join(process.cwd(), 'elsewhere'));
  });

  it('strategies are named by file, by file and class, by a file with a #', async () => {
    assert.deepStrictEqual(parseStrategySpec('a/b.ts#C'), { file: 'a/b.ts', className: 'C' });
    assert.deepStrictEqual(parseStrategySpec('a/b.ts'), { file: 'a/b.ts', className: null });
    assert.deepStrictEqual(parseStrategySpec('a/b.ts#'), { file: 'a/b.ts', className: null });
    const odd = join(folder, 'c#1.ts');
    await writeFile(odd, '');
    assert.deepStrictEqual(parseStrategySpec(odd), { file: odd, className: null });
    assert.deepStrictEqual(parseStrategySpec(`${odd}#C`), { file: odd, className: 'C' });
  });

  it('either end of a range may be left open', () => {
    assert.deepStrictEqual(partialRange(undefined, undefined), {});
    assert.deepStrictEqual(partialRange('1970-01-02', undefined), { start: 86_400 });
    assert.deepStrictEqual(partialRange(undefined, 5), { end: 5 });
    assert.throws(() => partialRange(5, 5), code('range', /is empty/));
  });
});

describe('MaterializeSeamlessJob', () => {
  it('refuses an invalid range, and what is no strategy', () => {
    assert.throws(() => new MaterializeSeamlessJob({ strategy: Here, start: 5, end: 5 }), code('range', /./));
    assert.throws(
      () => new MaterializeSeamlessJob({ strategy: Here, start: 0, end: 1_677_628_800_000 }),
      code('time', /milliseconds/),
    );
    const stranger = class {} as unknown as new () => Strategy;
    assert.throws(
      () => new MaterializeSeamlessJob({ strategy: stranger, ...range }).run(),
      code('usage', /needs a strategy/),
    );
  });

  it('says to export a class that is in no file', () => {
    type Make = (base: typeof Strategy) => typeof Here;
    const Made = (runInThisContext('(base) => class Made extends base {}') as Make)(Strategy);
    assert.throws(
      () => new MaterializeSeamlessJob({ strategy: Made, ...range }).run(),
      code('not-found', /Made is not written in a file that can be found: export it/),
    );
  });

  it('says to export a class that is in a file, and where', async () => {
    const prelude = `import { Strategy } from ${source('sdk/strategy.ts')}; class Hidden extends Strategy { setup() {} }`;
    const told = await outcomeOf(prelude, 'Hidden');
    assert.strictEqual(told.code, 'not-found');
    assert.match(told.message, /^Hidden \(.*run\.mts:2\) is not exported: write "export class Hidden"\.$/);
  });

  it('sends the place of the class, the range and the cache, and reports', async () => {
    const progress: number[] = [];
    const job = new MaterializeSeamlessJob(
      { strategy: Here, start: '1970-01-01', end: 60, onProgress: ({ done }) => progress.push(done) },
      { childPath },
    );
    const report = await job.run();
    const [node] = report.nodes;
    const file = fileURLToPath(import.meta.url);
    const root = projectRootOf(fileURLToPath(new URL('.', import.meta.url)));
    assert.deepStrictEqual(JSON.parse(node?.reason ?? ''), {
      strategy: { file, className: 'Here', projectRoot: root },
      start: 0,
      end: 60,
      cacheDir: join(root, '.seamless'),
      parts: true,
      sidecar: true,
    });
    assert.deepStrictEqual([report.coverageBounds, report.nodeCount, progress], [[0, 60], 1, [1]]);
  });

  it('throws what the child answers, and when it is cancelled', async () => {
    const strategy = `${fileURLToPath(import.meta.url)}#Fail`;
    const failing = new MaterializeSeamlessJob({ strategy, ...range }, { childPath });
    await assert.rejects(failing.run(), code('cycle', /A cycle/));
    const signal = AbortSignal.abort();
    const cancelled = new MaterializeSeamlessJob({ strategy, ...range, signal }, { childPath });
    await assert.rejects(cancelled.run(), code('cancelled', /./));
  });

  it('refuses to run inside the process that hosts strategies, naming the line', async () => {
    const flag = JSON.stringify(HOST_FLAG);
    const told = await outcomeOf(
      `Object.defineProperty(globalThis, Symbol.for(${flag}), { value: true });`,
      "'a.ts'",
    );
    assert.strictEqual(told.code, 'compute-only');
    assert.match(told.message, /run\(\) was called at .*run\.mts:4:\d+ while a strategy was being loaded/);
    assert.strictEqual(told.line, 4);
  });
});

/** URL of a source file, as it stands in an import. */
function source(path: string): string {
  return JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
}

/** What run() throws in a script, in a process of its own. The prelude is line 2 of it, the call line 4. */
async function outcomeOf(
  prelude: string,
  strategy: string,
): Promise<{ code: string; message: string; line: number }> {
  const script = `import { MaterializeSeamlessJob } from ${source('client/materialize-job.ts')};
${prelude}
try {
  void new MaterializeSeamlessJob({ strategy: ${strategy}, start: 0, end: 1 }).run();
} catch ({ code, message, location }) {
  console.log(JSON.stringify({ code, message, line: location?.line }));
}`;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'seamless-script-')));
  const file = join(folder, 'run.mts');
  await writeFile(file, script);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file]);
  await rm(folder, { recursive: true });
  return JSON.parse(stdout) as { code: string; message: string; line: number };
}

describe('MaterializeReport', () => {
  const node: NodeReport = {
    name: 'fast',
    kind: 'node',
    label: 'sma',
    state: 'computed',
    interval: 60,
    rows: 3,
    columns: ['value'],
    coverage: [[0, 180]],
    computedRanges: [[0, 180]],
    reusedRanges: [],
    unavailable: [],
    notYet: [],
    unfired: null,
    reason: 'New.',
    failure: null,
  };
  const run: RunReport = {
    strategy: '3',
    range: [0, 180],
    coverageBounds: [0, 180],
    nodeCount: 1,
    hits: 0,
    reused: 0,
    computed: 1,
    partial: 0,
    failed: 0,
    blocked: 0,
    stale: 0,
    elapsedMs: 1,
    nodes: [node],
  };
  const report = new MaterializeReport(
    run,
    { projectRoot: '/p', cacheDir: '/p/c', strategy: 'main.ts#Main' },
    new SyncReader(),
    [[]],
  );

  it('is the report of the run, in JSON too', () => {
    assert.deepStrictEqual(JSON.parse(JSON.stringify(report)), run);
  });

  it('gives a node by name, with what the report says of it', () => {
    const { rowCount, columnNames, state } = report.node('fast');
    assert.deepStrictEqual([rowCount, columnNames, state], [3, ['value'], 'computed']);
    assert.throws(() => report.node('fsat'), code('not-found', /has no node fsat\. Did you mean fast\?/));
    assert.throws(() => report.node('something'), code('not-found', /It has fast\./));
  });
});

describe('openCache', () => {
  it('reads until it is closed', async () => {
    const cache = openCache({ projectRoot: '/p' }, { childPath });
    const columns = await cache.read('3', 'fast', 0, 180);
    assert.deepStrictEqual(columns, {
      ts: new Float64Array([0, 60, 120]),
      value: new Float64Array([0, 30, 60]),
    });
    await assert.rejects(cache.read('3', 'absent'), code('not-found', /No such node/));
    await cache.close();
    await assert.rejects(cache.read('3', 'fast'), code('cancelled', /./));
  });
});
