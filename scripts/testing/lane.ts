// A process that runs the test files it is sent, one after another, and ends by itself once it is sent no more.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';
import '../../test/support/profile.js';
import { KEPT_FOLDER } from '../../test/vscode/harness/paths.js';
import { FILE_END, type LaneMessage } from './messages.js';
import { childrenOf, endProcesses, named, processorSeconds, settled, type Running } from './processes.js';
import { gather } from './results.js';

/** A test that hangs fails after this, and the rest goes on. No test is judged by it. */
const HUNG_MS = 900_000;

/** How long processes of a suite may take to be gone, and this process to end, once nothing asks them to stay. */
const GRACE_MS = 60_000;

const tell = (message: LaneMessage): void => void process.send?.(message);

/**
 * Children that are kept for the suites that come after, and end with this process: esbuild has one for all its builds, and the
 * editor's suites share servers and browsers.
 */
const isKept = (command: string): boolean =>
  /@?esbuild.*--service=/.test(command) || command.includes(KEPT_FOLDER);
const started = (): Running[] => childrenOf(process.pid, isKept);

async function run(file: string): Promise<void> {
  const began = { wall: performance.now(), processor: processorSeconds() };
  // The tests of an editor suite go on from one another's state: after a failure the rest would wait for what cannot come.
  const bail = file.startsWith('test/vscode/workbench');
  const mocha = new Mocha({ timeout: HUNG_MS, bail, color: process.env['NO_COLOR'] === undefined });
  mocha.addFile(resolve(file));
  await mocha.loadFilesAsync();
  const before = new Set(started().map(({ pid }) => pid));
  const results = await new Promise<ReturnType<typeof gather>>((done) => {
    const runner = mocha.run(() => done(found));
    const found = gather(runner);
    runner.on('test', (test) => tell({ type: 'test', title: test.fullTitle() }));
    runner.on('hook', (hook) => tell({ type: 'test', title: hook.fullTitle() }));
  });
  mocha.dispose();
  const left = await settled(() => started().filter(({ pid }) => !before.has(pid)), GRACE_MS);
  endProcesses(left);
  process.stdout.write(FILE_END);
  tell({
    type: 'file',
    results,
    left: left.map(named),
    seconds: (performance.now() - began.wall) / 1000,
    processorSeconds: processorSeconds() - began.processor,
  });
}

process.on('message', (file: string) => {
  run(file).catch((error: unknown) => {
    console.error(`${pathToFileURL(file).href}:`, error);
    process.stdout.write(FILE_END);
    tell({ type: 'broken', sentence: error instanceof Error ? error.message : String(error) });
  });
});

process.once('disconnect', () => {
  // Not held back by this timer, the process ends as soon as nothing is open.
  setTimeout(() => {
    const children = started();
    const open = [
      ...new Set(
        process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout' && kind !== 'PipeWrap'),
      ),
      ...children.map((child) => `process ${named(child)}`),
    ];
    console.error(`The tests have ended, but not their process. Still open: ${open.join(', ')}.`);
    endProcesses(children);
    process.exit(1);
  }, GRACE_MS).unref();
});
