import * as vscode from 'vscode';

import type { CoveredPart, Span } from '../../engine/run/reporting/report.js';
import { hostEnd, type PanelHandlers } from '../../panel/channel.js';
import { liveCoverage } from '../../panel/live.js';
import { dagProtocol, type HostToPage } from '../../panel/messages.js';
import type { PanelProblem, PanelState } from '../../panel/state.js';
import { panelNode } from '../../panel/nodes.js';
import { classOf, summaryLine } from '../../present/format.js';
import { doubted, freshnessOf, type Freshness } from '../../present/freshness.js';
import { checkingText } from '../../present/progress.js';
import { dataUntil } from '../../present/ranges.js';
import { SeamlessError } from '../../sdk/errors.js';
import { DagLive } from './dag-live.js';
import { panelHandlers } from './dag-requests.js';
import { keptSplit } from './split.js';
import type { Services } from '../workbench.js';
import { cacheUse } from '../model/settings.js';
import { SETUP_LIMIT_MS, type StrategyEntry } from '../model/strategies.js';
import { withRereads } from '../model/strategy-entry.js';
import { throttle } from '../model/throttle.js';

/** Shortest time between full states: graphs may be large. */
const CHECKING_PAUSE_MS = 500;

/** Shortest time between updates of an active run's counters and bars. */
const LIVE_PAUSE_MS = 100;

interface PanelOptions {
  readonly key: string;
  readonly view: vscode.WebviewPanel;
  /** What it showed before the window was reloaded; null: it is new. */
  readonly range: Span | null;
  readonly onClose: () => void;
}

/** The DAG of one strategy, in a page beside the code. Its content comes from the model; only the shown range is its own. */
export class DagPanel {
  readonly #workbench: Services;
  #key: string;
  /** The nodes' states as last sent to the page. */
  #told: Freshness | null = null;
  readonly #view: vscode.WebviewPanel;
  readonly #disposables: { dispose(): unknown }[];
  /** The range that the person chose; null: the last run's, else the bounds of the sources. */
  #range: Span | null = null;
  /** The nodes' states over `#range`; null: the model's, over the last range. */
  #own: Freshness | null = null;
  #data: Span | null = null;
  #askedForData = false;
  /** What the active run has stored so far. */
  #covered: CoveredPart[] = [];
  readonly #sendChecking = throttle(() => this.#show(), CHECKING_PAUSE_MS);
  readonly #sendLive = throttle(() => this.#live(), LIVE_PAUSE_MS);
  readonly #worldLive: DagLive;
  /** A node to select once the page is ready. */
  #wanted: string | null = null;
  #isReady = false;

  constructor(workbench: Services, { key, view, range, onClose }: PanelOptions) {
    this.#workbench = workbench;
    this.#view = view;
    this.#key = key;
    this.#range = range;
    const { strategies, runs, log } = workbench;
    const receive = hostEnd(dagProtocol, {
      handlers: this.#handlers(),
      post: (message) => this.#post(message),
      onReady: () => this.#ready(),
      onFault: (error) => log.error(error instanceof Error ? error : String(error)),
    });
    this.#worldLive = new DagLive(workbench, {
      key: () => this.#key,
      nodes: () => this.#freshness?.nodes ?? [],
      post: (message) => this.#post(message),
    });
    this.#disposables = [
      this.#worldLive,
      this.#sendLive,
      this.#sendChecking,
      view.webview.onDidReceiveMessage((raw: unknown) => void receive(raw)),
      view.onDidDispose(() => {
        for (const disposable of this.#disposables) disposable.dispose();
        onClose();
      }),
      strategies.onDidChange((entry) => {
        if (entry?.key === this.#key) this.#changed(entry);
        else if (entry === null) this.#cameOrWent();
      }),
      runs.onDidCover((covered) => {
        if (covered.key !== this.#key) return;
        this.#covered.push(...covered.parts);
        this.#sendLive();
      }),
      runs.onDidEnd((end) => {
        if (end.entry.key === this.#key && 'report' in end) this.#follow(end.report.range);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#cameOrWent()),
    ];
    this.#cameOrWent();
  }

  /** Its class or file was renamed: the panel continues with the new key. */
  follow(key: string): void {
    this.#key = key;
    this.#own = null;
    this.#cameOrWent();
  }

  reveal(): void {
    this.#view.reveal(undefined, false);
  }

  /** Brings a node into view. */
  select(node: string): void {
    if (this.#isReady) this.#post({ type: 'select', node });
    else this.#wanted = node;
  }

  get #entry(): StrategyEntry | null {
    return this.#workbench.strategies.get(this.#key);
  }

  get #freshness(): Freshness | null {
    const { freshness = null, doubt = null } = this.#entry ?? {};
    return this.#own && doubt !== null ? doubted(this.#own, doubt) : (this.#own ?? freshness);
  }

  get #shownRange(): Span | null {
    return this.#range ?? this.#freshness?.range ?? dataUntil(this.#data, Date.now() / 1000);
  }

  #post(message: HostToPage): void {
    this.#view.webview.postMessage(message).then(undefined, (error: unknown) => this.#fault(error));
  }

  /** The page is ready, for the first time or again: it gets the full state. */
  #ready(): void {
    this.#isReady = true;
    this.#show();
    if (this.#entry?.running) this.#sendLive();
    this.#worldLive.ready();
    if (this.#wanted !== null) this.#post({ type: 'select', node: this.#wanted });
    this.#wanted = null;
  }

  /** Strategies appeared or went, or may be checked now. */
  #cameOrWent(): void {
    const entry = this.#entry;
    // An open panel needs the status, whether strategies are checked on save or not.
    if (entry && !entry.freshness && !entry.problem) {
      this.#workbench.strategies.look(this.#key).catch((error: unknown) => this.#fault(error));
    }
    this.#show();
  }

  #changed(entry: StrategyEntry): void {
    if (entry.running) {
      // A save makes the nodes' states uncertain.
      if (this.#covered.length === 0 || entry.freshness !== this.#told) this.#show();
      this.#sendLive();
      return;
    }
    this.#covered = [];
    if (entry.checking) this.#sendChecking();
    else if (this.#range) this.#look(this.#range).catch((error: unknown) => this.#fault(error));
    else this.#show();
  }

  /** Sends the full state. */
  #show(): void {
    const entry = this.#entry;
    const freshness = this.#freshness;
    if (entry?.freshness) this.#askForData(entry);
    const range = this.#shownRange;
    const name = entry?.name ?? classOf(this.#key);
    this.#told = entry?.freshness ?? null;
    this.#worldLive.nodesChanged();
    const state: PanelState = {
      key: this.#key,
      strategy: name,
      nodes: freshness?.nodes.map((node) => panelNode(node, range, entry?.cacheState ?? '')) ?? null,
      range,
      data: dataUntil(this.#data, Date.now() / 1000),
      edited: entry?.edited ?? false,
      problem: this.#problem(entry, name),
      checking: entry?.checking ?? null,
      running: entry?.running ?? null,
      result: resultText(entry),
      trusted: vscode.workspace.isTrusted,
      texts: vscode.l10n.bundle ? { ...vscode.l10n.bundle } : null,
      split: keptSplit(this.#workbench.context.globalState),
    };
    this.#view.title = vscode.l10n.t('DAG: {0}', name);
    this.#post({ type: 'state', state });
  }

  #problem(entry: StrategyEntry | null, name: string): PanelProblem | null {
    if (!entry) {
      if (!this.#workbench.strategies.searched) return null;
      const message = vscode.l10n.t(
        '{0} is no longer in the workspace: its file or class was deleted or renamed. Restore it, or close this panel.',
        name,
      );
      return { kind: 'deleted', message, path: [] };
    }
    const { problem, edited } = entry;
    if (!problem || edited) return null;
    const { code, message, path = [] } = problem;
    return { kind: code === 'cycle' ? 'cycle' : 'failed', message, path };
  }

  /** Sends the active run's progress. */
  #live(): void {
    const progress = this.#entry?.running;
    if (!progress) return;
    const coverage = liveCoverage(this.#freshness?.nodes ?? [], this.#covered, this.#shownRange);
    this.#post({ type: 'progress', progress, coverage });
  }

  /** A run within the shown range changes nothing; one beyond it is shown whole. */
  #follow([start, end]: Span): void {
    const shown = this.#range;
    if (shown && (start < shown[0] || end > shown[1]))
      this.#setRange(null).catch((error: unknown) => this.#fault(error));
  }

  /** Checks the nodes over a range, as the model does over the last one. */
  async #look(range: Span): Promise<void> {
    const { jobs, strategies } = this.#workbench;
    const entry = this.#entry;
    if (entry && !entry.problem && vscode.workspace.isTrusted) {
      const { ref } = entry;
      const [start, end] = range;
      const place = { ...cacheUse(ref.projectRoot), limitMs: SETUP_LIMIT_MS };
      const payload = { strategy: ref, start, end, ...place };
      const status = await jobs.request('status', payload);
      if (this.#range !== range) return;
      const judged = freshnessOf(status, strategies.lastRun(this.#key));
      this.#own = withRereads(judged, entry);
    }
    this.#show();
  }

  #askForData(entry: StrategyEntry): void {
    if (this.#askedForData) return;
    this.#askedForData = true;
    if (entry.data) {
      this.#data = entry.data;
      return;
    }
    this.#workbench.jobs.request('bounds', { strategy: entry.ref, limitMs: SETUP_LIMIT_MS }).then(
      ({ range }) => {
        this.#data = range;
        this.#show();
      },
      (error: unknown) => this.#fault(error),
    );
  }

  async #setRange(range: Span | null): Promise<void> {
    this.#range = range;
    this.#own = null;
    if (range) await this.#look(range);
    else this.#show();
  }

  #handlers(): PanelHandlers {
    return panelHandlers({
      workbench: this.#workbench,
      key: () => this.#key,
      // A run sets the last range: keep what is shown until the person changes it.
      keepRange: () => {
        this.#own ??= this.#entry?.freshness ?? null;
        this.#range ??= this.#shownRange;
      },
      isVisible: () => this.#view.visible,
      setRange: (range) => this.#setRange(range ?? dataUntil(this.#data, Date.now() / 1000)),
    });
  }

  #fault(error: unknown): void {
    if (error instanceof SeamlessError && error.code === 'cancelled') return;
    this.#workbench.log.error(error instanceof Error ? error : String(error));
  }
}

/** The result of the last run; while code and data are checked, that. */
function resultText(entry: StrategyEntry | null): string | null {
  if (entry?.checking) return checkingText(entry.checking);
  return entry?.lastRun ? summaryLine(entry.lastRun) : null;
}
