// Slow (15 s): TypeScript compiles.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { placeTypes } from '../../src/scaffold/types.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { contents, Folders, ROOT, run, write, type Ended } from './support.js';

const PLACE = 'node_modules/seamless-dag';

/** npm's own script where npm runs the tests: on Windows its command cannot be started by name. */
function npm(args: readonly string[], cwd: string): Promise<Ended> {
  const script = process.env['npm_execpath'];
  const [program, ...first] = script === undefined ? ['npm'] : [process.execPath, script];
  return run(program, [...first, ...args, '--no-audit', '--no-fund'], { cwd });
}

describe('the types placed in a project', () => {
  const folders = new Folders();
  after(() => folders.remove());

  const versionIn = (project: string): string => {
    const manifest = JSON.parse(readFileSync(join(project, PLACE, 'package.json'), 'utf8')) as {
      seamlessTypes: { version: string };
    };
    return manifest.seamlessTypes.version;
  };

  it('are the declarations of the build, and nothing else in the project changes', async () => {
    const project = folders.make({ 'main.ts': '' });
    assert.equal(await placeTypes(project, ROOT), 'placed');
    const placed = contents(join(project, PLACE));
    for (const [path, text] of Object.entries(contents(join(ROOT, 'dist/types')))) {
      assert.equal(placed[`types/${path}`], text);
    }
    assert.deepEqual(readdirSync(project).sort(), ['main.ts', 'node_modules']);
    assert.deepEqual(readdirSync(join(project, 'node_modules')), ['seamless-dag']);
  });

  it('are left when they are those of this version', async () => {
    const project = folders.make();
    await placeTypes(project, ROOT);
    assert.equal(await placeTypes(project, ROOT), 'kept');
  });

  it('are replaced by those of a newer release, never by those of an older one', async () => {
    const project = folders.make();
    const [older, newer] = [folders.release('0.9.0'), folders.release('0.10.0')];
    write(older, { 'dist/types/gone.d.ts': 'export {};' });
    assert.equal(await placeTypes(project, older), 'placed');
    assert.equal(await placeTypes(project, newer), 'updated');
    assert.equal(versionIn(project), '0.10.0');
    assert.equal(contents(join(project, PLACE))['types/gone.d.ts'], undefined);
    assert.equal(await placeTypes(project, older), 'kept');
    assert.equal(versionIn(project), '0.10.0');
    assert.deepEqual(readdirSync(join(project, 'node_modules')), ['seamless-dag']);
  });

  it('are replaced when the same version comes with other declarations', async () => {
    const project = folders.make();
    const release = folders.release('0.9.0');
    await placeTypes(project, release);
    write(release, { 'dist/types/more.d.ts': 'export {};' });
    assert.equal(await placeTypes(project, release), 'updated');
  });

  it('serve the projects within: one copy, or two would be two kinds of node', async () => {
    const outer = folders.make({ 'inner/package.json': '{}' });
    await placeTypes(outer, folders.release('0.9.0'));
    const inner = join(outer, 'inner');
    assert.equal(await placeTypes(inner, folders.release('0.9.0')), 'kept');
    assert.equal(await placeTypes(inner, folders.release('0.10.0')), 'updated');
    assert.equal(versionIn(outer), '0.10.0');
    assert.deepEqual(readdirSync(inner), ['package.json']);
  });

  it('come in one piece when many windows place them at once', async () => {
    for (const before of [null, '0.0.1']) {
      const project = folders.make();
      if (before !== null) await placeTypes(project, folders.release(before));
      const window = `import { placeTypes } from ${JSON.stringify(join(ROOT, 'src/scaffold/types.ts'))};
        console.log(await placeTypes(${JSON.stringify(project)}, ${JSON.stringify(ROOT)}));`;
      const args = ['--import', 'tsx', '--input-type=module', '--eval', window];
      const windows = Array.from({ length: 3 }, () => run(process.execPath, args, { cwd: ROOT }));
      const here = Array.from({ length: 12 }, () => placeTypes(project, ROOT));
      for (const { code, stderr } of await Promise.all(windows)) assert.equal(code, 0, stderr);
      const told = await Promise.all(here);
      assert.ok(told.every((each) => ['placed', 'updated', 'kept'].includes(each)));
      assert.deepEqual(readdirSync(join(project, 'node_modules')), ['seamless-dag']);
      const fresh = folders.make();
      await placeTypes(fresh, ROOT);
      assert.deepEqual(contents(join(project, PLACE)), contents(join(fresh, PLACE)));
    }
  });

  const installations: readonly (readonly [what: string, files: Record<string, string>])[] = [
    ['an installation', { [`${PLACE}/package.json`]: '{ "name": "seamless-dag", "version": "0.0.1" }' }],
    ['an installation half written', { [`${PLACE}/package.json`]: '{ "name": "seam' }],
    ['a folder of that name without a manifest', { [`${PLACE}/index.d.ts`]: '' }],
    [
      'an installation in a folder above',
      { [`../${PLACE}/package.json`]: '{ "name": "seamless-dag", "version": "0.0.1" }' },
    ],
    ["Yarn's Plug'n'Play", { '.pnp.cjs': '' }],
    ["Yarn's Plug'n'Play in a folder above", { '../.pnp.cjs': '', 'package.json': '{}' }],
    ['the SDK itself', { '../package.json': '{ "name": "seamless-dag" }' }],
  ];
  for (const [what, files] of installations) {
    it(`do not touch ${what}`, async () => {
      const outer = folders.make();
      const project = join(outer, 'project');
      mkdirSync(project);
      write(project, files);
      const before = contents(outer);
      assert.equal(await placeTypes(project, ROOT), 'kept');
      assert.deepEqual(contents(outer), before);
    });
  }

  it('do not touch a link, as of a workspace, even to nowhere', async () => {
    for (const goes of [true, false]) {
      const outer = folders.make({ 'linked/package.json': '{ "name": "seamless-dag" }' });
      const project = join(outer, 'project');
      mkdirSync(join(project, 'node_modules'), { recursive: true });
      symlinkSync(join(outer, goes ? 'linked' : 'nowhere'), join(project, PLACE), 'junction');
      assert.equal(await placeTypes(project, ROOT), 'kept');
      assert.deepEqual(readdirSync(join(outer, 'linked')), ['package.json']);
      assert.deepEqual(readdirSync(join(project, 'node_modules')), ['seamless-dag']);
    }
  });

  it('say why they cannot be placed, and bring no removed project back', async () => {
    const project = folders.make();
    rmSync(project, { recursive: true });
    await assert.rejects(
      placeTypes(project, ROOT),
      (error) => error instanceof SeamlessError && /could not be placed in .*npm install/.test(error.message),
    );
    assert.throws(() => readdirSync(project), /ENOENT/);
    await assert.rejects(placeTypes(folders.make(), folders.make()), /install the extension again/);
  });

  it('tell a script that Node runs what it needs', async () => {
    const project = folders.make({ 'run.mjs': "import { Strategy } from 'seamless-dag';\n" });
    await placeTypes(project, ROOT);
    const { code, stderr } = await run(process.execPath, ['run.mjs'], { cwd: project });
    assert.notEqual(code, 0);
    assert.match(stderr, /Cannot find module .*only-types-are-here--run--npm-install-seamless-dag/);
  });

  it('give way to the package when npm installs it', async () => {
    const release = folders.make({ 'package.json': '{ "name": "seamless-dag", "version": "0.1.0" }' });
    const [packed] = (await npm(['pack', '--silent'], release)).stdout.trim().split('\n');
    const project = folders.make({ 'package.json': '{}' });
    await placeTypes(project, ROOT);
    const { code, stderr } = await npm(['install', '--offline', join(release, packed!)], project);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(join(project, PLACE)), ['package.json']);
    assert.equal(await placeTypes(project, ROOT), 'kept');
  });

  it('are not the package to npm, even without a lock file', async () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'media/sample/package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const range of [dependencies['seamless-dag']!, '^0.1.0', '0.x']) {
      const manifest = { dependencies: { 'seamless-dag': range } };
      const project = folders.make({ 'package.json': JSON.stringify(manifest) });
      await placeTypes(project, ROOT);
      const { code, stderr } = await npm(['install', '--offline', `--cache=${folders.make()}`], project);
      assert.notEqual(code, 0, `npm was content with the types for ${range}`);
      assert.match(stderr, /ENOTCACHED/);
    }
  });

  it('are placed again after npm removed what no manifest asks for', async () => {
    const project = folders.make({ 'package.json': '{}' });
    await placeTypes(project, ROOT);
    await npm(['install', '--offline'], project);
    assert.equal(await placeTypes(project, ROOT), 'placed');
  });
});
