// Slow (40 s): a property: every hit beside a run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { builtFile } from '../../../src/protocol/built-file.js';
import { cases } from '../../support/profile.js';
import { Child, minute } from '../../support/project.js';
import { BARS, bars, END, HitWorld, MAIN, PLUS, SETTLE_MS, START } from './hit-world.js';

/** What may happen between two commands. */
const EDITS: Readonly<Record<string, (world: HitWorld, n: number) => unknown>> = {
  nothing: () => undefined,
  constant: (world, n) => world.change('main.ts', (text) => text.replace(/SCALE = \d+/, `SCALE = ${n}`)),
  comment: (world, n) => world.change('main.ts', (text) => `${text}// ${n}\n`),
  touch: ({ project }, n) => utimesSync(project.path('main.ts'), n, n),
  'same size and time': (world, n) => {
    const path = world.project.path('lib/plus.ts');
    utimesSync(path, 1, 1);
    world.project.write({ 'lib/plus.ts': PLUS.replace('a + b', n % 2 ? 'a * b' : 'a + b') });
    utimesSync(path, 1, 1);
  },
  'a file in front': ({ project }) => project.write({ 'lib/plus.tsx': PLUS.replace('a + b', 'a - b') }),
  'no file in front': ({ project }) => rmSync(project.path('lib/plus.tsx'), { force: true }),
  package: (world, n) =>
    world.project.write({ 'node_modules/factor/main.js': `export const factor = ${n};\n` }),
  'another main': (world, n) =>
    world.project.write({
      'node_modules/factor/package.json': `{ "main": "${n % 2 ? 'other' : 'main'}.js", "type": "module" }`,
    }),
  'a nearer package': ({ project }) =>
    project.write({
      'lib/node_modules/factor/package.json': '{ "main": "main.js", "type": "module" }',
      'lib/node_modules/factor/main.js': 'export const factor = 7;\n',
      'lib/plus.ts':
        "import { factor } from 'factor';\nexport const plus = (a: number, b: number): number => a + b * factor;\n",
    }),
  'no nearer package': ({ project }) =>
    rmSync(project.path('lib/node_modules'), { recursive: true, force: true }),
  tsconfig: ({ project }, n) =>
    project.write({
      'tsconfig.json': `{ "compilerOptions": { "useDefineForClassFields": ${n % 2 === 0} } }`,
    }),
  paths: ({ project }) =>
    project.write({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "factor": ["./lib/factor.ts"] } } }',
      'lib/factor.ts': 'export const factor = 11;\n',
    }),
  'no tsconfig': ({ project }) => rmSync(project.path('tsconfig.json'), { force: true }),
  'more bars': ({ project }) => project.write({ 'bars.csv': bars(BARS + 5) }),
  'a corrected bar': ({ project }, n) =>
    project.write({ 'bars.csv': bars(BARS, (i) => (i === n % BARS ? n : 5)) }),
  'fewer bars': ({ project }) => project.write({ 'bars.csv': bars(BARS - 3) }),
  'another range': (world, n) => world.full('Main', minute(1 + (n % BARS))),
  'another strategy': (world) => world.full('Other'),
  'no pack': (world) =>
    world
      .inCache('packs')
      .slice(0, 1)
      .forEach((path) => rmSync(path, { force: true })),
  'a damaged pack': (world, n) =>
    world
      .inCache('packs')
      .slice(0, 1)
      .forEach((path) => flip(path, n)),
  'a damaged sidecar': (world, n) => world.inCache('hits').forEach((path) => flip(path, n)),
  'a cut sidecar': (world, n) =>
    world.inCache('hits').forEach((path) => writeFileSync(path, readFileSync(path).subarray(0, n))),
  settle: () => sleep(SETTLE_MS),
};

function flip(path: string, n: number): void {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    // The child's upkeep, which works while nothing is asked of it, has just put another pack in its place.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const at = (n * 7919) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function untimed(report: RunReport): unknown {
  return JSON.parse(JSON.stringify({ ...report, elapsedMs: 0 }));
}

/** What makes the code read what no file tells: a line in place of the constant. */
const HIDDEN: Readonly<Record<string, string>> = {
  'a variable of the environment': 'const SCALE = Number(process.env.SCALE ?? 1);',
  'a file':
    "import { readFileSync } from 'node:fs'; const SCALE = readFileSync(new URL('bars.csv', import.meta.url)).length;",
  'the clock': 'const SCALE = Date.now() > 0 ? 1 : 2;',
  'a new date': 'const SCALE = new Date().getTime() > 0 ? 1 : 2;',
  randomness: 'const SCALE = Math.random() < 2 ? 1 : 2;',
  'the machine': "import { cpus } from 'node:os'; const SCALE = cpus().length > 0 ? 1 : 2;",
  'what is imported while it runs':
    "const name = 'factor'; void import(name).catch(() => 0); const SCALE = 1;",
  'what it prints': "console.log('hello'); const SCALE = 1;",
};

/** `seamless materialize` in a process of its own. */
function terminal(
  { spec }: HitWorld,
  ...node: string[]
): { readonly stdout: string; readonly stderr: string } {
  const args = [...node, builtFile('cli.js'), 'materialize', ...spec, '--json'];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('a hit that the terminal tells by itself', () => {
  const tries = cases(60, 4);
  let child: Child;
  /** Projects that were written some time ago, so that not every test waits for that. */
  const settled: HitWorld[] = [];
  const hidden = new Map<string, HitWorld>();
  before(async () => {
    child = new Child();
    for (let n = 0; n < (tries.numRuns ?? 0) + 6; n++) settled.push(new HitWorld(child));
    for (const [what, line] of Object.entries(HIDDEN))
      hidden.set(what, new HitWorld(child, { 'main.ts': MAIN.replace('const SCALE = 1;', line) }));
    await sleep(SETTLE_MS);
  });
  after(async () => {
    for (const world of [...settled, ...hidden.values()]) world.project.remove();
    await child.end();
  });

  async function settledWorld(): Promise<HitWorld> {
    const world = settled.shift();
    if (world) return world;
    const another = new HitWorld(child);
    await sleep(SETTLE_MS);
    return another;
  }

  it('equals that of a run, in the same words, after any edit or damage', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(EDITS)), fc.integer({ min: 1, max: 90 })), {
          minLength: 3,
          maxLength: 14,
        }),
        async (edits) => {
          const world = await settledWorld();
          try {
            await world.full();
            for (const [name, n] of edits) {
              await EDITS[name]?.(world, n);
              const quick = await world.quick();
              const report = await world.full();
              if (quick) {
                told += 1;
                assert.deepEqual(untimed(quick), untimed(report), name);
                assert.equal(report.hits, report.nodeCount, name);
              }
              // Mostly a run that computed says what the next one will; sometimes one that hit.
              if (n % 3 === 0) await world.full();
            }
          } finally {
            world.project.remove();
          }
        },
      ),
      tries,
    );
    assert.ok(told > 0, 'it never told any');
  });

  it("is known from the first run on: a run that computed stores the next one's report", async () => {
    const edited = new Map<string, HitWorld>();
    try {
      for (const edit of ['nothing', 'constant', 'a corrected bar', 'more bars']) {
        const world = await settledWorld();
        edited.set(edit, world);
        if (edit === 'nothing') continue;
        await world.full();
        if (edit === 'more bars') {
          // More bars than asked for change nothing: the correction goes with them.
          EDITS['a corrected bar']?.(world, 3);
          await world.full();
        }
        await EDITS[edit]?.(world, 3);
      }
      await sleep(SETTLE_MS);
      for (const [edit, world] of edited) {
        const run = await world.full();
        assert.ok(run.computed > 0, edit);
        const quick = await world.quick();
        assert.ok(quick, `no hit was told after ${edit}`);
        assert.deepEqual(untimed(quick), untimed(await world.full()), edit);
      }
    } finally {
      for (const world of edited.values()) world.project.remove();
    }
  });

  it('needs no child, bundler or DuckDB', async () => {
    const world = await settledWorld();
    try {
      await world.full();
      const full = await world.full();
      assert.deepEqual(untimed((await world.quick()) as RunReport), untimed(full));
      const cli = terminal(world, '--import', `data:text/javascript,${encodeURIComponent(NOTHING_ELSE)}`);
      assert.equal(cli.stderr.replace(/\d+ ms/, 'ms'), '4 nodes · 4 from cache · 0 computed · ms\n');
      assert.deepEqual(untimed(JSON.parse(cli.stdout) as RunReport), untimed(full));
    } finally {
      world.project.remove();
    }
  });

  it("is known after a terminal's very first run, which made the cache", async () => {
    const world = await settledWorld();
    try {
      assert.match(terminal(world).stderr, /4 computed/);
      assert.ok(await world.quick());
    } finally {
      world.project.remove();
    }
  });

  for (const what of Object.keys(HIDDEN)) {
    it(`is none if the strategy reads or needs ${what}`, async () => {
      const world = hidden.get(what) ?? assert.fail(what);
      await world.full();
      const again = await world.full();
      assert.equal(again.hits, again.nodeCount, 'else there is nothing to tell in any case');
      assert.equal(await world.quick(), null);
      assert.deepEqual(world.inCache('hits'), []);
    });
  }

  it('is none for another environment, another command, an hour later, or files that changed while it was bundled', async () => {
    const world = await settledWorld();
    try {
      await world.full();
      await world.full();
      assert.ok(await world.quick());
      assert.equal(await world.quick([...world.spec, '--only-missing']), null);
      assert.equal(await world.quick([...world.spec, '--refresh']), null);
      assert.equal(await world.quick([...world.spec, '--cache', world.project.path('elsewhere')]), null);
      process.env['NODE_PATH'] = world.project.root;
      try {
        assert.equal(await world.quick(), null);
      } finally {
        delete process.env['NODE_PATH'];
      }
      const [sidecar] = world.inCache('hits') as [string];
      const { now } = Date;
      try {
        Date.now = () => now() + 3_600_000;
        assert.equal(await world.quick(), null);
      } finally {
        Date.now = now;
      }
      rmSync(sidecar);
      appendFileSync(world.project.path('lib/plus.ts'), '// ');
      // As a terminal asks, which knows when it began to read.
      await child.request('materialize', {
        strategy: world.project.strategy('main.ts', 'Main'),
        start: START,
        end: END,
        sidecar: true,
      });
      assert.deepEqual(world.inCache('hits'), []);
    } finally {
      world.project.remove();
    }
  });
});

/** Fails a process that starts another, or loads DuckDB or the bundler. */
const NOTHING_ELSE = `
import module from 'node:module';
import child from 'node:child_process';
for (const name of ['fork', 'spawn', 'execFile']) child[name] = () => { throw new Error('it started a process'); };
const load = module._load;
module._load = (name, ...rest) => {
  if (/duckdb|esbuild/.test(name)) throw new Error('it loaded ' + name);
  return load(name, ...rest);
};
module.syncBuiltinESMExports();
`;
