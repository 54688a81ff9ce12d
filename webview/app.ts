import { PageEnd } from '../src/panel/channel.js';
import { dagProtocol, type HostToPage } from '../src/panel/messages.js';
import { parseToPage } from '../src/panel/protocol.js';
import type { PanelSplit, PanelState, Span } from '../src/panel/state.js';
import { GraphModel } from './graph/graph-model.js';
import { Page } from './page.js';
import { PanelApp, type LoggedFault } from './panel-app.js';
import { parseViewState, type ViewState } from './ui/view-state.js';
import type { VsCodeApi } from './vscode-api.js';

/** Handles the host's messages and the person's actions; keeps page, model and the saved state in sync. */
export class App extends PanelApp {
  readonly #api: VsCodeApi;
  readonly #host = new PageEnd(dagProtocol, (message) => this.#api.postMessage(message));
  readonly #model: GraphModel;
  readonly #page: Page;
  readonly #key: string;
  /** The range of the shown coverage, as the host last sent it. */
  #range: Span | null = null;
  #state: PanelState | null = null;
  #view: ViewState;

  constructor(api: VsCodeApi, root: HTMLElement) {
    super();
    this.#api = api;
    this.#key = root.dataset['key'] ?? '';
    this.#view = parseViewState(api.getState());
    this.#model = new GraphModel({
      onPlaced: () => this.show(),
      onError: (error) => this.report(error),
    });
    this.#page = new Page(root, this.#model, {
      request: (kind, payload) => this.#host.request(kind, payload),
      update: (change) => this.#update(change),
      ask: (asked) => this.ask(asked),
      report: (error) => this.report(error),
      log: (error) => this.log(error),
      refresh: () => this.show(),
    });
    this.show();
  }

  override start(): void {
    this.#host.ready();
  }

  override receive(raw: unknown): void {
    let message: HostToPage;
    try {
      message = parseToPage(dagProtocol, raw);
    } catch (error) {
      this.report(error);
      return;
    }
    switch (message.type) {
      case 'state':
        this.#take(message.state);
        break;
      case 'progress':
        if (!this.#state?.running) break;
        this.#state = { ...this.#state, running: message.progress };
        this.#model.addLive(message.progress.node, message.coverage);
        this.#page.showProgress(this.#state, this.#view);
        break;
      case 'live':
        this.#model.setWorldRun(message.live);
        if (this.#state) this.#page.showProgress(this.#state, this.#view);
        break;
      case 'select':
        this.#update({ selected: message.node, focus: 'all', roots: [] });
        this.#page.reveal(message.node);
        break;
      default:
        this.#host.settle(message);
    }
  }

  protected override toLog(fault: LoggedFault): Promise<unknown> {
    return this.#host.request('log', fault);
  }

  #take(state: PanelState): void {
    this.speak(state.texts);
    if (!this.#state) this.#view = { ...this.#view, split: splitOf(this.#view.split, state.split) };
    this.#state = state;
    if (!state.running) this.#model.clearLive(state.checking !== null);
    this.#view = { ...this.#view, chosen: kept(this.#view.chosen, state.range) };
    if (state.nodes) this.#model.setNodes(state.nodes);
    if (state.range) this.#range = state.range;
    this.#keep();
    this.show();
  }

  #update(change: Partial<ViewState>): void {
    this.#view = { ...this.#view, ...change };
    this.#keep();
    this.show();
  }

  /** What VS Code gives back to page and host after a reload. */
  #keep(): void {
    this.#api.setState({ ...this.#view, key: this.#state?.key ?? this.#key, range: this.#range });
  }

  protected override show(): void {
    this.#page.show(this.#state, this.#view, this.failure);
  }
}

/** This panel's own sizes, else the last ones of another panel. */
function splitOf(own: PanelSplit, last: PanelSplit): PanelSplit {
  return { beside: own.beside ?? last.beside, below: own.below ?? last.below };
}

/** The part of a chosen range that is shown; null: none of it. Before a range is known, the choice is kept. */
function kept(chosen: Span | null, range: Span | null): Span | null {
  if (!chosen || !range) return chosen;
  const [start, end] = [Math.max(chosen[0], range[0]), Math.min(chosen[1], range[1])];
  return start < end ? [start, end] : null;
}
