import * as vscode from 'vscode';

import { freshnessText, spanText } from '../../present/freshness.js';
import { checkingText } from '../../present/progress.js';
import { showsLenses } from '../model/settings.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';
import { PROGRESS_PAUSE_MS, throttle } from '../model/throttle.js';

/** Between an icon and text: lenses drop a plain space there. */
const GAP = '\u00a0';

/** Actions for a strategy, above its class. */
export class StrategyLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changes.event;
  /** The editor requests lenses again once changes pause, so progress events must leave gaps. */
  readonly #progressed = throttle(() => this.#changes.fire(), PROGRESS_PAUSE_MS);
  readonly #disposables: { dispose(): unknown }[];

  constructor(private readonly strategies: Strategies) {
    this.#disposables = [
      this.#changes,
      this.#progressed,
      strategies.onDidChange((entry) => {
        if (entry?.running ?? entry?.checking?.percent) this.#progressed();
        else this.#changes.fire();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changes.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('seamless.codeLens')) this.#changes.fire();
      }),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!showsLenses()) return [];
    return this.strategies.inFile(document.uri.fsPath).flatMap((entry) => {
      this.strategies.see(entry.key);
      const line = Math.min(entry.found.line, document.lineCount) - 1;
      const range = new vscode.Range(line, 0, line, 0);
      return commandsFor(entry).map((command) => new vscode.CodeLens(range, command));
    });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

function commandsFor(entry: StrategyEntry): vscode.Command[] {
  const { l10n } = vscode;
  const about = [entry.key];
  const dag = { title: l10n.t('DAG'), command: 'seamless.showDag', arguments: about };
  if (!vscode.workspace.isTrusted) {
    const title = `$(workspace-untrusted)${GAP}${l10n.t('Trust this workspace to materialize')}`;
    return [{ title, command: 'workbench.trust.manage' }];
  }
  if (entry.running) {
    const { percent, what } = entry.running;
    const title = [percent, what].filter((each) => each !== null).join(' · ');
    return [
      { title: `$(loading~spin)${GAP}${title}`, command: 'seamless.showDag', arguments: about },
      { title: l10n.t('Cancel'), command: 'seamless.cancel', arguments: about },
      dag,
    ];
  }
  const run = {
    title: `▶ ${l10n.t('Materialize range…')}`,
    command: 'seamless.materializeRange',
    arguments: about,
  };
  const again = againCommand(entry, about);
  // The longest comes last: a narrow editor cuts off the end of the row.
  return again ? [run, dag, again] : [run, dag];
}

/** The lens with the state of the last range; clicking it materializes that range again. */
function againCommand(entry: StrategyEntry, about: string[]): vscode.Command | null {
  const { l10n } = vscode;
  const { problem, freshness, edited, checking } = entry;
  const [last] = entry.lastRanges;
  if (problem && !edited && !checking) {
    const title = `$(error)${GAP}${l10n.t('cannot be set up')}`;
    return { title, tooltip: problem.message, command: 'seamless.showProblem', arguments: about };
  }
  if (!last || !freshness) {
    return edited ? { title: l10n.t('edited'), command: 'workbench.action.files.save' } : null;
  }
  const state = edited ? l10n.t('edited') : checking ? checkingText(checking) : freshnessText(freshness);
  return {
    title: `↻ ${spanText(last)} · ${state}`,
    tooltip: l10n.t('Materialize this range again'),
    command: 'seamless.materializeAgain',
    arguments: about,
  };
}
