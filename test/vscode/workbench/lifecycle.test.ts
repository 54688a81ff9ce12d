import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { useEditor, type Editor } from '../harness/editor.js';
import type { Workbench } from '../harness/workbench.js';

/** Strategies that misbehave, each in its own way, but for the first. */
const source = (
  name: string,
  code: string,
): string => `import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class ${name} extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['DEMO'], interval: '1m', historyProvider: demoHistory({ seed: 7 }) });
    const node = new Node({ name: 'node', input: price, period: 3, computeFn: (view) => { ${code} } });
    this.addNodes([node]);
  }
}
`;

const FILES = {
  // Of this folder: in a window on a server, settings of a machine are not read from those of the user.
  '.vscode/settings.json': JSON.stringify({ 'seamless.memory': 256 }),
  'strategies/good.ts': source('Good', 'return view.latest(price).close;'),
  'strategies/endless.ts': source('Endless', 'for (;;) { if (view.asOf < 0) return 1; }'),
  'strategies/greedy.ts': source(
    'Greedy',
    'const all: number[][] = []; for (;;) { all.push(new Array(1e6).fill(view.asOf)); if (view.asOf < 0) return 1; }',
  ),
  // It sleeps at each bar, so that the editor, which is waited for meanwhile, has the processors.
  'strategies/slow.ts': source(
    'Slow',
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3); return view.asOf;',
  ),
};

async function start(window: Workbench, file: string, range = '2023-01-01 2023-02-01'): Promise<void> {
  // A picker goes away when its window is not the one in front.
  await window.page.bringToFront();
  await window.openFile(file);
  await window.materialize(range);
}

async function onlyProcess(editor: Editor): Promise<number> {
  const [pid, ...more] = editor.strategyProcesses();
  assert.deepEqual(more, []);
  return pid ?? assert.fail('No process runs strategies.');
}

let days = 10;

/** Runs what is sound, over another range each time, so that it is this run that is seen to end. */
async function works(window: Workbench): Promise<void> {
  days += 1;
  await start(window, 'good.ts', `2023-01-01 2023-01-${days}`);
  await window.lens(`2023-01-01 → 2023-01-${days} · 2/2 fresh`).waitFor();
}

describe('what goes wrong', () => {
  const editor = useEditor({ files: FILES });

  it('code that never ends: cancel ends it at once, and the next run works', async () => {
    const window = editor();
    await start(window, 'endless.ts');
    await window.statusBarItem('Endless').waitFor();
    await window.clickLens('Cancel');
    await window.statusBarItem('Endless cancelled').waitFor();
    await works(window);
  });

  it('a process that is killed while it works: a sentence, and Try Again', async () => {
    const window = editor();
    await start(window, 'slow.ts');
    await window.statusBarItem(/Slow \d+ %/).waitFor();
    process.kill(await onlyProcess(window), 'SIGKILL');
    await window.notification('ended unexpectedly (signal SIGKILL)').waitFor();
    await window.statusBarItem('Slow failed').waitFor();
    await window.notification('ended unexpectedly').getByRole('button', { name: 'Try Again' }).click();
    await window.statusBarItem(/Slow \d+ %/).waitFor();
    await window.command('Seamless: Cancel');
    await window.statusBarItem('Slow cancelled').waitFor();
  });

  it('a process that is killed while it idles: nobody notices', async () => {
    const window = editor();
    await works(window);
    const pid = await onlyProcess(window);
    process.kill(pid, 'SIGKILL');
    await window.waitForNoProcess(pid);
    await works(window);
  });

  it('a process out of memory: the sentence says so', async function () {
    const window = editor();
    await start(window, 'greedy.ts');
    await window.notification('ran out of memory').waitFor();
    await works(window);
    const command = await readFile(`/proc/${await onlyProcess(window)}/cmdline`, 'utf8');
    assert.match(command, /--max-old-space-size=256\b/);
  });

  it('the cache deleted underneath: the next run makes another', async () => {
    const window = editor();
    await works(window);
    // A process that was used just now may write beside its cache meanwhile.
    await rm(join(window.folder, '.seamless'), { recursive: true, force: true, maxRetries: 5 });
    await window.command('Seamless: Materialize Again');
    await window.statusBarItem('2 nodes computed').waitFor();
    await window.lens('2/2 fresh').waitFor();
  });

  it('reload in the middle of a run: no process is left behind, and the cache tells the truth', async () => {
    const window = editor();
    await start(window, 'slow.ts');
    await window.statusBarItem(/Slow \d+ %/).waitFor();
    const pid = await onlyProcess(window);
    await window.show();
    await window.waitForNoProcess(pid, 15_000);
    await works(window);
  });

  it('two windows on one folder: both run, neither fails, and the one that is closed leaves no process behind', async () => {
    const first = editor();
    const before = new Set(first.strategyProcesses());
    const second = await first.openSecondWindow();
    await start(first, 'slow.ts', '2023-03-01 2023-03-02');
    await start(second, 'good.ts', '2023-03-01 2023-03-02');
    const done = /nodes computed|hits/;
    await Promise.all([first.statusBarItem(done).waitFor(), second.statusBarItem(done).waitFor()]);
    const [pid, ...more] = first.strategyProcesses().filter((each) => !before.has(each));
    assert.ok(pid);
    assert.deepEqual(more, []);
    await second.page.close();
    await first.browser.newPage().then((page) => page.close());
    await first.waitForNoProcess(pid, 60_000);
  });
});
