import { join } from 'node:path';
import * as vscode from 'vscode';

import { Growing, nameRun, STOP_PATIENCE_MS } from '../../client/growing.js';
import { JobClient } from '../../client/job-client.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import type { Mode, RunResult } from '../../sdk/live/live.js';
import { isRunning, summaryOf } from '../../live/journal/runs.js';
import { cacheFolder } from '../../protocol/project.js';
import { cacheDirSetting, cacheUse, memorySetting } from './settings.js';
import type { StrategyEntry } from './strategies.js';

/** A strategy running in a world. */
export interface WorldRun {
  readonly run: string;
  readonly projectRoot: string;
  /** The strategy's key in this window. */
  readonly key: string;
  /** Name of the strategy's class. */
  readonly strategy: string;
  readonly world: string;
  readonly mode: Mode;
}

/** How it ended: with a result or an error. */
export interface WorldRunEnd extends WorldRun {
  readonly result: RunResult | null;
  readonly error: SeamlessError | null;
}

/** Milliseconds between checks of a run in a terminal, and within which it must begin. */
const LIVE_LOOK_MS = 250;
const LIVE_START_MS = 60_000;

interface Held {
  readonly about: WorldRun;
  /** Ends it after the current slot. */
  readonly stop: () => void;
  /** Calls back when the journal on disk has grown. */
  readonly growth: Growing;
}

/**
 * This window's runs in worlds. Each has its own child process: a paper run may last for days. Closing the window kills its runs;
 * they can be resumed.
 */
export class WorldRuns implements vscode.Disposable {
  readonly #held = new Map<string, Held>();
  /** The last finished run of each strategy in this window, by the strategy's key. */
  readonly #ended = new Map<string, WorldRun>();
  readonly #watches = new Set<NodeJS.Timeout>();
  readonly #changes = new vscode.EventEmitter<void>();
  /** Fires when a run starts or ends. */
  readonly onDidChange = this.#changes.event;
  readonly #ends = new vscode.EventEmitter<WorldRunEnd>();
  readonly onDidEnd = this.#ends.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get running(): readonly WorldRun[] {
    return [...this.#held.values()].map(({ about }) => about);
  }

  /** A strategy's active run, else the one that ended last. */
  lastOf(key: string): WorldRun | null {
    return this.running.findLast((about) => about.key === key) ?? this.#ended.get(key) ?? null;
  }

  isRunning(run: string): boolean {
    return this.#held.has(run);
  }

  growthOf(run: string): Growing | null {
    return this.#held.get(run)?.growth ?? null;
  }

  /** Starts a run; `onDidEnd` reports its end. */
  start({ key, ref, found }: StrategyEntry, world: string, mode: Mode): WorldRun {
    const { projectRoot } = ref;
    const about = { run: nameRun(world), projectRoot, key, strategy: found.className, world, mode };
    const controller = new AbortController();
    const growth = new Growing();
    this.#held.set(about.run, { about, growth, stop: () => controller.abort() });
    this.log.info(`${about.strategy} in ${world} (${mode}): run ${about.run}`);
    const client = JobClient.start({
      childPath: join(this.context.extensionPath, 'dist', 'child.js'),
      memoryMb: memorySetting(),
      onLog: ({ level, text }) => (level === 'warn' ? this.log.warn(text) : this.log.info(text)),
    });
    client
      .request(
        'run',
        { strategy: ref, ...cacheUse(projectRoot), world, run: about.run },
        { signal: controller.signal, patienceMs: STOP_PATIENCE_MS, onWritten: () => growth.tell() },
      )
      .then(
        (result): WorldRunEnd => ({ ...about, result, error: null }),
        (thrown: unknown): WorldRunEnd => ({ ...about, result: null, error: asSeamlessError(thrown) }),
      )
      .then(async (end) => {
        await client.dispose();
        this.#over(end);
      })
      .catch((error: unknown) => this.log.error(String(error)));
    this.#changes.fire();
    return about;
  }

  /** Follows a live run that a terminal starts under that name. */
  follow({ key, ref, found }: StrategyEntry, world: string, run: string, terminal: vscode.Terminal): void {
    const { projectRoot } = ref;
    const about: WorldRun = { run, projectRoot, key, strategy: found.className, world, mode: 'live' };
    const growth = new Growing();
    const cacheDir = cacheFolder(projectRoot, cacheDirSetting(projectRoot));
    // Like Ctrl-C: the run ends in good order.
    this.#held.set(run, { about, growth, stop: () => terminal.sendText('\u0003', false) });
    this.#changes.fire();
    const started = Date.now();
    let begun = false;
    const look = setInterval(() => {
      const goesOn = isRunning(cacheDir, { run, world: { name: world } });
      begun ||= goesOn;
      growth.tell();
      const isClosed = terminal.exitStatus !== undefined;
      if (goesOn || (!begun && !isClosed && Date.now() - started < LIVE_START_MS)) return;
      clearInterval(look);
      this.#watches.delete(look);
      this.#over({ ...about, ...endOf(cacheDir, about) });
    }, LIVE_LOOK_MS);
    this.#watches.add(look);
  }

  /** Ends a run after the current slot. */
  stop(run: string): void {
    this.#held.get(run)?.stop();
  }

  #over(end: WorldRunEnd): void {
    this.#held.get(end.run)?.growth.end();
    this.#held.delete(end.run);
    const { result, error: _, ...about } = end;
    if (result) this.#ended.set(end.key, about);
    else this.#ended.delete(end.key);
    this.#ends.fire(end);
    this.#changes.fire();
  }

  /** A live run in a terminal continues without this window. */
  dispose(): void {
    for (const { about, stop } of this.#held.values()) if (about.mode !== 'live') stop();
    for (const look of this.#watches) clearInterval(look);
    this.#changes.dispose();
    this.#ends.dispose();
  }
}

/** What became of a run in another process. */
function endOf(cacheDir: string, { run }: WorldRun): Pick<WorldRunEnd, 'result' | 'error'> {
  try {
    const { result, problem } = summaryOf(cacheDir, run);
    const why =
      problem ?? vscode.l10n.t('its terminal was closed: continue it with seamless run … --resume {0}.', run);
    return { result, error: result ? null : new SeamlessError('usage', why) };
  } catch (error) {
    // It never began: the terminal says why.
    return { result: null, error: asSeamlessError(error) };
  }
}

function asSeamlessError(thrown: unknown): SeamlessError {
  if (thrown instanceof SeamlessError) return thrown;
  return new SeamlessError('internal', messageOf(thrown));
}
