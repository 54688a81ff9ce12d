import { lstatSync, readdirSync, type Dirent, type Stats } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { SeamlessError } from '../sdk/errors.js';
import { LookedAt } from './looked-at.js';
import { ModuleCache } from './module-cache.js';
import { isScript, isSkippedFolder } from './scripts.js';
import { strategiesOf, type DiscoveredStrategy } from './strategies.js';

/** A file with strategies, or one that had some. */
export interface IndexedFile {
  readonly file: string;
  /** In their order; of a text that does not parse, those of the last one that did. */
  readonly strategies: readonly DiscoveredStrategy[];
  readonly parses: boolean;
}

export interface IndexCounts {
  /** Scripts looked after. */
  readonly files: number;
  readonly strategies: number;
  /** Files read from the disk since the index was made. */
  readonly reads: number;
  /** Texts parsed since the index was made. */
  readonly parses: number;
  /** Files judged since the index was made. */
  readonly judged: number;
}

interface IndexListener {
  /** The strategies of a file, or what is said of its text, became others. */
  onFile(file: IndexedFile): void;
  /** A file with strategies is gone. */
  onRemoved(file: string): void;
  /** A file could not be judged: a fault of Seamless. */
  onFault(error: unknown): void;
}

/** Milliseconds of work after which other work gets a turn. */
const SLICE = 15;

interface Scan {
  readonly walk: Iterator<string | null>;
  readonly seen: Set<string>;
  readonly done: () => void;
  readonly failed: (error: SeamlessError) => void;
}

/**
 * The strategies in many files, kept up to date. It remembers which files each verdict looked at, those that were not
 * there included, so that a change costs the changed file and what was derived through it. It reads synchronously, for a
 * thread of its own: nothing comes between the steps of one verdict. Paths are absolute.
 */
export class StrategyIndex {
  readonly #listener: IndexListener;
  readonly #modules = new ModuleCache();
  readonly #lookedAt = new LookedAt();
  /** What was found in each script looked after. */
  readonly #found = new Map<string, IndexedFile>();
  readonly #stale = new Set<string>();
  readonly #walks: Iterator<string | null>[] = [];
  #folders: readonly string[] = [];
  #scan: Scan | null = null;
  #working: Promise<void> | null = null;
  #judged = 0;

  constructor(listener: IndexListener) {
    this.#listener = listener;
  }

  get counts(): IndexCounts {
    let strategies = 0;
    for (const each of this.#found.values()) strategies += each.strategies.length;
    const { reads, parses } = this.#modules;
    return { files: this.#found.size, strategies, reads, parses, judged: this.#judged };
  }

  /**
   * Looks through folders, in place of those of an earlier scan; resolves when all is judged. A folder that is not there
   * holds nothing.
   * @throws SeamlessError `cancelled` by `signal` or a later scan; what was found until then stays.
   */
  scan(folders: readonly string[], signal?: AbortSignal): Promise<void> {
    this.#endScan('Another search for strategies replaced this one.');
    this.#folders = [...new Set(folders.map((each) => resolve(each)))];
    this.#modules.allChanged();
    for (const file of [...this.#found.keys()]) if (!this.#isLookedAfter(file)) this.#drop(file);
    for (const file of this.#modules.edited()) if (this.#isLookedAfter(file)) this.#stale.add(file);
    return new Promise((done, failed) => {
      const scan = { walk: scriptsIn(this.#folders), seen: new Set<string>(), done, failed };
      this.#scan = scan;
      const cancel = (): void => {
        if (this.#scan === scan) this.#endScan('The search for strategies was cancelled.');
      };
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted) cancel();
      this.#wake();
    });
  }

  /** A file or folder was made or written on the disk. */
  changed(path: string): void {
    const found = look(path);
    this.#touch(path, !found?.isSymbolicLink());
    if (!found?.isDirectory()) return;
    for (const file of this.#lookedAt.under(path + sep)) this.#touch(file);
    this.#walks.push(scriptsIn([path]));
    this.#wake();
  }

  /** A file or folder is gone from the disk. */
  removed(path: string): void {
    const gone = [path];
    if (!isScript(path)) {
      for (const known of [this.#found.keys(), this.#modules.files()]) {
        for (const file of known) if (file.startsWith(path + sep)) gone.push(file);
      }
    }
    for (const file of gone) {
      this.#modules.forget(file);
      this.#touch(file);
    }
  }

  /** The text of an open editor counts before the disk; null: closed. */
  edited(file: string, text: string | null): void {
    this.#modules.edit(file, text);
    this.#touch(file);
  }

  /** Resolves when everything known to have changed is judged. */
  settled(): Promise<void> {
    return this.#working ?? Promise.resolve();
  }

  #touch(path: string, own = true): void {
    this.#modules.changed(path);
    if (own && this.#isLookedAfter(path)) this.#stale.add(path);
    else this.#drop(path);
    for (const file of this.#lookedAt.by(path)) this.#stale.add(file);
    this.#wake();
  }

  /** Scripts in the folders, and those that are open from elsewhere, but no installed ones. */
  #isLookedAfter(path: string): boolean {
    if (!isScript(basename(path))) return false;
    const inside = this.#folders.map((folder) => relative(folder, path)).filter(isInside);
    if (inside.length > 0) return inside.some((each) => !each.split(sep).slice(0, -1).some(isSkippedFolder));
    return this.#modules.isEdited(path) && !path.split(sep).includes('node_modules');
  }

  #wake(): void {
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // Changes that arrive together are looked at together.
    await nextTurn();
    let since = performance.now();
    while (await this.#step()) {
      if (performance.now() - since < SLICE) continue;
      await nextTurn();
      since = performance.now();
    }
    this.#working = null;
  }

  /** Does a little of what there is to do; false: nothing. Changes go before what a scan has not come to yet. */
  async #step(): Promise<boolean> {
    for (const file of this.#stale) {
      this.#stale.delete(file);
      await this.#judge(file);
      return true;
    }
    const walk = this.#walks[0];
    if (walk) {
      const next = walk.next();
      if (next.done) this.#walks.shift();
      else if (next.value !== null) this.#touch(next.value);
      return true;
    }
    return this.#stepOfScan();
  }

  async #stepOfScan(): Promise<boolean> {
    const scan = this.#scan;
    if (!scan) return false;
    const next = scan.walk.next();
    if (next.done) {
      this.#scan = null;
      for (const file of [...this.#found.keys()]) {
        if (!scan.seen.has(file) && !this.#modules.isEdited(file)) await this.#judge(file);
      }
      scan.done();
    } else if (next.value !== null && !scan.seen.has(next.value)) {
      scan.seen.add(next.value);
      await this.#judge(next.value);
    }
    return true;
  }

  #endScan(why: string): void {
    this.#scan?.failed(new SeamlessError('cancelled', why));
    this.#scan = null;
  }

  async #judge(file: string): Promise<void> {
    this.#judged += 1;
    const module = this.#modules.skim(file);
    if (!module || !this.#isLookedAfter(file)) {
      this.#drop(file);
      return;
    }
    const looked = new Set<string>();
    let strategies: readonly DiscoveredStrategy[] = [];
    try {
      if (module.scope) {
        strategies = await strategiesOf(module.scope, (specifier, from) =>
          this.#modules.find(specifier, from, looked),
        );
      }
    } catch (error) {
      this.#listener.onFault(error);
    }
    this.#lookedAt.set(file, looked);
    this.#record({ file, strategies, parses: module.parses });
  }

  /** Silent where there is no strategy and was none. */
  #record(now: IndexedFile): void {
    const before = this.#found.get(now.file);
    this.#found.set(now.file, now);
    const some = now.strategies.length > 0 || (before?.strategies.length ?? 0) > 0;
    if (some && JSON.stringify(before) !== JSON.stringify(now)) this.#listener.onFile(now);
  }

  #drop(file: string): void {
    this.#stale.delete(file);
    this.#lookedAt.delete(file);
    const before = this.#found.get(file);
    this.#found.delete(file);
    if (before && before.strategies.length > 0) this.#listener.onRemoved(file);
  }
}

function isInside(path: string): boolean {
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && resolve(path) !== path;
}

/** The scripts in folders, in their order, with a null for each folder, so that long ways are walked in steps. */
function* scriptsIn(folders: readonly string[]): Generator<string | null> {
  for (const folder of folders) {
    yield null;
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !isSkippedFolder(entry.name)) yield* scriptsIn([path]);
      else if (entry.isFile() && isScript(entry.name)) yield path;
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // A folder that may not be read, or is gone, has nothing to show.
    return [];
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // What may not be looked at is not looked into.
    return undefined;
  }
}
