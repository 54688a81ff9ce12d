import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** A copy of the sample project, with its market data, in a folder of its own; gone when the process ends. */
export function copySample(): string {
  execFileSync(process.execPath, [join(ROOT, 'media/prepare.mjs')]);
  const folder = mkdtempSync(join(tmpdir(), 'seamless-sample-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Whatever a user of the repository left in the sample stays behind.
  const left = new Set(['node_modules', '.seamless']);
  cpSync(join(ROOT, 'media/sample'), folder, {
    recursive: true,
    filter: (path) => !left.has(basename(path)),
  });
  return folder;
}
