import * as vscode from 'vscode';

import type { DiscoveredStrategy } from '../../discovery/strategies.js';
import type { RunReport, Span } from '../../engine/run/report.js';
import { cacheFolder, cacheState, findProjectRoot } from '../../protocol/project.js';
import type { StatusReport, StrategyRef } from '../../protocol/messages.js';
import { freshnessOf, type Freshness } from '../../present/freshness.js';
import type { ProgressText } from '../../present/progress.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Jobs } from './jobs.js';
import { cacheDirSetting, cacheUse, describesOnSave } from './settings.js';

/** Longer than this no `setup()` may take. */
const DESCRIBE_LIMIT_MS = 5000;

/** Views are told of strategies that came or went at most this often. */
const LIST_PAUSE_MS = 30;

/** A strategy of the workspace, with all that is known of it. What views show, they take from here. */
export interface StrategyEntry {
  readonly key: string;
  /** Where its class stands, in the last text that parsed. */
  readonly found: DiscoveredStrategy;
  readonly ref: StrategyRef;
  /** Null until the strategy has been looked at. */
  readonly freshness: Freshness | null;
  /** Ranges asked for lately, the last one first. */
  readonly lastRanges: readonly Span[];
  /** Files it is made of, itself included; known once it was looked at. */
  readonly files: readonly string[];
  /** Why it cannot be looked at, or null. */
  readonly problem: SeamlessError | null;
  /** It, or something it imports, has text that is not saved. */
  readonly edited: boolean;
  /** The run under way or waiting for its turn, or null. */
  readonly running: ProgressText | null;
  /** The last run in this window, of whatever code; null when there was none. */
  readonly lastRun: RunReport | null;
}

interface Mutable extends Omit<StrategyEntry, 'found' | 'edited'> {
  found: DiscoveredStrategy;
  freshness: Freshness | null;
  lastRanges: readonly Span[];
  files: readonly string[];
  problem: SeamlessError | null;
  running: ProgressText | null;
  lastRun: RunReport | null;
  edited: boolean;
  status: StatusReport | null;
  /** State of the cache when it was last looked at; null when it was not. */
  cache: string | null;
  /** Whether the code is still that of the last run, whose failures hold only so long. */
  sameCode: boolean;
  /** The look under way, and whether another is wanted after it. */
  looking: Promise<void> | null;
  again: boolean;
}

/** The strategies of the workspace, as discovery finds them, and what the child says of each. */
export class Strategies implements vscode.Disposable {
  readonly #entries = new Map<string, Mutable>();
  readonly #jobs: Jobs;
  readonly #changes = new vscode.EventEmitter<StrategyEntry | null>();
  readonly #log: vscode.LogOutputChannel;
  /** The entries in order; null when it has to be found anew. */
  #sorted: readonly StrategyEntry[] | null = null;
  #listTimer: NodeJS.Timeout | null = null;
  #searched = false;

  /** Fires with the strategy that changed; with null when strategies came or went. */
  readonly onDidChange = this.#changes.event;
  readonly #looks = new vscode.EventEmitter<string>();
  /** Fires with the folder of a cache that is looked into. */
  readonly onDidLook = this.#looks.event;

  constructor(jobs: Jobs, log: vscode.LogOutputChannel) {
    this.#jobs = jobs;
    this.#log = log;
  }

  /** All of them, by file and line. */
  all(): readonly StrategyEntry[] {
    this.#sorted ??= [...this.#entries.values()].sort(byPlace);
    return this.#sorted;
  }

  inFile(file: string): readonly StrategyEntry[] {
    return this.all().filter(({ found }) => found.file === file);
  }

  get(key: string): StrategyEntry | null {
    return this.#entries.get(key) ?? null;
  }

  /** What discovery says of a file: its strategies, none when it has no more. */
  found(file: string, strategies: readonly DiscoveredStrategy[]): void {
    const keys = new Set(strategies.map(keyOf));
    let moved = false;
    for (const [key, entry] of this.#entries) {
      if (entry.found.file !== file || keys.has(key)) continue;
      this.#entries.delete(key);
      moved = true;
    }
    for (const strategy of strategies) {
      const key = keyOf(strategy);
      const known = this.#entries.get(key);
      if (known) known.found = strategy;
      else this.#entries.set(key, newEntry(key, strategy));
      moved = true;
    }
    if (moved) this.#listChanged();
  }

  /** Whether the workspace was looked through: a strategy that is not here is nowhere. */
  get searched(): boolean {
    return this.#searched;
  }

  /** The workspace was looked through. */
  allFound(): void {
    this.#searched = true;
    this.#listChanged();
  }

  /** Looks at a strategy for the first time, when something that shows it comes into view. */
  see(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry || entry.status || entry.problem || entry.looking || !describesOnSave()) return;
    this.look(key).catch((error: unknown) => this.#log.error(String(error)));
  }

  /** Asks the child how a strategy stands, computing nothing. Resolves when the views know. */
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

  /** A file was saved: whatever is made of it may have changed. */
  saved(file: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.found.file !== file && !entry.files.includes(file)) continue;
      entry.sameCode = false;
      if (entry.edited) this.edited(file);
      if (!describesOnSave()) continue;
      this.look(entry.key).catch((error: unknown) => this.#log.error(String(error)));
    }
  }

  /** Text of a file was changed, saved, reverted or closed. */
  edited(file: string): void {
    for (const entry of this.#entries.values()) {
      const concerned = [entry.found.file, ...entry.files];
      if (!concerned.includes(file)) continue;
      const edited = vscode.workspace.textDocuments.some(
        ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && concerned.includes(uri.fsPath),
      );
      if (edited === entry.edited) continue;
      entry.edited = edited;
      this.#changes.fire(entry);
    }
  }

  /** Whether the code is still that of the last run, so that its failures still say something. */
  failuresHold(key: string): boolean {
    return this.#entries.get(key)?.sameCode ?? false;
  }

  running(key: string, progress: ProgressText | null): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.running = progress;
    this.#changes.fire(entry);
  }

  /** A run has ended with a report. */
  ran(key: string, report: RunReport): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.lastRun = report;
    entry.sameCode = true;
    entry.lastRanges = [
      report.range,
      ...entry.lastRanges.filter(([start, end]) => start !== report.range[0] || end !== report.range[1]),
    ];
  }

  /** All that was looked at is looked at again: the cache was cleaned, a setting changed. */
  async lookAgain(): Promise<void> {
    const seen = [...this.#entries.values()].filter(({ status, problem }) => status ?? problem);
    await Promise.all(seen.map(({ key }) => this.look(key)));
  }

  /** Where the history of a strategy is kept. */
  cacheOf({ ref: { projectRoot } }: Pick<StrategyEntry, 'ref'>): string {
    return cacheFolder(projectRoot, cacheDirSetting(projectRoot));
  }

  /** A cache was changed: what was looked at in another state of it is looked at again. */
  async cacheChanged(folder: string, state: string): Promise<void> {
    if (!describesOnSave()) return;
    const behind = [...this.#entries.values()].filter(
      (entry) => entry.cache !== null && entry.cache !== state && this.cacheOf(entry) === folder,
    );
    await Promise.all(behind.map(({ key }) => this.look(key)));
  }

  dispose(): void {
    if (this.#listTimer) clearTimeout(this.#listTimer);
    this.#changes.dispose();
    this.#looks.dispose();
    this.#entries.clear();
  }

  /** Thousands of files may be found in a second: the views are told of them together. */
  #listChanged(): void {
    this.#sorted = null;
    this.#listTimer ??= setTimeout(() => {
      this.#listTimer = null;
      this.#changes.fire(null);
    }, LIST_PAUSE_MS);
  }

  async #lookUntilStill(entry: Mutable): Promise<void> {
    // What is saved while it is looked at asks for another look.
    for (let wanted = true; wanted; wanted = entry.again) {
      entry.again = false;
      await this.#lookOnce(entry);
    }
    this.#changes.fire(entry);
  }

  async #lookOnce(entry: Mutable): Promise<void> {
    const { ref } = entry;
    // Until it was run in this window, the last run is anybody's.
    const own = entry.lastRun === null ? null : entry.lastRanges[0];
    const range = own ? { start: own[0], end: own[1] } : { last: true as const };
    const folder = this.cacheOf(entry);
    this.#looks.fire(folder);
    try {
      entry.cache = await cacheState(folder);
      const status = await this.#jobs.request(
        'status',
        { strategy: ref, ...range, ...cacheUse(ref.projectRoot) },
        { limitMs: DESCRIBE_LIMIT_MS },
      );
      entry.status = status;
      entry.files = status.files;
      if (entry.lastRun === null) entry.lastRanges = status.lastRanges;
      entry.problem = null;
      entry.freshness = freshnessOf(status, entry.sameCode ? entry.lastRun : null);
    } catch (error) {
      if (!(error instanceof SeamlessError)) throw error;
      if (error.code === 'cancelled') return;
      // What was known of its coverage is of earlier code, and says nothing any more.
      entry.problem = error;
      this.#log.info(`${entry.found.className}: ${error.message}`);
    }
  }
}

function byPlace(a: StrategyEntry, b: StrategyEntry): number {
  if (a.found.file !== b.found.file) return a.found.file < b.found.file ? -1 : 1;
  return a.found.line - b.found.line;
}

function keyOf({ file, className }: DiscoveredStrategy): string {
  return `${file}#${className}`;
}

function newEntry(key: string, found: DiscoveredStrategy): Mutable {
  const { file, exportName, className } = found;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  return {
    key,
    found,
    ref: { file, className: exportName ?? className, projectRoot: findProjectRoot(file, folder?.uri.fsPath) },
    freshness: null,
    lastRanges: [],
    files: [],
    problem: null,
    edited: false,
    running: null,
    lastRun: null,
    status: null,
    cache: null,
    sameCode: false,
    looking: null,
    again: false,
  };
}
