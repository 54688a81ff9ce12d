import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ContentHints } from '../../sources/library.js';

const FILE_NAME = 'source-hints.json';

/** How many files are remembered; the oldest go first. */
const MOST_HINTS = 20_000;

const stored = v.array(v.tuple([v.string(), v.string()]));

/**
 * Content hashes of source files by their `stat` signatures, and what else is worth knowing of sources, kept beside the cache: an
 * unchanged file is not read again. Losing them costs one read, nothing else.
 */
export class SourceHints implements ContentHints {
  readonly #path: string;
  readonly #hashes: Map<string, string>;
  #changed = false;

  private constructor(
    path: string,
    hashes: Map<string, string>,
    readonly hashing: NonNullable<ContentHints['hashing']>,
  ) {
    this.#path = path;
    this.#hashes = hashes;
  }

  /** @param hashing called with the progress of hashing a file */
  static async load(
    dir: string,
    hashing: NonNullable<ContentHints['hashing']> = () => undefined,
  ): Promise<SourceHints> {
    const path = join(dir, FILE_NAME);
    return new SourceHints(path, await readHints(path), hashing);
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
