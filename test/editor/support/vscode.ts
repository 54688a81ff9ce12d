/** A notification that shows how far something is. */
export interface ShownProgress {
  readonly title: string;
  readonly cancellable: boolean;
  readonly messages: string[];
  /** What a person does who presses Cancel. */
  cancel(): void;
  /** Resolves when the notification is gone, however that came about. */
  readonly gone: Promise<void>;
}

interface Token {
  onCancellationRequested(listener: () => void): void;
}

interface Report {
  readonly message?: string;
}

type Task = (view: { report(told: Report): void }, token: Token) => PromiseLike<unknown>;

/** As much of VS Code's API as commands use to tell of their work: what they show is kept, and can be answered. */
export class FakeVscode {
  readonly shown: ShownProgress[] = [];
  readonly said: string[] = [];
  /** Where the next file is to be saved. */
  saveAs: string | null = null;
  #waiting: (() => void)[] = [];

  /** What `import * as vscode from 'vscode'` gives. */
  readonly api = {
    l10n: {
      t: (text: string, ...given: readonly unknown[]) =>
        text.replace(/\{(\d+)\}/g, (_, at: string) => String(given[Number(at)])),
      bundle: undefined,
    },
    ProgressLocation: { Notification: 15 },
    Uri: { file: (fsPath: string) => ({ fsPath }) },
    EventEmitter: class {},
    env: {},
    debug: {
      onDidStartDebugSession: () => ({ dispose: () => undefined }),
      onDidTerminateDebugSession: () => ({ dispose: () => undefined }),
    },
    workspace: {
      saveAll: () => Promise.resolve(true),
      getConfiguration: () => ({ get: () => undefined }),
      getWorkspaceFolder: () => undefined,
    },
    window: {
      withProgress: (options: { title: string; cancellable: boolean }, task: Task) =>
        this.#withProgress(options, task),
      showSaveDialog: () => Promise.resolve(this.saveAs === null ? undefined : { fsPath: this.saveAs }),
      showInformationMessage: (text: string) => this.#say(text),
      showErrorMessage: (text: string) => this.#say(text),
      showQuickPick: () => Promise.resolve(undefined),
    },
    commands: { executeCommand: () => Promise.resolve() },
  };

  /** The newest notification, once there is one that says what is wanted. */
  async progress(wanted: (shown: ShownProgress) => boolean): Promise<ShownProgress> {
    for (;;) {
      const found = this.shown.findLast(wanted);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #told(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #say(text: string): Promise<undefined> {
    this.said.push(text);
    return Promise.resolve(undefined);
  }

  async #withProgress(
    { title, cancellable }: { title: string; cancellable: boolean },
    task: Task,
  ): Promise<unknown> {
    const listeners: (() => void)[] = [];
    const messages: string[] = [];
    const work = task(
      {
        report: ({ message }) => {
          if (message !== undefined) messages.push(message);
          this.#told();
        },
      },
      { onCancellationRequested: (listener) => void listeners.push(listener) },
    );
    const gone = Promise.resolve(work).then(
      () => undefined,
      () => undefined,
    );
    const cancel = (): void => listeners.forEach((listener) => listener());
    this.shown.push({ title, cancellable, messages, cancel, gone });
    this.#told();
    return work;
  }
}
