import { join } from 'node:path';
import * as vscode from 'vscode';

import { Growing, nameRun, STOP_PATIENCE_MS } from '../../client/growing.js';
import { JobClient } from '../../client/job-client.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Mode, RunResult } from '../../sdk/live.js';
import { cacheUse, memorySetting } from './settings.js';
import type { StrategyEntry } from './strategies.js';

/** A strategy at work in a world. */
export interface WorldRun {
  readonly run: string;
  readonly projectRoot: string;
  /** What the strategy is known by in this window. */
  readonly key: string;
  /** Name of the strategy's class. */
  readonly strategy: string;
  readonly world: string;
  readonly mode: Mode;
}

/** How it ended: with a result, or with an error. */
export interface WorldRunEnd extends WorldRun {
  readonly result: RunResult | null;
  readonly error: SeamlessError | null;
}

interface Held {
  readonly about: WorldRun;
  readonly controller: AbortController;
  /** Tells when more of the journal is on disk. */
  readonly growth: Growing;
}

/**
 * Runs of this window in worlds. Each has a child process of its own: one on paper lasts for days, and everything else goes on
 * beside it. A window that closes ends its runs as a kill would: they can be resumed.
 */
export class WorldRuns implements vscode.Disposable {
  readonly #held = new Map<string, Held>();
  readonly #changes = new vscode.EventEmitter<void>();
  /** A run was started, or has ended. */
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

  isRunning(run: string): boolean {
    return this.#held.has(run);
  }

  growthOf(run: string): Growing | null {
    return this.#held.get(run)?.growth ?? null;
  }

  /** Starts a run; its end is told by `onDidEnd`. */
  start({ key, ref, found }: StrategyEntry, world: string, mode: Mode): WorldRun {
    const { projectRoot } = ref;
    const about = { run: nameRun(world), projectRoot, key, strategy: found.className, world, mode };
    const controller = new AbortController();
    const growth = new Growing();
    this.#held.set(about.run, { about, controller, growth });
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
        this.#held.delete(about.run);
        growth.end();
        this.#ends.fire(end);
        this.#changes.fire();
      })
      .catch((error: unknown) => this.log.error(String(error)));
    this.#changes.fire();
    return about;
  }

  /** Ends a run after the slot in hand. */
  stop(run: string): void {
    this.#held.get(run)?.controller.abort();
  }

  dispose(): void {
    for (const { controller } of this.#held.values()) controller.abort();
    this.#changes.dispose();
    this.#ends.dispose();
  }
}

function asSeamlessError(thrown: unknown): SeamlessError {
  if (thrown instanceof SeamlessError) return thrown;
  return new SeamlessError('internal', thrown instanceof Error ? thrown.message : String(thrown));
}
