import * as vscode from 'vscode';

import type { RunProgress } from '../../engine/run/reporting/report.js';
import { ProgressWords } from '../../present/progress.js';

/** What long work gets: a cancellation signal, and a place to report progress. */
interface Waited {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

/** Shows a cancellable notification while the work runs. */
export function inProgress<T>(title: string, work: (waited: Waited) => Promise<T>): Promise<T> {
  const location = vscode.ProgressLocation.Notification;
  return Promise.resolve(
    vscode.window.withProgress({ location, title, cancellable: true }, (view, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      const words = new ProgressWords();
      return work({
        signal: controller.signal,
        onProgress: (progress) => {
          const { what, percent } = words.of(progress, performance.now());
          view.report({ message: percent === null ? what : `${what} ${percent}` });
        },
      });
    }),
  );
}
