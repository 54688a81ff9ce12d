import * as vscode from 'vscode';

import type { RunReport } from '../../engine/run/reporting/report.js';
import { cacheFolder, folderBytes } from '../../protocol/project.js';
import { formatBytes, formatCount, hitsText, summaryLine } from '../../present/format.js';
import { spanText } from '../../present/freshness.js';
import { checkingText, progressLine, uncounted, type ProgressText } from '../../present/progress.js';
import type { RunEnd, Runs } from '../model/runs.js';
import { cacheDirSetting } from '../model/settings.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';

/** The active or last run, in the status bar. */
export class RunStatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('seamless.run', vscode.StatusBarAlignment.Left, 10);
  readonly #disposables: { dispose(): unknown }[];
  #last: RunEnd | null = null;

  constructor(
    private readonly strategies: Strategies,
    runs: Runs,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#item.name = 'Seamless';
    this.#disposables = [
      this.#item,
      strategies.onDidChange(() => this.#show()),
      runs.onDidEnd((end) => {
        this.#last = end;
        this.#show();
        if ('report' in end) void this.#describeCache(end.entry, end.report);
      }),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #show(): void {
    const running = this.strategies.all().filter((entry) => entry.running !== null);
    const [first] = running;
    // A check takes a moment, unless there is much to read: then it has progress.
    const checked = this.strategies.all().find((entry) => entry.checking?.percent);
    if (first) this.#showRunning(first, running.length - 1);
    else if (checked?.checking) this.#showChecking(checked, checked.checking);
    else if (this.#last) this.#showLast(this.#last);
    else this.#item.hide();
  }

  #showRunning({ key, name, running }: StrategyEntry, more: number): void {
    const progress = running ?? uncounted('');
    const others = more > 0 ? ` (+${more})` : '';
    this.#item.text = `$(sync~spin) ${name} ${progress.percent ?? progress.what}${others}`;
    this.#item.tooltip = `${name}: ${progressLine(progress)}\n${vscode.l10n.t('Click to open the DAG. Seamless: Cancel stops the run.')}`;
    this.#item.command = command(key);
    this.#item.backgroundColor = undefined;
    this.#item.show();
  }

  #showChecking({ key, name }: StrategyEntry, progress: ProgressText): void {
    this.#item.text = `$(sync~spin) ${checkingText(progress)}`;
    this.#item.tooltip = `${name}: ${progressLine({ ...progress, percent: null })}`;
    this.#item.command = command(key);
    this.#item.backgroundColor = undefined;
    this.#item.show();
  }

  #showLast(end: RunEnd): void {
    const { key, name } = end.entry;
    this.#item.command = command(key);
    this.#item.backgroundColor = undefined;
    if ('report' in end) {
      const { report } = end;
      const { failed } = report;
      this.#item.text =
        failed > 0
          ? `$(error) ${vscode.l10n.t('{0} failed', formatCount(failed))} · ${hitsText(report)}`
          : `$(database) ${hitsText(report)}`;
      if (!(this.#item.tooltip instanceof vscode.MarkdownString))
        this.#item.tooltip = tooltipOf(end.entry, report, null);
    } else if (end.error.code === 'cancelled') {
      this.#item.text = `$(circle-slash) ${vscode.l10n.t('{0} cancelled', name)}`;
      this.#item.tooltip = end.error.message;
    } else {
      this.#item.text = `$(error) ${vscode.l10n.t('{0} failed', name)}`;
      this.#item.tooltip = end.error.message;
      this.#item.backgroundColor = new vscode.ThemeColor('statusBarItem.errorBackground');
    }
    this.#item.show();
  }

  async #describeCache(entry: StrategyEntry, report: RunReport): Promise<void> {
    this.#item.tooltip = tooltipOf(entry, report, null);
    const { projectRoot } = entry.ref;
    try {
      const bytes = await folderBytes(cacheFolder(projectRoot, cacheDirSetting(projectRoot)));
      this.#item.tooltip = tooltipOf(entry, report, bytes);
    } catch (error) {
      this.log.warn(String(error));
    }
  }
}

function command(key: string): vscode.Command {
  return { title: vscode.l10n.t('Show DAG'), command: 'seamless.showDag', arguments: [key] };
}

const MOST_NODES = 20;

function tooltipOf(
  { name: strategy }: StrategyEntry,
  report: RunReport,
  bytes: number | null,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  text.appendMarkdown(`**${strategy}** ${spanText(report.range)}\n\n`);
  text.appendMarkdown(`${summaryLine(report)}\n\n`);
  for (const { name, state } of report.nodes.slice(0, MOST_NODES)) {
    text.appendMarkdown(`- \`${name}\` ${state}\n`);
  }
  const more = report.nodes.length - MOST_NODES;
  if (more > 0) text.appendMarkdown(`- ${vscode.l10n.t('{0} more', formatCount(more))}\n`);
  if (bytes !== null) text.appendMarkdown(`\n${vscode.l10n.t('The cache holds {0}.', formatBytes(bytes))}`);
  return text;
}
