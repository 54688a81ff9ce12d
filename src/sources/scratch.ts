import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder for converted copies of files; made when first needed. */
export class Scratch {
  #folder: string | null = null;
  #files = 0;

  /** A path for a new file. */
  file(name: string): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'seamless-sources-'));
    return join(this.#folder, `${this.#files++}-${name}`);
  }

  remove(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }
}
