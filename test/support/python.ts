import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Runs a command to its end. Gives what it prints. @throws AssertionError when it fails, with what it said. */
export function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const why = error?.message ?? stderr;
  assert.equal(
    status,
    0,
    `${command} ${args.join(' ')}: ${why}\nThis test needs Python 3.10 or later with venv and pip.`,
  );
  return stdout;
}

/**
 * A Python that has a package. Its environment is made once; Git does not see it.
 * @param requirement pinned: `pyarrow==26.0.1`
 */
export function pythonWith(requirement: string): string {
  const environment = resolve(import.meta.dirname, '../../.test-tmp', requirement.replace('==', '-'));
  const found = `${environment}/bin/python`;
  const ready = `${environment}/ready`;
  if (existsSync(ready)) return found;
  run('python3', '-m', 'venv', '--clear', environment);
  run(found, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement);
  writeFileSync(ready, '');
  return found;
}
