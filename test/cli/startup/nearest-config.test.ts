// Slow (20 s): a property: every hit beside what the bundler makes.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { cases } from '../../support/profile.js';
import { Child } from '../../support/project.js';
import { BARS, bars, HitWorld, MAIN, PLUS, SETTLE_MS } from './hit-world.js';

/** A project inside a repository, in whose folders configurations of the bundler come and go. */
const NESTED: Readonly<Record<string, string>> = {
  'demo/package.json': '{}',
  'demo/bars.csv': bars(BARS),
  'demo/app/main.ts': MAIN,
  'demo/app/lib/plus.ts': `import { factor } from 'factor';\n${PLUS.replace('a + b', 'a + b * factor')}`,
  ...Object.fromEntries(
    ['.', 'demo', 'demo/app', 'demo/app/lib'].flatMap((folder) =>
      ['base.json', 'other.json', 'front/none.json', 'back/factor.ts'].map((name) => [
        `${folder}/${name}`,
        name.endsWith('.ts') ? 'export const factor = 5;\n' : '{}',
      ]),
    ),
  ),
};

const CONFIG_FOLDERS = ['.', 'demo', 'demo/app', 'demo/app/lib', 'node_modules/factor'];
const CONFIG_FILES = ['tsconfig.json', 'jsconfig.json', 'base.json', 'front/factor.ts'];

/** What a configuration says. `n` differs each time. */
const CONFIGS: Readonly<Record<string, (n: number) => string | null>> = {
  plain: (n) => `{ "compilerOptions": { "useDefineForClassFields": ${n % 2 === 0} } }`,
  paths: () =>
    `{ "compilerOptions": { "paths" /* */ : { "factor": ["./front/factor.ts", "./back/factor.ts"] } } }`,
  extends: () => '{ "extends": "./base" }',
  'extends beside a comment': () => '{ // "extends": "./other.json",\n"extends": "./base.json" }',
  'extends itself': () => '{ "extends": "./tsconfig.json" }',
  none: () => null,
};

interface ConfigEdit {
  readonly folder: string;
  readonly name: string;
  readonly config: string;
}

/** Edits that random ones seldom come upon. */
const CONFIG_EXAMPLES: ConfigEdit[][] = [
  [
    { folder: 'demo/app', name: 'tsconfig.json', config: 'extends beside a comment' },
    { folder: 'demo/app', name: 'base.json', config: 'paths' },
    { folder: 'demo/app', name: 'front/factor.ts', config: 'plain' },
  ],
  [
    { folder: 'demo', name: 'jsconfig.json', config: 'plain' },
    { folder: 'demo/app/lib', name: 'jsconfig.json', config: 'paths' },
    { folder: 'demo/app/lib', name: 'front/factor.ts', config: 'plain' },
  ],
];

function configure({ project }: HitWorld, { folder, name, config }: ConfigEdit, n: number): void {
  const path = `${folder}/${name}`;
  const text = CONFIGS[config]?.(n) ?? null;
  rmSync(project.path(path), { force: true });
  if (name.endsWith('.ts')) project.write({ [path]: `export const factor = ${n};\n` });
  else if (text !== null) project.write({ [path]: text });
}

describe("a hit that the terminal tells by itself, where the bundler's configurations come and go", () => {
  const tries = cases(40, 5);
  let child: Child;
  /** Projects that were written some time ago. */
  const nested: HitWorld[] = [];
  before(async () => {
    child = new Child();
    for (let n = 0; n < (tries.numRuns ?? 0) + 1; n++)
      nested.push(new HitWorld(child, NESTED, 'demo/app/main.ts'));
    await sleep(SETTLE_MS);
  });
  after(async () => {
    for (const world of nested) world.project.remove();
    await child.end();
  });

  it('follows the nearest tsconfig.json or jsconfig.json of each file as the bundler does', async () => {
    let told = 0;
    let n = 0;
    const edit = fc.record({
      folder: fc.constantFrom(...CONFIG_FOLDERS),
      name: fc.constantFrom(...CONFIG_FILES),
      config: fc.constantFrom(...Object.keys(CONFIGS)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 6, maxLength: 20 }), async (edits) => {
        const world = nested.shift() ?? assert.fail('too few projects');
        try {
          let { code } = await world.bundle();
          for (const edit of edits) {
            await world.full();
            n += 1;
            configure(world, edit, n);
            const next = await world.bundle();
            if (await world.quick()) {
              told += 1;
              assert.equal(next.code, code, JSON.stringify(edit));
            }
            code = next.code;
          }
        } finally {
          world.project.remove();
        }
      }),
      { ...tries, examples: CONFIG_EXAMPLES.map((edits) => [edits]) },
    );
    assert.ok(told > 0, 'it never told any');
  });

  it('is told below a configuration with paths while a nearer one hides it', async () => {
    const world = nested.shift() ?? assert.fail('too few projects');
    const told = async (folder: string, name: string, config: string): Promise<boolean> => {
      configure(world, { folder, name, config }, 1);
      await world.full();
      return (await world.quick()) !== null;
    };
    try {
      assert.equal(await told('demo', 'tsconfig.json', 'paths'), false);
      assert.equal(await told('demo/app/lib', 'tsconfig.json', 'plain'), false, "the strategy's own file");
      assert.equal(await told('demo/app', 'jsconfig.json', 'plain'), true);
      assert.equal(await told('demo/app', 'tsconfig.json', 'paths'), false, 'before a jsconfig.json');
      assert.equal(await told('demo/app', 'tsconfig.json', 'none'), true);
      assert.equal(await told('node_modules/factor', 'tsconfig.json', 'paths'), true);
      rmSync(world.project.path('demo/app/jsconfig.json'));
      assert.equal(await world.quick(), null, 'the hidden one is the nearest again');
    } finally {
      world.project.remove();
    }
  });
});
