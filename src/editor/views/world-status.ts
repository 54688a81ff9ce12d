import * as vscode from 'vscode';

import { percent } from '../../present/report/numbers.js';
import { modeText } from '../../present/report/words.js';
import type { Mode } from '../../sdk/live/live.js';
import type { WorldRun, WorldRunEnd, WorldRuns } from '../model/world-runs.js';

/** Modes differ by word and shape, and live also by background: colour alone never tells them apart. */
const ICONS: Readonly<Record<Mode, string>> = {
  backtest: 'history',
  paper: 'beaker',
  shadow: 'eye',
  live: 'zap',
};

/** The world of the active run with its mode, in the status bar; after the run, its result. */
export class WorldStatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('seamless.world', vscode.StatusBarAlignment.Left, 9);
  readonly #disposables: { dispose(): unknown }[];
  #last: WorldRunEnd | null = null;

  constructor(private readonly runs: WorldRuns) {
    this.#item.name = vscode.l10n.t('Seamless: World');
    this.#disposables = [
      this.#item,
      runs.onDidEnd((end) => {
        this.#last = end;
        this.#show();
      }),
      runs.onDidChange(() => this.#show()),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #show(): void {
    const { running } = this.runs;
    // A run with real money is shown first.
    const first = running.find(({ mode }) => mode === 'live') ?? running[0];
    if (first) this.#showRunning(first, running.length - 1);
    else if (this.#last) this.#showLast(this.#last);
    else this.#item.hide();
  }

  #showRunning(run: WorldRun, more: number): void {
    const { l10n } = vscode;
    this.#say(
      run,
      `$(${ICONS[run.mode]}) ${modeText(run.mode)} ${run.world}${more > 0 ? ` (+${more})` : ''}`,
      [
        l10n.t('{0} runs in {1} ({2}).', run.strategy, run.world, modeText(run.mode)),
        l10n.t('Click to see its results. Seamless: Stop Run ends it.'),
      ],
    );
  }

  #showLast(end: WorldRunEnd): void {
    const { l10n } = vscode;
    const stopped = end.error?.code === 'cancelled';
    const ended = stopped ? l10n.t('stopped') : l10n.t('failed');
    const came = end.result ? percent(end.result.metrics.totalReturn) : ended;
    const icon = end.result ? ICONS[end.mode] : stopped ? 'circle-slash' : 'error';
    this.#say(end, `$(${icon}) ${modeText(end.mode)} ${end.world} · ${came}`, [
      l10n.t('{0} in {1}: {2}', end.strategy, end.world, end.error?.message ?? l10n.t('the run has ended.')),
      l10n.t('Click to see its results.'),
    ]);
  }

  #say({ run, projectRoot, mode }: WorldRun, text: string, tooltip: readonly string[]): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip.join('\n');
    this.#item.accessibilityInformation = { label: tooltip.join(' ') };
    const title = vscode.l10n.t('Show Results');
    this.#item.command = { title, command: 'seamless.showResults', arguments: [{ projectRoot, run }] };
    this.#item.backgroundColor =
      mode === 'live' && this.runs.isRunning(run)
        ? new vscode.ThemeColor('statusBarItem.errorBackground')
        : undefined;
    this.#item.show();
  }
}
