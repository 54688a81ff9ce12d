import * as vscode from 'vscode';

import { hostEnd } from '../../panel/channel.js';
import {
  resultsProtocol,
  type ListedRun,
  type ResultsState,
  type ToResultsPage,
} from '../../panel/results/messages.js';
import type { Result } from '../../protocol/results.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { cacheUse } from '../model/settings.js';
import type { Services } from '../workbench.js';
import { resultsHandlers } from './results-requests.js';

type Report = Result<'report'>;

/** Whose results to show; run null: those of the latest run. */
export interface ResultsPlace {
  readonly projectRoot: string;
  readonly run: string | null;
}

/** Milliseconds between updates of an active run, and the least pause as a multiple of an update's duration. */
const PAUSE_MS = 1500;
const PAUSE_TIMES = 4;

/** The results of one run, optionally beside another. The child reads them from journals. */
export class ResultsPanel {
  readonly #services: Services;
  readonly #view: vscode.WebviewPanel;
  readonly #disposables: { dispose(): unknown }[];
  #projectRoot: string;
  #run: string | null;
  #other: string | null;
  #runs: Result<'runs'> | null = null;
  #report: Report | null = null;
  #compared: Report | null = null;
  #problem: string | null = null;
  /** Counts updates: results of an outdated request are dropped. */
  #look = 0;
  #timer: NodeJS.Timeout | null = null;
  #isReady = false;

  constructor(
    services: Services,
    view: vscode.WebviewPanel,
    { projectRoot, run, other }: ResultsPlace & { readonly other: string | null },
    onClose: () => void,
  ) {
    this.#services = services;
    this.#view = view;
    [this.#projectRoot, this.#run, this.#other] = [projectRoot, run, other];
    const { worldRuns, log } = services;
    const receive = hostEnd(resultsProtocol, {
      handlers: resultsHandlers({
        services,
        shown: () => ({ ...this.#place, report: this.#report }),
        choose: (chosen) => this.show({ projectRoot: this.#projectRoot, run: chosen }),
        compare: (chosen) => {
          [this.#other, this.#compared] = [chosen, null];
          this.#refresh();
        },
        again: () => this.#refresh(),
      }),
      post: (message) => this.#post(message),
      onReady: () => this.#ready(),
      onFault: (error) => log.error(error instanceof Error ? error : String(error)),
    });
    this.#disposables = [
      { dispose: () => this.#rest() },
      view.webview.onDidReceiveMessage((raw: unknown) => void receive(raw)),
      view.onDidDispose(() => {
        for (const disposable of this.#disposables) disposable.dispose();
        onClose();
      }),
      view.onDidChangeViewState(() => {
        if (view.visible) this.#refresh();
      }),
      worldRuns.onDidChange(() => this.#refresh()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#refresh()),
    ];
  }

  show({ projectRoot, run }: ResultsPlace): void {
    if (projectRoot !== this.#projectRoot) [this.#runs, this.#other, this.#compared] = [null, null, null];
    if (run !== this.#run || projectRoot !== this.#projectRoot) [this.#report, this.#problem] = [null, null];
    if (this.#other === run) [this.#other, this.#compared] = [null, null];
    [this.#projectRoot, this.#run] = [projectRoot, run];
    this.#refresh();
  }

  get #place() {
    return { projectRoot: this.#projectRoot, ...cacheUse(this.#projectRoot), run: this.#run ?? '' };
  }

  #ready(): void {
    this.#isReady = true;
    this.#refresh();
  }

  #rest(): void {
    this.#look += 1;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /**
   * Reads the shown run again, repeatedly while it is active.
   * @param listed whether to read the list of runs as well, which reads all their journals
   */
  #refresh(listed = true): void {
    this.#rest();
    if (!this.#isReady) return;
    this.#send();
    if (!vscode.workspace.isTrusted) return;
    const started = performance.now();
    const look = this.#look;
    const isPast = (): boolean => look !== this.#look;
    this.#read(listed, isPast)
      .catch((error: unknown) => {
        if (isPast()) return;
        // Its folder is created once the strategy is loaded.
        const begins = this.#run !== null && this.#services.worldRuns.isRunning(this.#run);
        if (begins && error instanceof SeamlessError && error.code === 'not-found') return;
        this.#problem = messageOf(error);
        this.#services.log.warn(this.#problem);
      })
      .finally(() => {
        if (isPast()) return;
        this.#send();
        const goesOn = this.#run !== null && this.#goesOn(this.#run, this.#report?.state);
        const pause = Math.max(PAUSE_MS, PAUSE_TIMES * (performance.now() - started));
        if (goesOn && this.#view.visible) this.#timer = setTimeout(() => this.#refresh(false), pause);
      });
  }

  async #read(listed: boolean, isPast: () => boolean): Promise<void> {
    const { jobs } = this.#services;
    const place = { projectRoot: this.#projectRoot, ...cacheUse(this.#projectRoot) };
    // A run that has just begun is not in the list yet.
    const isKnown = this.#runs?.some(({ run }) => run === this.#run) ?? false;
    const runs =
      listed || !this.#runs || !isKnown ? await jobs.request('runs', place, { urgent: true }) : this.#runs;
    if (isPast()) return;
    this.#runs = runs;
    this.#run ??= runs.find(({ state }) => state !== 'unreadable')?.run ?? runs[0]?.run ?? null;
    if (this.#run === null) return;
    const report = await jobs.request('report', { ...place, run: this.#run }, { urgent: true });
    if (isPast()) return;
    [this.#report, this.#problem] = [report, null];
    if (this.#other === null || this.#compared) return;
    const compared = await jobs.request('report', { ...place, run: this.#other }, { urgent: true });
    if (!isPast()) this.#compared = compared;
  }

  /** A backtest holds no world, so only the window that started it knows that it is active. */
  #goesOn(run: string, state: Report['state'] | undefined): boolean {
    return state === 'running' || this.#services.worldRuns.isRunning(run);
  }

  #send(): void {
    const { worldRuns } = this.#services;
    const as = <T extends Report>(report: T | null): T | null =>
      report && this.#goesOn(report.run, report.state) ? { ...report, state: 'running' } : report;
    const state: ResultsState = {
      projectRoot: this.#projectRoot,
      runs: this.#runs?.map((run) => this.#listed(run)) ?? null,
      run: this.#run,
      other: this.#other,
      report: as(this.#report),
      compared: as(this.#compared),
      problem: this.#problem,
      stoppable: this.#run !== null && worldRuns.isRunning(this.#run),
      trusted: vscode.workspace.isTrusted,
      texts: (vscode.l10n.bundle as ResultsState['texts'] | undefined) ?? null,
    };
    this.#post({ type: 'state', state });
  }

  #listed({ run, strategy, world, mode, state, result }: Result<'runs'>[number]): ListedRun {
    const totalReturn = result?.metrics.totalReturn ?? null;
    return { run, strategy, world, mode, state: this.#goesOn(run, state) ? 'running' : state, totalReturn };
  }

  #post(message: ToResultsPage): void {
    this.#view.webview
      .postMessage(message)
      .then(undefined, (error: unknown) => this.#services.log.error(String(error)));
  }
}
