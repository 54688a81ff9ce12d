import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { IndexedFile } from '../../src/discovery/strategy-index.js';

/** The worker as it is shipped. */
export const WORKER = fileURLToPath(new URL('../../dist/discovery-worker.cjs', import.meta.url));

export const SETUP = '{ setup() {} }';
export const SDK = "import { Strategy } from 'seamless-dag';\n";

/** A strategy that extends `Strategy` itself. */
export const strategy = (name: string): string => `${SDK}export class ${name} extends Strategy ${SETUP}\n`;

/** A strategy whose base class is in another file. */
export const derived = (name: string, base: string, from: string): string =>
  `import { ${base} } from '${from}';\nexport class ${name} extends ${base} ${SETUP}\n`;

export const base = (name: string): string => `${SDK}export abstract class ${name} extends Strategy {}\n`;

/** A temporary folder, and what is shown of the files in it. */
export class Folder {
  readonly root: string;
  /** What a listener knows, file by file: names of strategies, with `!` behind those whose text does not parse. */
  readonly shown = new Map<string, string>();
  /** What it was told, in order. */
  readonly told: string[] = [];

  static async make(files: Readonly<Record<string, string>> = {}): Promise<Folder> {
    const folder = new Folder(await mkdtemp(join(realpathSync(tmpdir()), 'seamless-index-')));
    await folder.write(files);
    return folder;
  }

  private constructor(root: string) {
    this.root = root;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(this.path(name)), { recursive: true });
      await writeFile(this.path(name), text);
    }
  }

  remove(name: string): Promise<void> {
    return rm(this.path(name), { recursive: true, force: true });
  }

  readonly onFile = ({ file, strategies, parses }: IndexedFile): void => {
    const name = this.#name(file);
    const found = `${strategies.map(({ className }) => className).join(' ')}${parses ? '' : '!'}`;
    this.told.push(`${name}: ${found}`);
    if (strategies.length > 0) this.shown.set(name, found);
    else this.shown.delete(name);
  };

  readonly onRemoved = (file: string): void => {
    this.told.push(`${this.#name(file)} removed`);
    this.shown.delete(this.#name(file));
  };

  /** What was told since the last time. */
  news(): string[] {
    return this.told.splice(0).sort();
  }

  #name(file: string): string {
    return relative(this.root, file).split(sep).join('/');
  }
}
