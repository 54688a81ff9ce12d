import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Folders that go when a suite is over. */
export class Folders {
  readonly #made: string[] = [];

  /** An empty folder, its path with a space, with those texts in it. */
  make(files: Readonly<Record<string, string>> = {}): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'seamless new ')));
    this.#made.push(folder);
    write(folder, files);
    return folder;
  }

  /** The extension's folder as another release would have it: the build's types with another version. */
  release(version: string): string {
    const folder = this.make({ 'package.json': JSON.stringify({ name: 'seamless-dag', version }) });
    cpSync(join(ROOT, 'dist/types'), join(folder, 'dist/types'), { recursive: true });
    cpSync(join(ROOT, 'media/sample'), join(folder, 'media/sample'), { recursive: true });
    return folder;
  }

  remove(): void {
    for (const folder of this.#made) rmSync(folder, { recursive: true, force: true });
  }
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** All files under a folder with their texts, by path. */
export function contents(folder: string): Record<string, string> {
  const all: Record<string, string> = {};
  if (!existsSync(folder)) return all;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    all[path.slice(folder.length + 1).replaceAll('\\', '/')] = readFileSync(path, 'utf8');
  }
  return all;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit code. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((done, failed) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number')
        failed(new Error(`${program} did not end`, { cause: error }));
      else done({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
