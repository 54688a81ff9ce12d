import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import * as vscode from 'vscode';

import type { DiscoveredStrategy } from '../../discovery/strategies.js';
import type { Result } from '../../protocol/results.js';
import { cacheFolder, cacheState } from '../../protocol/project.js';
import { doubted, freshnessOf, type LastRun } from '../../present/freshness.js';
import { shownNames } from '../../present/names.js';
import { ProgressWords, uncounted, type ProgressText } from '../../present/progress.js';
import { renamedIn } from '../../present/renames.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Jobs } from './jobs.js';
import { cacheDirSetting, cacheUse, describesOnSave } from './settings.js';
import {
  byPlace,
  hasUnsaved,
  keyOf,
  newEntry,
  withRereads,
  type Mutable,
  type StrategyEntry,
} from './strategy-entry.js';

export type { StrategyEntry } from './strategy-entry.js';

/** Milliseconds of processor time that author code may take to set a strategy up. */
export const SETUP_LIMIT_MS = 5000;

/** Shortest time between events about strategies that appear or go. */
const LIST_PAUSE_MS = 30;

/** A strategy with a new key: its class or its file was renamed. */
interface Renamed {
  readonly from: string;
  readonly to: string;
}

/** The workspace's strategies as discovery finds them, with what the child reports about each. */
export class Strategies implements vscode.Disposable {
  readonly #entries = new Map<string, Mutable>();
  readonly #jobs: Jobs;
  readonly #changes = new vscode.EventEmitter<StrategyEntry | null>();
  readonly #log: vscode.LogOutputChannel;
  /** Sorted entries; null: to be sorted again. */
  #sorted: readonly StrategyEntry[] | null = null;
  #listTimer: NodeJS.Timeout | null = null;
  #searched = false;

  /** Fires with the changed strategy; with null when strategies appeared or went. */
  readonly onDidChange = this.#changes.event;
  readonly #looks = new vscode.EventEmitter<string>();
  /** Fires with the folder of a cache that is in use. */
  readonly onDidLook = this.#looks.event;
  readonly #renames = new vscode.EventEmitter<Renamed>();
  readonly onDidRename = this.#renames.event;

  constructor(jobs: Jobs, log: vscode.LogOutputChannel) {
    this.#jobs = jobs;
    this.#log = log;
  }

  /** All strategies, by file and line. */
  all(): readonly StrategyEntry[] {
    if (!this.#sorted) {
      const all = [...this.#entries.values()].sort(byPlace);
      const names = shownNames(all.map(({ key, found }) => ({ key, ...found })));
      for (const entry of all) Object.assign(entry, names.get(entry.key));
      this.#sorted = all;
    }
    return this.#sorted;
  }

  inFile(file: string): readonly StrategyEntry[] {
    return this.all().filter(({ found }) => found.file === file);
  }

  get(key: string): StrategyEntry | null {
    // Names depend on all strategies together.
    this.all();
    return this.#entries.get(key) ?? null;
  }

  /** Takes discovery's result for a file: its strategies, none if it has no more. */
  found(file: string, strategies: readonly DiscoveredStrategy[]): void {
    const before = [...this.#entries.values()].filter(({ found }) => found.file === file);
    const renamed = renamedIn(
      before.map(({ found }) => found),
      strategies,
    );
    const keys = new Set(strategies.map(keyOf));
    const gone = before.filter(({ key }) => !keys.has(key));
    const added = strategies.filter((each) => !this.#entries.has(keyOf(each)));
    for (const { key } of gone) this.#entries.delete(key);
    for (const strategy of strategies) {
      const known = this.#entries.get(keyOf(strategy));
      if (known) known.found = strategy;
      else this.#entries.set(keyOf(strategy), newEntry(strategy));
    }
    for (const strategy of added) {
      const entry = this.#entries.get(keyOf(strategy));
      if (entry) entry.edited = hasUnsaved([file]);
      const from = strategy.className === renamed?.to ? gone[0] : this.#movedFrom(strategy);
      if (from) this.#follow(from, keyOf(strategy));
    }
    this.#keepGone(gone);
    if (gone.length > 0 || strategies.length > 0) this.#listChanged();
  }

  /** Whether the workspace was searched: a strategy that is not listed then does not exist. */
  get searched(): boolean {
    return this.#searched;
  }

  /** The workspace was searched. */
  allFound(): void {
    this.#searched = true;
    this.#listChanged();
  }

  /** Checks a strategy for the first time, when it becomes visible. */
  see(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry || entry.status || entry.problem || entry.looking || !describesOnSave()) return;
    this.#lookSoon(entry);
  }

  /** Asks the child for a strategy's status; computes nothing. Resolves when views can show it. */
  async look(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (!entry || !vscode.workspace.isTrusted) return;
    if (entry.looking) {
      entry.again = true;
      return entry.looking;
    }
    entry.looking = this.#lookUntilStill(entry);
    try {
      await entry.looking;
    } finally {
      entry.looking = null;
    }
  }

  /** Scripts were saved: strategies that import them may have changed. */
  saved(saved: ReadonlySet<string>): void {
    for (const entry of this.#entries.values()) {
      const file = partOf(entry, saved);
      if (file === undefined) continue;
      entry.revision += 1;
      if (entry.edited) this.edited(file);
      this.#changed(entry, file);
    }
  }

  /**
   * A source file was written, created or deleted.
   * @param watched the file, or the pattern that found it, as sources name it
   */
  dataChanged(file: string, watched: string): void {
    for (const entry of this.#entries.values()) {
      if (!entry.dataFiles.includes(watched)) continue;
      const untold = (entry.status?.untold ?? []).filter(({ files }) => files.includes(watched));
      if (untold.length > 0) {
        const streams = new Set(untold.map(({ stream }) => stream));
        entry.reread = new Map([...entry.reread, [file, streams]]);
      }
      this.#changed(entry, file);
    }
  }

  /** A file's text was changed, saved, reverted or closed. */
  edited(file: string): void {
    for (const entry of this.#entries.values()) {
      const concerned = [entry.found.file, ...entry.files];
      if (!concerned.includes(file)) continue;
      const edited = hasUnsaved(concerned);
      if (edited === entry.edited) continue;
      entry.edited = edited;
      this.#changes.fire(entry);
    }
  }

  /** The last run, if its failures may still apply; null if there was none in this window. */
  lastRun(key: string): LastRun | null {
    const entry = this.#entries.get(key);
    if (!entry?.lastRun) return null;
    const { lastRun: report, ranPrints: fingerprints, ranAt, revision } = entry;
    return { report, fingerprints, isOfNow: ranAt === revision };
  }

  running(key: string, progress: ProgressText | null): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.running = progress;
    this.#changes.fire(entry);
  }

  /** Counts changes of its code: read before a run, and passed back with its report. */
  revision(key: string): number {
    return this.#entries.get(key)?.revision ?? 0;
  }

  /** A run ended with a report. @param revision of the code that it ran */
  ran(key: string, { fingerprints = {}, ...report }: Result<'materialize'>, revision: number): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    // Changes made while it ran may have been read before.
    if (entry.doubt === null) entry.reread = new Map();
    entry.lastRun = report;
    entry.ranPrints = fingerprints;
    entry.ranAt = revision;
    entry.lastRanges = [
      report.range,
      ...entry.lastRanges.filter(([start, end]) => start !== report.range[0] || end !== report.range[1]),
    ];
  }

  /** Checks everything again: the cache was cleaned, a setting changed, or a person asked. */
  async lookAgain(): Promise<void> {
    const seen = [...this.#entries.values()].filter(({ status, problem }) => status ?? problem);
    await Promise.all(seen.map(({ key }) => this.look(key)));
  }

  /** The cache folder of a strategy. */
  cacheOf({ ref: { projectRoot } }: Pick<StrategyEntry, 'ref'>): string {
    return cacheFolder(projectRoot, cacheDirSetting(projectRoot));
  }

  /** A cache changed: strategies checked against an earlier state are checked again. */
  async cacheChanged(folder: string, state: string): Promise<void> {
    if (!describesOnSave()) return;
    const behind = [...this.#entries.values()].filter(
      (entry) => entry.cacheState !== null && entry.cacheState !== state && this.cacheOf(entry) === folder,
    );
    await Promise.all(behind.map(({ key }) => this.look(key)));
  }

  dispose(): void {
    if (this.#listTimer) clearTimeout(this.#listTimer);
    for (const each of [this.#changes, this.#looks, this.#renames]) each.dispose();
    this.#entries.clear();
  }

  /** Recently removed strategies: their file may return under another name. */
  #gone: readonly Mutable[] = [];

  #keepGone(gone: readonly Mutable[]): void {
    this.#gone = [...gone, ...this.#gone].slice(0, MOST_GONE);
  }

  /** The strategy that was this one before its file was renamed. */
  #movedFrom({ file, className }: DiscoveredStrategy): Mutable | undefined {
    return [...this.#entries.values(), ...this.#gone].find(
      ({ found }) => found.className === className && found.file !== file && !existsSync(found.file),
    );
  }

  /** Moves a person's work with a strategy to its new key. */
  #follow(from: Mutable, to: string): void {
    const entry = this.#entries.get(to);
    if (!entry) return;
    this.#gone = this.#gone.filter((each) => each !== from);
    entry.lastRanges = from.lastRanges;
    this.#renames.fire({ from: from.key, to });
  }

  /** Its code or data changed: it is checked, and until then nothing blocked by a run is called fresh. */
  #changed(entry: Mutable, file: string): void {
    if (this.#jobs.busy && entry.freshness) {
      const why = vscode.l10n.t(
        '{0} changed during a run. What it affects is checked when the run has finished.',
        basename(file),
      );
      entry.doubt = why;
      entry.freshness = doubted(entry.freshness, why);
      this.#changes.fire(entry);
    }
    const known = entry.status ?? entry.problem ?? entry.looking ?? entry.found.file === file;
    if (known && describesOnSave()) this.#lookSoon(entry);
  }

  #lookSoon({ key }: Mutable): void {
    this.look(key).catch((error: unknown) => this.#log.error(String(error)));
  }

  /** Discovery may find thousands of files in a second: views get one event for all. */
  #listChanged(): void {
    this.#sorted = null;
    this.#listTimer ??= setTimeout(() => {
      this.#listTimer = null;
      this.#changes.fire(null);
    }, LIST_PAUSE_MS);
  }

  async #lookUntilStill(entry: Mutable): Promise<void> {
    entry.checking = uncounted(vscode.l10n.t('checking…'));
    this.#changes.fire(entry);
    try {
      // A save during a check requests another check.
      for (let wanted = true; wanted; wanted = entry.again) {
        entry.again = false;
        await this.#lookOnce(entry);
      }
    } finally {
      entry.checking = null;
      this.#changes.fire(entry);
    }
  }

  async #lookOnce(entry: Mutable): Promise<void> {
    const { ref, revision } = entry;
    // Until it runs in this window, the last run may be another process's.
    const own = entry.lastRun === null ? null : entry.lastRanges[0];
    const range = own ? { start: own[0], end: own[1] } : { last: true as const };
    const folder = this.cacheOf(entry);
    const words = new ProgressWords();
    this.#looks.fire(folder);
    try {
      entry.cacheState = await cacheState(folder);
      const status = await this.#jobs.request(
        'status',
        { strategy: ref, ...range, ...cacheUse(ref.projectRoot), limitMs: SETUP_LIMIT_MS },
        {
          onProgress: (progress) => {
            entry.checking = words.of(progress, performance.now());
            this.#changes.fire(entry);
          },
        },
      );
      entry.status = status;
      entry.files = status.files;
      const unreadable = status.nodes.some(({ failure }) => failure !== null);
      // A deleted file stays watched: it may return.
      entry.dataFiles = unreadable
        ? [...new Set([...entry.dataFiles, ...status.dataFiles])]
        : status.dataFiles;
      entry.data = status.data;
      if (entry.lastRun === null && status.lastRanges.length > 0) entry.lastRanges = status.lastRanges;
      entry.problem = null;
      const judged = freshnessOf(status, this.lastRun(entry.key));
      entry.freshness = withRereads(judged, entry);
      // Changes saved meanwhile are checked next.
      if (entry.revision === revision && !entry.again) entry.doubt = null;
      else if (entry.doubt !== null) entry.freshness = doubted(entry.freshness, entry.doubt);
    } catch (error) {
      if (!(error instanceof SeamlessError)) throw error;
      if (error.code === 'cancelled') return;
      // The known coverage belongs to earlier code.
      entry.problem = error;
      this.#log.info(`${entry.name}: ${error.message}`);
    }
  }
}

/** How many removed strategies are remembered: as many as a moved folder may have. */
const MOST_GONE = 200;

/** A script that is part of a strategy; before its first check, any script of its project may be. */
function partOf({ found, files, ref }: StrategyEntry, scripts: ReadonlySet<string>): string | undefined {
  if (scripts.has(found.file)) return found.file;
  if (files.length > 0) return files.find((file) => scripts.has(file));
  for (const file of scripts) if (file.startsWith(ref.projectRoot)) return file;
  return undefined;
}
