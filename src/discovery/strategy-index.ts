import { lstatSync, type Stats } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { SeamlessError } from '../sdk/errors.js';
import { LookedAt } from './looked-at.js';
import { ModuleCache } from './module-cache.js';
import { isScript, isSkippedFolder, scriptsIn } from './scripts.js';
import { strategiesOf, type DiscoveredStrategy } from './strategies.js';

/** A file that has or had strategies. */
export interface IndexedFile {
  readonly file: string;
  /** In order; for a text that does not parse, those of its last valid version. */
  readonly strategies: readonly DiscoveredStrategy[];
  readonly parses: boolean;
}

export interface IndexCounts {
  /** Indexed scripts. */
  readonly files: number;
  readonly strategies: number;
  /** Files read from disk since the index was made. */
  readonly reads: number;
  /** Texts parsed since the index was made. */
  readonly parses: number;
  /** Files evaluated since the index was made. */
  readonly judged: number;
}

interface IndexListener {
  /** A file's strategies changed, or whether its text parses. */
  onFile(file: IndexedFile): void;
  /** A file with strategies is gone. */
  onRemoved(file: string): void;
  /** A file could not be evaluated: an internal error. */
  onFault(error: unknown): void;
}

/** Milliseconds of work before other work gets a turn. */
const SLICE = 15;

interface Scan {
  readonly walk: Iterator<string | null>;
  readonly seen: Set<string>;
  readonly done: () => void;
  readonly failed: (error: SeamlessError) => void;
}

/**
 * The strategies in many files, kept up to date. It remembers which files each result depends on, including missing ones, so a
 * change costs only the changed file and its dependents. It reads synchronously, in its own thread, so nothing changes during one
 * evaluation. Paths are absolute.
 */
export class StrategyIndex {
  readonly #listener: IndexListener;
  readonly #modules = new ModuleCache();
  readonly #lookedAt = new LookedAt();
  /** The results of each indexed script. */
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
   * Searches folders, replacing those of an earlier scan; resolves when everything is evaluated. A missing folder is empty.
   * @throws SeamlessError `cancelled` by a later scan; results so far are kept
   */
  scan(folders: readonly string[]): Promise<void> {
    this.#scan?.failed(new SeamlessError('cancelled', 'Another search for strategies replaced this one.'));
    this.#folders = [...new Set(folders.map((each) => resolve(each)))];
    this.#modules.allChanged();
    for (const file of [...this.#found.keys()]) if (!this.#isLookedAfter(file)) this.#drop(file);
    for (const file of this.#modules.edited()) if (this.#isLookedAfter(file)) this.#stale.add(file);
    return new Promise((done, failed) => {
      this.#scan = { walk: scriptsIn(this.#folders), seen: new Set<string>(), done, failed };
      this.#wake();
    });
  }

  /** A file or folder was created or written. */
  changed(path: string): void {
    const found = look(path);
    this.#touch(path, !found?.isSymbolicLink());
    if (!found?.isDirectory()) return;
    for (const file of this.#lookedAt.under(path + sep)) this.#touch(file);
    this.#walks.push(scriptsIn([path]));
    this.#wake();
  }

  /** A file or folder was deleted. */
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

  /** An open editor's text takes precedence over the file; null: closed. */
  edited(file: string, text: string | null): void {
    this.#modules.edit(file, text);
    this.#touch(file);
  }

  /** Resolves when all reported changes are evaluated. */
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

  /** Scripts in the folders and open ones from elsewhere, without installed packages. */
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
    // Changes that arrive together are handled together.
    await nextTurn();
    let since = performance.now();
    while (await this.#step()) {
      if (performance.now() - since < SLICE) continue;
      await nextTurn();
      since = performance.now();
    }
    this.#working = null;
  }

  /** Does a small step of the pending work; false: none. Changes go before the rest of a scan. */
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

  /** Not called for files without strategies, before and after. */
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

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // Unreadable files are skipped.
    return undefined;
  }
}
