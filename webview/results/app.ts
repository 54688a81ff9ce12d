import * as l10n from '@vscode/l10n';
import { PageEnd } from '../../src/panel/channel.js';
import { parseToPage } from '../../src/panel/protocol.js';
import { resultsProtocol, type ResultsState, type ToResultsPage } from '../../src/panel/results/messages.js';
import { onThemeChange } from '../ui/theme.js';
import { messageOf } from '../ui/words.js';
import type { VsCodeApi } from '../vscode-api.js';
import { ResultsPage } from './page.js';
import { parseResultsView, type ResultsView } from './view-state.js';

/** Handles the host's messages and the person's actions; keeps page and saved state in sync. */
export class ResultsApp {
  readonly #api: VsCodeApi;
  readonly #host = new PageEnd(resultsProtocol, (message) => this.#api.postMessage(message));
  readonly #page: ResultsPage;
  #state: ResultsState | null = null;
  #view: ResultsView;
  /** Why the person's last action failed. */
  #failure: string | null = null;

  constructor(api: VsCodeApi, root: HTMLElement) {
    this.#api = api;
    this.#view = parseResultsView(api.getState());
    this.#page = new ResultsPage(root, {
      request: (kind, payload) => this.#host.request(kind, payload),
      ask: (asked) => this.#ask(asked),
      update: (change) => this.#update(change),
      log: (error) => this.#log(error),
    });
    onThemeChange(() => this.#page.repaint());
    this.#show();
  }

  /** Tells the host that the page is ready. */
  start(): void {
    this.#host.ready();
  }

  receive(raw: unknown): void {
    let message: ToResultsPage;
    try {
      message = parseToPage(resultsProtocol, raw);
    } catch (error) {
      this.report(error);
      return;
    }
    if (message.type !== 'state') {
      this.#host.settle(message);
      return;
    }
    const { texts } = message.state;
    if (texts && texts !== this.#state?.texts) l10n.config({ contents: { ...texts } });
    this.#state = message.state;
    this.#keep();
    this.#show();
  }

  /** An unexpected error: a sentence for the person, everything for the log. */
  report(thrown: unknown): void {
    this.#fail(thrown);
    this.#log(thrown);
  }

  #update(change: Partial<ResultsView>): void {
    this.#view = { ...this.#view, ...change };
    this.#keep();
    this.#show();
  }

  /** Runs a person's action and shows its error. */
  #ask(asked: Promise<unknown>): void {
    this.#failure = null;
    asked.then(
      () => this.#show(),
      (error: unknown) => this.#fail(error),
    );
  }

  #log(thrown: unknown): void {
    const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
    this.#host
      .request('log', { message: messageOf(thrown), stack })
      .catch((error: unknown) => this.#fail(error));
  }

  /** What VS Code gives back to page and host after a reload. */
  #keep(): void {
    const { projectRoot = '', run = null, other = null } = this.#state ?? {};
    this.#api.setState({ ...this.#view, projectRoot, run, other });
  }

  #fail(thrown: unknown): void {
    this.#failure = messageOf(thrown);
    this.#show();
  }

  #show(): void {
    this.#page.show(this.#state, this.#view, this.#failure);
  }
}
