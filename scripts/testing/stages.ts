import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notRun, type Outcome } from './outcome.js';
import { root } from './paths.js';
import { childrenOf, endProcesses, named } from './processes.js';
import type { Results } from './results.js';

/** A program that has not ended after this is ended: longer than any of them may take. */
const HUNG_MS = 2_400_000;

/** Runs one of this repository's programs under tsx, its output shown; resolves with the exit code, null after a signal. */
function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const late = setTimeout(() => {
      const family = childrenOf(child.pid ?? NaN);
      const open = family.map(named).join(', ') || 'no process but its own';
      console.error(
        `${args.join(' ')} did not end in ${HUNG_MS / 60_000} minutes. Ended. Still open: ${open}.`,
      );
      child.kill('SIGKILL');
      endProcesses(family);
    }, HUNG_MS);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(late);
      resolve(code);
    });
  });
}

/** One check that is a program of its own: it holds when the program ends well. */
export async function check(name: string, args: readonly string[]): Promise<Outcome> {
  const began = performance.now();
  const code = await runNode(args);
  const times = [{ file: name, tests: 1, seconds: (performance.now() - began) / 1000, processorSeconds: 0 }];
  if (code === 0) return { passed: 1, failed: [], unsteady: [], times };
  return { passed: 0, failed: [`${name} (exit code ${code})`], unsteady: [], times };
}

/**
 * A program that writes its results into the file whose path is in SEAMLESS_HOST_RESULTS. It has failed as well when it
 * ends before its tests do, or without one.
 */
export async function counted(name: string, args: readonly string[]): Promise<Outcome> {
  const file = join(root, '.test-tmp/results', `${name}.json`);
  await rm(file, { force: true });
  const code = await runNode(args, { SEAMLESS_HOST_RESULTS: file });
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return notRun(name, `ended before its tests did (exit code ${code})`);
  }
  const { passed, failed, skipped } = JSON.parse(text) as Results;
  const faults = [...failed, ...skipped.map((title) => `${title} (skipped)`)];
  if (faults.length === 0 && code !== 0) faults.push(`${name}: no test failed, yet exit code ${code}`);
  if (faults.length === 0 && passed.length === 0) faults.push(`${name}: there was no test to run`);
  return { passed: passed.length, failed: faults, unsteady: [], times: [] };
}
