import * as vscode from 'vscode';

import type { CoveredPart, RunReport } from '../../engine/run/report.js';
import { summaryLine } from '../../present/format.js';
import { ProgressWords, type ProgressText } from '../../present/progress.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatRange, type Range } from '../../sdk/time.js';
import type { Jobs } from './jobs.js';
import { cacheLimits, cacheUse } from './settings.js';
import type { Strategies, StrategyEntry } from './strategies.js';

/** A run that takes longer shows itself in a notification as well. */
const NOTIFY_AFTER_MS = 3000;

/** The views are told of progress at most this often. */
const PROGRESS_PAUSE_MS = 100;

export interface RunRequest {
  readonly range: Range;
  /** Only nodes whose history is absent or incomplete. */
  readonly only?: 'missing';
  /** Something in sight shows its progress: no notification comes over it. */
  readonly isShown?: () => boolean;
}

/** How a run ended, for the status bar. */
export type RunEnd =
  | { readonly entry: StrategyEntry; readonly report: RunReport }
  | { readonly entry: StrategyEntry; readonly error: SeamlessError };

export interface Covered {
  readonly key: string;
  readonly parts: readonly CoveredPart[];
}

interface Run {
  readonly controller: AbortController;
  readonly ended: Promise<RunReport | null>;
}

/** Runs strategies for a person: one run of a strategy at a time, with progress, cancel, and words when it ends. */
export class Runs implements vscode.Disposable {
  readonly #runs = new Map<string, Run>();
  readonly #ends = new vscode.EventEmitter<RunEnd>();
  readonly onDidEnd = this.#ends.event;
  readonly #covers = new vscode.EventEmitter<Covered>();
  /** Parts of histories that a run has just stored. */
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

  /** Materializes. Resolves with the report; with null when it was cancelled or could not be run, which is shown. */
  materialize(entry: StrategyEntry, request: RunRequest): Promise<RunReport | null> {
    const known = this.#runs.get(entry.key);
    if (known) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('{0} is running already: wait for it, or cancel it first.', entry.found.className),
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

  /** Cancels the run of a strategy, at once. */
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
    const { found, ref } = entry;
    const { range, only } = request;
    const { signal } = controller;
    const shown = new RunProgressView(this.strategies, entry, controller, request.isShown);
    this.log.info(`${found.className}: ${formatRange(range)}`);
    try {
      await vscode.workspace.saveAll(false);
      const report = await this.jobs.request(
        'materialize',
        {
          strategy: ref,
          ...range,
          ...(only && { only }),
          ...cacheUse(ref.projectRoot),
          limits: cacheLimits(ref.projectRoot),
        },
        {
          urgent: true,
          signal,
          onProgress: (progress) => {
            shown.update(progress);
            if (progress.covered) this.#covers.fire({ key: entry.key, parts: progress.covered });
          },
        },
      );
      await this.#completed(entry, report);
      return report;
    } catch (error) {
      await this.#failed(entry, request, error);
      return null;
    } finally {
      shown.end();
    }
  }

  async #completed(entry: StrategyEntry, report: RunReport): Promise<void> {
    const { className } = entry.found;
    this.strategies.ran(entry.key, report);
    this.log.info(`${className}: ${summaryLine(report)}`);
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
      this.log.info(`${entry.found.className}: ${error.message}`);
      await this.strategies.look(entry.key);
      return;
    }
    this.log.error(`${entry.found.className}: ${error.message}`);
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

  /** Shows an error with what can be done about it. Nobody has to answer. */
  #offer(message: string, actions: readonly { title: string; run: () => void }[]): void {
    const showLog = { title: vscode.l10n.t('Show Log'), run: () => this.log.show(true) };
    void vscode.window.showErrorMessage(message, ...actions, showLog).then(
      (chosen) => chosen?.run(),
      (error: unknown) => this.log.error(String(error)),
    );
  }
}

/** Progress of one run: to the views at once, to a notification once it takes long. */
class RunProgressView {
  readonly #words = new ProgressWords();
  readonly #slow: NodeJS.Timeout;
  #last: ProgressText;
  #toldAt = 0;
  #report: ((text: ProgressText) => void) | null = null;
  #close: (() => void) | null = null;

  constructor(
    private readonly strategies: Strategies,
    private readonly entry: StrategyEntry,
    private readonly controller: AbortController,
    private readonly isShown: () => boolean = () => false,
  ) {
    const what = vscode.l10n.t('starting');
    this.#last = { fraction: null, percent: null, what, node: null, left: null, bars: null };
    strategies.running(entry.key, this.#last);
    this.#slow = setInterval(() => this.#notify(), NOTIFY_AFTER_MS);
  }

  update(progress: Parameters<ProgressWords['of']>[0]): void {
    const now = performance.now();
    this.#last = this.#words.of(progress, now);
    if (now - this.#toldAt < PROGRESS_PAUSE_MS) return;
    this.#toldAt = now;
    this.strategies.running(this.entry.key, this.#last);
    this.#report?.(this.#last);
  }

  end(): void {
    clearInterval(this.#slow);
    this.#close?.();
  }

  #notify(): void {
    if (this.isShown()) return;
    clearInterval(this.#slow);
    const { className } = this.entry.found;
    const location = vscode.ProgressLocation.Notification;
    const title = vscode.l10n.t('Materializing {0}', className);
    void vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
      token.onCancellationRequested(() => this.controller.abort());
      let reached = 0;
      this.#report = ({ fraction, percent, what, left, bars }) => {
        const message = [percent, what, bars, left].filter((each) => each !== null).join(' · ');
        const increment = Math.max(0, (fraction ?? 0) * 100 - reached);
        reached += increment;
        progress.report({ message, increment });
      };
      this.#report(this.#last);
      return new Promise<void>((resolve) => {
        this.#close = resolve;
      });
    });
  }
}
