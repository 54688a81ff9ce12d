import { PageEnd } from '../../src/panel/channel.js';
import { parseToPage } from '../../src/panel/protocol.js';
import { resultsProtocol, type ResultsState, type ToResultsPage } from '../../src/panel/results/messages.js';
import { PanelApp, type LoggedFault } from '../panel-app.js';
import { onThemeChange } from '../ui/theme.js';
import type { VsCodeApi } from '../vscode-api.js';
import { ResultsPage } from './page.js';
import { parseResultsView, type ResultsView } from './view-state.js';

/** Handles the host's messages and the person's actions; keeps page and saved state in sync. */
export class ResultsApp extends PanelApp {
  readonly #api: VsCodeApi;
  readonly #host = new PageEnd(resultsProtocol, (message) => this.#api.postMessage(message));
  readonly #page: ResultsPage;
  #state: ResultsState | null = null;
  #view: ResultsView;

  constructor(api: VsCodeApi, root: HTMLElement) {
    super();
    this.#api = api;
    this.#view = parseResultsView(api.getState());
    this.#page = new ResultsPage(root, {
      request: (kind, payload) => this.#host.request(kind, payload),
      ask: (asked) => this.ask(asked),
      update: (change) => this.#update(change),
      log: (error) => this.log(error),
    });
    onThemeChange(() => this.#page.repaint());
    this.show();
  }

  override start(): void {
    this.#host.ready();
  }

  override receive(raw: unknown): void {
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
    this.speak(message.state.texts);
    this.#state = message.state;
    this.#keep();
    this.show();
  }

  protected override toLog(fault: LoggedFault): Promise<unknown> {
    return this.#host.request('log', fault);
  }

  #update(change: Partial<ResultsView>): void {
    this.#view = { ...this.#view, ...change };
    this.#keep();
    this.show();
  }

  /** What VS Code gives back to page and host after a reload. */
  #keep(): void {
    const { projectRoot = '', run = null, other = null } = this.#state ?? {};
    this.#api.setState({ ...this.#view, projectRoot, run, other });
  }

  protected override show(): void {
    this.#page.show(this.#state, this.#view, this.failure);
  }
}
