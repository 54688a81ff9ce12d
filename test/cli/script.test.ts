import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Folders, ROOT, run, write, type Ended } from '../scaffold/support.js';

/** Stands for the command line: tells how it was started, and ends with the code it is told to. */
const CLI = `
process.on('SIGINT', () => process.exit(130));
const [first, ...rest] = process.argv.slice(2);
if (first === 'wait') { console.log('waiting'); setTimeout(() => {}, 20000); }
else {
  const { SEAMLESS_TEST_VIA: via = 'path', ELECTRON_RUN_AS_NODE: electron = null } = process.env;
  console.log(JSON.stringify({ via, electron, args: [first, ...rest] }));
  if (first === 'exit') process.exitCode = Number(rest[0]);
}
`;

interface Told {
  readonly via: string;
  readonly electron: string | null;
  readonly args: readonly string[];
}

describe('the script that starts the command line', () => {
  const folders = new Folders();
  after(() => folders.remove());

  const script = join(ROOT, 'bin/seamless');

  /** An installed extension, with a Node that stands for the editor's. */
  const install = () => {
    const folder = folders.make({
      'dist/cli.js': CLI,
      'package.json': '{ "type": "module" }',
      'editor/Code Helper (Plugin)': `#!/bin/sh\nSEAMLESS_TEST_VIA=editor exec '${process.execPath}' "$@"\n`,
      'bin/seamless': '',
    });
    copyFileSync(script, join(folder, 'bin/seamless'));
    const editor = join(folder, 'editor/Code Helper (Plugin)');
    chmodSync(editor, 0o755);
    return { folder, bin: join(folder, 'bin/seamless'), editor };
  };

  const plain = (): NodeJS.ProcessEnv => {
    const { SEAMLESS_NODE, ELECTRON_RUN_AS_NODE, ...env } = process.env;
    return { ...env, PATH: `${dirname(process.execPath)}:${env['PATH']}` };
  };
  const start = (bin: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    run('/bin/sh', [bin, ...args], { env: { ...plain(), ...env }, cwd: folders.make() });
  const told = ({ stdout }: Ended): Told => JSON.parse(stdout) as Told;

  it('can be run, and has lines of the kind its shell reads', () => {
    assert.equal(statSync(script).mode & 0o111, 0o111);
    assert.doesNotMatch(readFileSync(script, 'utf8'), /\r/);
    const lines = readFileSync(join(ROOT, 'bin/seamless.cmd'), 'utf8').split('\n');
    assert.ok(lines.slice(0, -1).every((line) => line.endsWith('\r')));
  });

  it("runs under the editor's Node, as Node", async () => {
    const { bin, editor } = install();
    const { via, electron } = told(await start(bin, [], { SEAMLESS_NODE: editor }));
    assert.deepEqual([via, electron], ['editor', '1']);
  });

  it('runs under the Node on the path outside the editor, or when that editor is gone', async () => {
    const { bin, editor } = install();
    const gone = `${editor} of yesterday`;
    for (const env of [{}, { SEAMLESS_NODE: '' }, { SEAMLESS_NODE: gone }]) {
      const { via, electron } = told(await start(bin, [], env));
      assert.deepEqual([via, electron], ['path', null]);
    }
  });

  it('says what it needs without Node', async () => {
    const { folder, bin } = install();
    for (const tool of ['dirname', 'readlink']) {
      const { stdout } = await run('/bin/sh', ['-c', `command -v ${tool}`]);
      write(folder, { 'tools/x': '' });
      symlinkSync(stdout.trim(), join(folder, 'tools', tool));
    }
    const { code, stdout, stderr } = await start(bin, [], { PATH: join(folder, 'tools') });
    assert.equal(code, 127);
    assert.equal(stdout, '');
    assert.match(stderr, /seamless needs Node: open a new terminal in VS Code.*or install Node/);
  });

  it('hands every argument on as it is', async () => {
    const { bin, editor } = install();
    const args = ['a b', '', '*', '$HOME', '"', "'", '\\', 'two\nlines', '--end', '모멘텀.ts#A', '-'];
    for (const env of [{}, { SEAMLESS_NODE: editor }]) {
      assert.deepEqual(told(await start(bin, args, env)).args, args);
    }
  });

  it('is found through links, relative ones and links to links', async () => {
    const { folder, bin } = install();
    const other = folders.make({ 'deep er/x': '' });
    symlinkSync(bin, join(other, 'absolute'));
    symlinkSync('../absolute', join(other, 'deep er/relative'));
    symlinkSync(folder, join(other, 'extension'));
    for (const path of ['absolute', 'deep er/relative', 'extension/bin/seamless']) {
      assert.deepEqual(told(await start(join(other, path), ['x'])).args, ['x'], path);
    }
  });

  it('is found on the path, and with CDPATH set', async () => {
    const { folder } = install();
    chmodSync(join(folder, 'bin/seamless'), 0o755);
    const env = { ...plain(), PATH: `${join(folder, 'bin')}:${plain()['PATH']}`, CDPATH: '/:/tmp' };
    const ended = await run('/bin/sh', ['-c', 'seamless "a b"'], { env, cwd: folder });
    assert.deepEqual(told(ended).args, ['a b']);
    const relative = await run('/bin/sh', ['bin/seamless', 'y'], { env, cwd: folder });
    assert.deepEqual(told(relative).args, ['y']);
  });

  it('ends as the command line ends', async () => {
    const { bin, editor } = install();
    for (const code of [0, 1, 3, 130]) {
      assert.equal((await start(bin, ['exit', String(code)], { SEAMLESS_NODE: editor })).code, code);
    }
  });

  it('passes Ctrl-C on, without a shell between', async () => {
    const { bin, editor } = install();
    const child = spawn('/bin/sh', [bin, 'wait'], { env: { ...plain(), SEAMLESS_NODE: editor } });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [130, null]);
  });

  it('starts the command line of this build', async () => {
    const { code, stdout, stderr } = await start(script, ['--help'], { SEAMLESS_NODE: process.execPath });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /materialize/);
  });
});
