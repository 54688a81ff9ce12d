import * as l10n from '@vscode/l10n';
import type { PanelState } from '../src/panel/state.js';
import { messageOf } from './ui/words.js';
import type { VsCodeApi } from './vscode-api.js';

/** An error for the host's log. */
export interface LoggedFault {
  readonly message: string;
  readonly stack: string | null;
}

/** What the pages of all panels do with a person's actions and with errors. */
export abstract class PanelApp {
  /** Why the person's last action failed. */
  protected failure: string | null = null;

  /** Tells the host that the page is ready. */
  abstract start(): void;

  abstract receive(raw: unknown): void;

  protected abstract show(): void;

  protected abstract toLog(fault: LoggedFault): Promise<unknown>;

  /** An unexpected error: a sentence for the person, everything for the log. */
  report(thrown: unknown): void {
    this.#fail(thrown);
    this.log(thrown);
  }

  /** If the log cannot be reached, only the page is left. */
  protected log(thrown: unknown): void {
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    this.toLog({ message: messageOf(thrown), stack }).catch((error: unknown) => this.#fail(error));
  }

  /** Runs a person's action and shows its error. The host has logged it already. */
  protected ask(asked: Promise<unknown>): void {
    this.failure = null;
    asked.then(
      () => this.show(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Texts in the person's language. */
  protected speak(texts: PanelState['texts']): void {
    if (texts) l10n.config({ contents: { ...texts } });
  }

  #fail(thrown: unknown): void {
    this.failure = messageOf(thrown);
    this.show();
  }
}

/** Begins a panel's page. */
export function begin(make: new (api: VsCodeApi, root: HTMLElement) => PanelApp): void {
  const root = document.querySelector<HTMLElement>('#app');
  if (!root) throw new Error('The page of the panel has no place for it.');
  const app = new make(acquireVsCodeApi(), root);
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => app.receive(data));
  window.addEventListener('error', ({ error, message }) => app.report(error ?? message));
  window.addEventListener('unhandledrejection', ({ reason }) => app.report(reason));
  app.start();
}
