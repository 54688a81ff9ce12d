import { join } from 'node:path';
import * as vscode from 'vscode';
import { JobClient } from '../../client/job-client.js';
import type { BarResult } from '../../protocol/results.js';
import type { StrategyRef } from '../../protocol/payloads.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { rowValue } from '../../sdk/table.js';
import { formatTime } from '../../sdk/time/time.js';

interface DebugOptions {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly strategy: StrategyRef;
  /** Name of a node with a `computeFn`. */
  readonly node: string;
  /** Open of the bar, in epoch seconds. */
  readonly bar: number;
  /** Absolute. Default: `.seamless` in the project root. */
  readonly cacheDir?: string | undefined;
}

/**
 * Calls a node's `computeFn` for one bar in a separate process in VS Code's debugger, so that it stops at breakpoints in the
 * author's source. Resolves once the process has ended. The value, or the error, is shown and logged. Nothing is stored.
 */
export async function debugNode(options: DebugOptions): Promise<void> {
  // The process runs what is on disk: breakpoints must refer to the same text.
  await vscode.workspace.saveAll(false);
  const call = new DebugCall(options);
  const { subscriptions } = options.context;
  subscriptions.push(call);
  try {
    await call.run();
  } finally {
    await call.end();
    subscriptions.splice(subscriptions.indexOf(call), 1);
  }
}

/** What Node itself prints while a debugger attaches and detaches. */
const NODES_OWN =
  /^(?:Debugger (?:listening on|attached|ending)|For help, see: https:|Waiting for the debugger)/;

/** One child process with one debug session and one call. */
class DebugCall implements vscode.Disposable {
  readonly #options: DebugOptions;
  readonly #title: string;
  readonly #client: JobClient;
  readonly #cancel = new AbortController();
  readonly #listeners: vscode.Disposable[] = [];
  #session: vscode.DebugSession | undefined;
  /** Why the debugger did not attach, if that ended the call. */
  #refusal: string | undefined;

  constructor(options: DebugOptions) {
    this.#options = options;
    this.#title = `Seamless: ${options.node} at ${formatTime(options.bar)}`;
    this.#client = JobClient.start({
      childPath: join(options.context.extensionPath, 'dist/child.js'),
      onLog: ({ level, text }) => options.log[NODES_OWN.test(text) ? 'debug' : level](text),
    });
  }

  /** Aborts the call in any state. */
  dispose(): void {
    this.#cancel.abort();
  }

  async run(): Promise<void> {
    const { log, node, bar } = this.#options;
    const process = String(this.#client.pid);
    log.info(vscode.l10n.t('Debugging {0} at {1}, in process {2}.', node, formatTime(bar), process));
    try {
      const result = await this.#request();
      const words = sentence(result);
      if (result.failure) {
        log.error(words);
        void vscode.window.showErrorMessage(words);
      } else {
        log.info(words);
        void vscode.window.showInformationMessage(words);
      }
    } catch (error) {
      if (error instanceof SeamlessError && error.code === 'cancelled' && this.#refusal === undefined) {
        log.info(vscode.l10n.t('Debugging of {0} at {1} was stopped.', node, formatTime(bar)));
        return;
      }
      const words = this.#refusal ?? messageOf(error);
      log.error(words);
      void vscode.window.showErrorMessage(words);
    }
  }

  /** Ends session and process. */
  async end(): Promise<void> {
    for (const listener of this.#listeners.splice(0)) listener.dispose();
    if (this.#session) await vscode.debug.stopDebugging(this.#session);
    await this.#client.dispose();
  }

  async #request(): Promise<BarResult> {
    const { strategy, node, bar, cacheDir } = this.#options;
    let attached: () => void = () => undefined;
    const preparation = new Promise<void>((resolve) => (attached = resolve));
    const answer = this.#client.request(
      'debug',
      { strategy, node, bar, cacheDir, inspect: true },
      {
        signal: this.#cancel.signal,
        onInspect: (url) => void this.#attach(url).finally(attached),
      },
    );
    void vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Seamless: preparing the inputs of {0}…', node),
        cancellable: true,
      },
      (_progress, token) => {
        token.onCancellationRequested(() => this.#cancel.abort());
        return Promise.race([preparation, answer.catch(() => undefined)]);
      },
    );
    return answer;
  }

  /** Attaches VS Code's JavaScript debugger to the child. */
  async #attach(websocketAddress: string): Promise<void> {
    const { context, strategy } = this.#options;
    const mine = (session: vscode.DebugSession): boolean =>
      session.parentSession === undefined && session.configuration['websocketAddress'] === websocketAddress;
    this.#listeners.push(
      vscode.debug.onDidStartDebugSession((session) => {
        if (mine(session)) this.#session = session;
      }),
      vscode.debug.onDidTerminateDebugSession((session) => {
        if (!mine(session)) return;
        this.#session = undefined;
        this.#cancel.abort();
      }),
    );
    const own = `${context.extensionPath.replaceAll('\\', '/')}/**`;
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(strategy.file));
    const configuration: vscode.DebugConfiguration = {
      type: 'node',
      request: 'attach',
      name: this.#title,
      websocketAddress,
      // The strategy is loaded once the debugger is attached, so that it finds every breakpoint before its line runs.
      pauseForSourceMap: true,
      outFiles: [],
      // The bundle is in the project's cache folder; the extension has no source maps of its own.
      resolveSourceMapLocations: ['**', `!${own}`],
      skipFiles: ['<node_internals>/**', own],
      // Auto-attach would change the process's environment, which strategies must not see.
      autoAttachChildProcesses: false,
      attachExistingChildren: false,
    };
    try {
      if (await vscode.debug.startDebugging(folder, configuration, { suppressSaveBeforeStart: true })) return;
      this.#refuse(vscode.l10n.t('look at the debug console'));
    } catch (error) {
      this.#refuse(messageOf(error));
    }
  }

  #refuse(why: string): void {
    this.#refusal = vscode.l10n.t(
      'VS Code\'s JavaScript debugger could not attach: {0}. Check that the extension "JavaScript Debugger" is enabled, then try again.',
      why,
    );
    this.#cancel.abort();
  }
}

function sentence({ node, bar, row, failure }: BarResult): string {
  if (failure) return failure.message;
  const at = formatTime(bar);
  if (row.ts.length === 0)
    return vscode.l10n.t('{0} gives no row for the bar {1} (nothing was stored).', node, at);
  return vscode.l10n.t('{0} gives {1} for the bar {2} (nothing was stored).', node, shown(row), at);
}

/** A value as JSON, plus the numbers that JSON does not have. */
function shown(row: BarResult['row']): string {
  const value = rowValue(row, 0);
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
