import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

const FILE_NAME = 'provider-files.json';

/** How many providers are remembered; the oldest go first. */
const MOST_PROVIDERS = 500;

const stored = v.array(v.tuple([v.string(), v.array(v.string())]));

/**
 * Files that custom providers were seen to read, kept beside the cache, so that they can be watched even after a request that
 * reads no rows. Losing them costs one missed change notification, nothing else.
 */
export class ProviderFiles {
  readonly #path: string;
  readonly #files: Map<string, readonly string[]>;
  #changed = false;

  private constructor(path: string, files: Map<string, readonly string[]>) {
    this.#path = path;
    this.#files = files;
  }

  static async load(dir: string): Promise<ProviderFiles> {
    const path = join(dir, FILE_NAME);
    return new ProviderFiles(path, await readStored(path));
  }

  /** @param provider as returned by `RemoteHost.providerOf` */
  get(provider: string): readonly string[] | undefined {
    return this.#files.get(provider);
  }

  add(provider: string, files: readonly string[]): void {
    const known = this.#files.get(provider) ?? [];
    const all = new Set([...known, ...files]);
    if (all.size === known.length) return;
    this.#files.delete(provider);
    this.#files.set(provider, [...all]);
    this.#changed = true;
  }

  async save(): Promise<void> {
    if (!this.#changed) return;
    const draft = `${this.#path}.${process.pid}`;
    try {
      await writeFile(draft, JSON.stringify([...this.#files].slice(-MOST_PROVIDERS)));
      await rename(draft, this.#path);
      this.#changed = false;
    } catch {
      // The disk may be full: the run is stored all the same.
      await rm(draft, { force: true });
    }
  }
}

async function readStored(path: string): Promise<Map<string, readonly string[]>> {
  try {
    const found = v.safeParse(stored, JSON.parse(await readFile(path, 'utf8')));
    return new Map(found.success ? found.output : []);
  } catch {
    // Missing or torn: it is written again.
    return new Map();
  }
}
