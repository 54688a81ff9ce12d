import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';

import { reportPieces } from '../../client/report-pieces.js';
import type { HandlersOf } from '../../panel/channel.js';
import type { ResultsAnswers, ResultsRequests } from '../../panel/results/messages.js';
import { MOST_SYMBOLS, reportPage } from '../../present/report/page.js';
import { shownTrades, tradesCsv } from '../../present/report/trades.js';
import { cacheFolder } from '../../protocol/project.js';
import type { Payload } from '../../protocol/payloads.js';
import type { Result } from '../../protocol/results.js';
import { exportsForSpreadsheets } from '../model/settings.js';
import { offerFolder } from '../open-at.js';
import type { Services } from '../workbench.js';
import { anyPageHandlers } from './show-page.js';

/** The shown run and its results. */
type ShownRun = Payload<'report'> & { readonly report: Result<'report'> | null };

interface Shown {
  readonly services: Services;
  readonly shown: () => ShownRun;
  readonly choose: (run: string) => void;
  readonly compare: (run: string | null) => void;
  readonly again: () => void;
}

/** What the page of the Results panel may request. */
export function resultsHandlers({
  services: { jobs, log },
  shown,
  choose,
  compare,
  again,
}: Shown): HandlersOf<ResultsRequests, ResultsAnswers> {
  const command = vscode.commands.executeCommand;
  return {
    choose: ({ run }) => choose(run),
    compare: ({ run }) => compare(run),
    prices: ({ run, symbol, range, maxPoints }) => {
      const { projectRoot, cacheDir, memoryMb } = shown();
      const [start, end] = range ?? [];
      const asked = { run, symbol, points: maxPoints, ...(range && { start, end }) };
      return jobs.request('prices', { projectRoot, cacheDir, memoryMb, ...asked }, { urgent: true });
    },
    openHtml: () => openHtml(jobs, shown()),
    exportTrades: () => exportTrades(shown()),
    start: () => command('seamless.startRun'),
    stop: () => command('seamless.stopRun', shown().run),
    retry: () => (vscode.workspace.isTrusted ? again() : command('workbench.trust.manage')),
    ...anyPageHandlers('Results', log),
  };
}

async function openHtml(jobs: Services['jobs'], { report: _, ...place }: ShownRun): Promise<void> {
  const { report, prices } = await reportPieces(
    (kind, payload) => jobs.request(kind, payload, { urgent: true }),
    place,
    MOST_SYMBOLS,
  );
  const path = join(cacheFolder(place.projectRoot, place.cacheDir), 'runs', place.run, 'report.html');
  await writeFile(path, reportPage(report, prices, vscode.env.language));
  // On a remote machine, no browser could open the file.
  if (vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined)
    await vscode.env.openExternal(vscode.Uri.file(path));
  void offerFolder(vscode.l10n.t('Report written to {0}.', path), path);
}

async function exportTrades({ projectRoot, run, report }: ShownRun): Promise<{ saved: boolean }> {
  const where = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export trades'),
    defaultUri: vscode.Uri.file(join(projectRoot, `${run}-trades.csv`)),
    filters: { CSV: ['csv'] },
  });
  if (!where || !report?.outcome) return { saved: false };
  const trades = shownTrades(report.outcome);
  await writeFile(where.fsPath, tradesCsv(trades, exportsForSpreadsheets(projectRoot)));
  const text = vscode.l10n.t('Exported {0} trades of {1} to {2}.', trades.length, run, where.fsPath);
  void offerFolder(text, where.fsPath);
  return { saved: true };
}
