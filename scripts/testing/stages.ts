import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Results } from './results.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const resultsFolder = join(root, '.test-tmp/results');

/** What a stage came to: how many checks held, and the names of those that did not. */
export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
}

/** Runs one of this repository's programs under tsx, its output shown; resolves with the exit code, null after a signal. */
export function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** One check that is a program of its own: it holds when the program ends well. */
export async function check(name: string, args: readonly string[]): Promise<Outcome> {
  const code = await runNode(args);
  return code === 0 ? { passed: 1, failed: [] } : { passed: 0, failed: [`${name} (exit code ${code})`] };
}

/** Runs mocha with these arguments and counts its tests. */
export function mocha(name: string, args: readonly string[]): Promise<Outcome> {
  return counted(name, (results) =>
    runNode([
      join(root, 'node_modules/mocha/bin/mocha.js'),
      '--no-config',
      '--reporter',
      join(root, 'scripts/testing/reporter.ts'),
      '--reporter-option',
      `results=${results}`,
      ...args,
    ]),
  );
}

/**
 * What a run wrote into its file of results. A run that ends before its tests do, with no test, with a test left out, or
 * badly though no test failed, has failed.
 */
export async function counted(
  name: string,
  runTests: (results: string) => Promise<number | null>,
): Promise<Outcome> {
  const file = join(resultsFolder, `${name.replaceAll(' ', '-')}.json`);
  await rm(file, { force: true });
  const code = await runTests(file);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return { passed: 0, failed: [`${name}: ended before its tests did (exit code ${code})`] };
  }
  const { passed, failed, skipped } = JSON.parse(text) as Results;
  const faults = [...failed, ...skipped.map((title) => `${title} (skipped)`)];
  if (faults.length === 0 && code !== 0) faults.push(`${name}: no test failed, yet exit code ${code}`);
  if (faults.length === 0 && passed.length === 0) faults.push(`${name}: there was no test to run`);
  return { passed: passed.length, failed: faults };
}
