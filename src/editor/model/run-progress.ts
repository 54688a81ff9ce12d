import * as vscode from 'vscode';

import { progressLine, ProgressWords, uncounted, type ProgressText } from '../../present/progress.js';
import type { Strategies, StrategyEntry } from './strategies.js';
import { throttle } from './throttle.js';

/** Longer runs also show a notification. */
const NOTIFY_AFTER_MS = 3000;

/** Shortest time between progress events for views. */
const PROGRESS_PAUSE_MS = 100;

interface Surroundings {
  /** Progress is visible elsewhere: no notification is needed. */
  readonly isShown?: (() => boolean) | undefined;
  /** What the child has to finish first; null: nothing. */
  readonly waitsFor: string | null;
}

/** Progress of one run: for views at once, in a notification once it takes long. */
export class RunProgressView {
  readonly #words = new ProgressWords();
  readonly #slow: NodeJS.Timeout;
  /** The last event is always delivered: it may come right after another. */
  readonly #tell = throttle(() => this.#show(), PROGRESS_PAUSE_MS);
  readonly #isShown: () => boolean;
  #last: ProgressText;
  #report: ((text: ProgressText) => void) | null = null;
  #close: (() => void) | null = null;

  constructor(
    private readonly strategies: Strategies,
    private readonly entry: StrategyEntry,
    private readonly controller: AbortController,
    { isShown = () => false, waitsFor }: Surroundings,
  ) {
    const { t } = vscode.l10n;
    this.#isShown = isShown;
    this.#last = uncounted(
      waitsFor === null ? t('starting') : t('waiting for its turn, after {0}', waitsFor),
    );
    this.#slow = setInterval(() => this.#notify(), NOTIFY_AFTER_MS);
    this.#tell();
  }

  /** Its turn has come. */
  begin(): void {
    this.#last = uncounted(vscode.l10n.t('starting'));
    this.#tell();
  }

  update(progress: Parameters<ProgressWords['of']>[0]): void {
    this.#last = this.#words.of(progress, performance.now());
    this.#tell();
  }

  end(): void {
    clearInterval(this.#slow);
    this.#tell.dispose();
    this.#close?.();
  }

  #show(): void {
    this.strategies.running(this.entry.key, this.#last);
    this.#report?.(this.#last);
  }

  #notify(): void {
    if (this.#isShown()) return;
    clearInterval(this.#slow);
    const location = vscode.ProgressLocation.Notification;
    const title = vscode.l10n.t('Materializing {0}', this.entry.name);
    void vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
      token.onCancellationRequested(() => this.controller.abort());
      let reached = 0;
      this.#report = (text) => {
        const increment = Math.max(0, (text.fraction ?? 0) * 100 - reached);
        reached += increment;
        progress.report({ message: progressLine(text), increment });
      };
      this.#report(this.#last);
      return new Promise<void>((resolve) => {
        this.#close = resolve;
      });
    });
  }
}
