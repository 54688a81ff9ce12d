import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ContentHints } from '../../sources/library.js';

const FILE_NAME = 'source-hints.json';

/** Shortest time between progress reports. */
const TELL_MS = 100;

/** How many files are remembered; the oldest go first. */
const MOST_HINTS = 20_000;

const stored = v.array(v.tuple([v.string(), v.string()]));

/**
 * Content hashes of source files by their `stat` signatures, kept beside the cache, so that an unchanged file is not read again.
 * Losing them costs one read, nothing else.
 */
export class SourceHints implements ContentHints {
  readonly #path: string;
  readonly #hashes: Map<string, string>;
  readonly #onHashing: ContentHints['hashing'];
  #changed = false;
  #toldAt = 0;

  private constructor(path: string, hashes: Map<string, string>, onHashing: ContentHints['hashing']) {
    this.#path = path;
    this.#hashes = hashes;
    this.#onHashing = onHashing;
  }

  /** @param onHashing called occasionally with the progress of hashing a file */
  static async load(dir: string, onHashing?: ContentHints['hashing']): Promise<SourceHints> {
    const path = join(dir, FILE_NAME);
    return new SourceHints(path, await readHints(path), onHashing);
  }

  get(signature: string): string | undefined {
    return this.#hashes.get(signature);
  }

  keys(): Iterable<string> {
    return this.#hashes.keys();
  }

  set(signature: string, hash: string): void {
    if (this.#hashes.get(signature) === hash) return;
    this.#hashes.set(signature, hash);
    this.#changed = true;
  }

  hashing(file: string, done: number, total: number): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    this.#onHashing?.(file, done, total);
  }

  /** Forgets everything: every file is read again. */
  clear(): void {
    this.#changed ||= this.#hashes.size > 0;
    this.#hashes.clear();
  }

  async save(): Promise<void> {
    if (!this.#changed) return;
    const kept = [...this.#hashes].slice(-MOST_HINTS);
    const draft = `${this.#path}.${process.pid}`;
    try {
      await writeFile(draft, JSON.stringify(kept));
      await rename(draft, this.#path);
      this.#changed = false;
    } catch {
      // The disk may be full: the run is stored all the same, and the next one reads the files.
      await rm(draft, { force: true });
    }
  }
}

async function readHints(path: string): Promise<Map<string, string>> {
  try {
    const found = v.safeParse(stored, JSON.parse(await readFile(path, 'utf8')));
    return new Map(found.success ? found.output : []);
  } catch {
    // Missing or torn: the files are read instead.
    return new Map();
  }
}
