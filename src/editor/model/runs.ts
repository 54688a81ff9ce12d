import * as vscode from 'vscode';

import type { CoveredPart, RunReport } from '../../engine/run/reporting/report.js';
import { summaryLine } from '../../present/format.js';
import type { Result } from '../../protocol/results.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatRange, type Range } from '../../sdk/time/time.js';
import type { Jobs } from './jobs.js';
import { RunProgressView } from './run-progress.js';
import { cacheLimits, cacheUse } from './settings.js';
import type { Strategies, StrategyEntry } from './strategies.js';

interface RunRequest {
  readonly range: Range;
  /** Only nodes with missing or incomplete history. */
  readonly only?: 'missing';
  /** Progress is visible elsewhere: no notification is needed. */
  readonly isShown?: () => boolean;
}

/** How a run ended, for the status bar. */
export type RunEnd =
  | { readonly entry: StrategyEntry; readonly report: RunReport }
  | { readonly entry: StrategyEntry; readonly error: SeamlessError };

interface Covered {
  readonly key: string;
  readonly parts: readonly CoveredPart[];
}

interface Run {
  readonly controller: AbortController;
  readonly ended: Promise<RunReport | null>;
}

/** Runs strategies for a person: one run per strategy at a time, with progress, cancellation and a result message. */
export class Runs implements vscode.Disposable {
  readonly #runs = new Map<string, Run>();
  readonly #ends = new vscode.EventEmitter<RunEnd>();
  readonly onDidEnd = this.#ends.event;
  readonly #covers = new vscode.EventEmitter<Covered>();
  /** Fires when a run has stored parts of histories. */
  readonly onDidCover = this.#covers.event;

  constructor(
    private readonly jobs: Jobs,
    private readonly strategies: Strategies,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  isRunning(key: string): boolean {
    return this.#runs.has(key);
  }

  get runningKeys(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /** Materializes. Resolves with the report, or null if it was cancelled or failed, which is shown. */
  materialize(entry: StrategyEntry, request: RunRequest): Promise<RunReport | null> {
    const known = this.#runs.get(entry.key);
    if (known) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('{0} is already running. Wait for it, or cancel it first.', entry.name),
      );
      return known.ended;
    }
    const controller = new AbortController();
    const ended = this.#run(entry, request, controller).finally(() => {
      this.#runs.delete(entry.key);
      this.strategies.running(entry.key, null);
    });
    this.#runs.set(entry.key, { controller, ended });
    return ended;
  }

  /** Cancels a strategy's run at once. */
  cancel(key: string): void {
    this.#runs.get(key)?.controller.abort();
  }

  dispose(): void {
    for (const { controller } of this.#runs.values()) controller.abort();
    this.#ends.dispose();
    this.#covers.dispose();
  }

  async #run(
    entry: StrategyEntry,
    request: RunRequest,
    controller: AbortController,
  ): Promise<RunReport | null> {
    const { ref } = entry;
    const { range, only } = request;
    const { signal } = controller;
    const shown = new RunProgressView(this.strategies, entry, controller, {
      isShown: request.isShown,
      waitsFor: this.jobs.doing,
    });
    this.log.info(`${entry.name}: ${formatRange(range)}`);
    try {
      await vscode.workspace.saveAll(false);
      let revision = this.strategies.revision(entry.key);
      const report = await this.jobs.request(
        'materialize',
        {
          strategy: ref,
          ...range,
          ...(only && { only }),
          ...cacheUse(ref.projectRoot),
          limits: cacheLimits(ref.projectRoot),
          fingerprints: true,
        },
        {
          urgent: true,
          signal,
          onTurn: () => {
            // The run does not see what is saved from now on.
            revision = this.strategies.revision(entry.key);
            shown.begin();
          },
          onProgress: (progress) => {
            shown.update(progress);
            if (progress.covered) this.#covers.fire({ key: entry.key, parts: progress.covered });
          },
        },
      );
      await this.#completed(entry, report, revision);
      return report;
    } catch (error) {
      await this.#failed(entry, request, error);
      return null;
    } finally {
      shown.end();
    }
  }

  async #completed(entry: StrategyEntry, report: Result<'materialize'>, revision: number): Promise<void> {
    this.strategies.ran(entry.key, report, revision);
    this.log.info(`${entry.name}: ${summaryLine(report)}`);
    for (const { failure } of report.nodes) if (failure) this.log.error(failure.message);
    await this.strategies.look(entry.key);
    this.#ends.fire({ entry, report });
    if (report.failed === 0) return;
    const [first] = report.nodes.flatMap(({ failure }) => failure ?? []);
    this.#offer(first?.message ?? summaryLine(report), [this.#problems()]);
  }

  async #failed(entry: StrategyEntry, request: RunRequest, thrown: unknown): Promise<void> {
    const error =
      thrown instanceof SeamlessError
        ? thrown
        : new SeamlessError('internal', String(thrown), { cause: thrown });
    this.#ends.fire({ entry, error });
    if (error.code === 'cancelled') {
      this.log.info(`${entry.name}: ${error.message}`);
      await this.strategies.look(entry.key);
      return;
    }
    this.log.error(`${entry.name}: ${error.message}`);
    if (error.cause instanceof Error || typeof error.cause === 'string') this.log.error(error.cause);
    const retry = {
      title: vscode.l10n.t('Try Again'),
      run: () => void this.materialize(this.strategies.get(entry.key) ?? entry, request),
    };
    this.#offer(error.message, [retry]);
    await this.strategies.look(entry.key);
  }

  #problems(): { title: string; run: () => void } {
    return {
      title: vscode.l10n.t('Show Problems'),
      run: () => void vscode.commands.executeCommand('workbench.actions.view.problems'),
    };
  }

  /** Shows an error with the possible actions. Does not wait for a choice. */
  #offer(message: string, actions: readonly { title: string; run: () => void }[]): void {
    const showLog = { title: vscode.l10n.t('Show Log'), run: () => this.log.show(true) };
    void vscode.window.showErrorMessage(message, ...actions, showLog).then(
      (chosen) => chosen?.run(),
      (error: unknown) => this.log.error(String(error)),
    );
  }
}
