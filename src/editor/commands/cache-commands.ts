import { join } from 'node:path';
import * as vscode from 'vscode';

import { cacheFolder, storedName } from '../../protocol/project.js';
import type { CacheReport, ExportReport } from '../../protocol/results.js';
import type { ExportFormat } from '../../protocol/payloads.js';
import { classOf, formatBytes, formatCount, formatNames, plural } from '../../present/format.js';
import { worstOf } from '../../present/families.js';
import type { NodeStanding } from '../../present/freshness.js';
import { shownRows, shownRowsText } from '../../present/shown-rows.js';
import type { Workbench } from '../workbench.js';
import { offerFolder } from '../open-at.js';
import { inProgress } from './in-progress.js';
import { pickNode, pickStrategy, targetBox } from './pick.js';
import { cacheLimits, cacheUse, exportsForSpreadsheets } from '../model/settings.js';
import type { StrategyEntry } from '../model/strategies.js';

/** Exports a node's history to a file that the person chooses, Parquet or CSV. */
export async function exportNode(
  { discovery, jobs, strategies }: Workbench,
  entry: StrategyEntry,
  target: unknown,
): Promise<void> {
  const { l10n, window } = vscode;
  const here = await discovery.cursorPlace();
  const asked = { title: l10n.t('Export which node?'), here };
  const node = targetBox(target) ?? (await pickNode(entry, target, asked));
  if (node === null) return;
  const className = entry.freshness?.strategy ?? entry.found.className;
  const strategy = storedName(entry.ref, className);
  const safe = `${className}-${node}`.replace(/[^\p{L}\p{N}._-]+/gu, '-');
  const where = await window.showSaveDialog({
    title: l10n.t('Export {0}', node),
    defaultUri: vscode.Uri.file(join(entry.ref.projectRoot, `${safe}.parquet`)),
    filters: { Parquet: ['parquet'], CSV: ['csv'] },
  });
  if (!where) return;
  const { projectRoot } = entry.ref;
  const format: ExportFormat = where.fsPath.toLowerCase().endsWith('.csv') ? 'csv' : 'parquet';
  const spreadsheet = format === 'csv' && exportsForSpreadsheets(projectRoot);
  const title = l10n.t('Exporting {0}', node);
  const place = { projectRoot, ...cacheUse(projectRoot) };
  const what = { strategy, judge: entry.ref, nodes: [node], format, spreadsheet, path: where.fsPath };
  const report = await inProgress(title, (waited) =>
    jobs.request('export', { ...place, ...what }, { urgent: true, ...waited }),
  );
  const nodes = strategies.get(entry.key)?.freshness?.nodes ?? [];
  const known = nodes.filter(({ name, family }) => name === node || family === node);
  await offerFolder(exportedText(report, node, known.length > 0 ? worstOf(known) : 'fresh'), report.path);
}

/** Says what was exported, and which version if it is not the current one. */
function exportedText({ rows, path, others }: ExportReport, node: string, standing: NodeStanding): string {
  const { l10n } = vscode;
  const other = others.find((each) => each.node === node)?.version;
  const which = shownRowsText(other ?? shownRows(true, standing));
  if (which === '') return l10n.t('Exported {0} rows of {1} to {2}.', formatCount(rows), node, path);
  return l10n.t('Exported {0} rows of {1} to {2}: {3}.', formatCount(rows), node, path, which);
}

/** Shows what the cache holds, by strategy, and deletes what the person chooses. */
export async function cleanUpCache({ jobs, strategies }: Workbench, target: unknown): Promise<void> {
  const { l10n, window } = vscode;
  const entry = await pickStrategy(strategies, target);
  if (!entry) return;
  const { projectRoot } = entry.ref;
  const place = { projectRoot, ...cacheUse(projectRoot), limits: cacheLimits(projectRoot) };
  const held = await jobs.request('cache', { ...place, action: 'show' }, { urgent: true });
  if (held.strategies.length === 0) {
    const folder = cacheFolder(projectRoot, place.cacheDir);
    void window.showInformationMessage(l10n.t('The cache in {0} is empty. Nothing to clean up.', folder));
    return;
  }
  const chosen = await window.showQuickPick(cleanUpItems(held), {
    title: l10n.t('Clean up the cache ({0})', formatBytes(held.bytes)),
    placeHolder: l10n.t('Deleted data is computed again when needed.'),
  });
  if (!chosen || !(await isSure(chosen, held))) return;
  const { action, strategy } = chosen;
  const after = await jobs.request('cache', { ...place, action, strategy }, { urgent: true });
  void window.showInformationMessage(
    l10n.t('{0} freed; the cache takes {1}.', formatBytes(after.freed), formatBytes(after.bytes)),
  );
  await strategies.lookAgain();
}

interface CleanUpItem extends vscode.QuickPickItem {
  readonly action: 'clean' | 'clear';
  /** The strategy; undefined: all. */
  readonly strategy: string | undefined;
  /** Its class name, with its file if another one has the same class name. */
  readonly name: string;
}

function cleanUpItems(held: CacheReport): CleanUpItem[] {
  const { l10n } = vscode;
  const spare: CleanUpItem = {
    label: `$(archive) ${l10n.t('Unused data')}`,
    description: formatBytes(held.cleanable.bytes),
    detail: l10n.t('Earlier versions, deleted nodes, and what exceeds the limits in the settings'),
    action: 'clean',
    strategy: undefined,
    name: '',
  };
  const classes = held.strategies.map(({ strategy }) => classOf(strategy));
  const each = held.strategies.map(({ strategy, bytes, rows, nodes }): CleanUpItem => {
    const description = `${formatBytes(bytes)} · ${plural(nodes.length, 'node')} · ${plural(rows, 'row')}`;
    const own = classOf(strategy);
    const name = classes.filter((each) => each === own).length > 1 ? strategy : own;
    return { label: `$(type-hierarchy-sub) ${name}`, description, action: 'clear', strategy, name };
  });
  const description = formatBytes(held.bytes);
  const label = `$(trash) ${l10n.t('Everything')}`;
  return [spare, ...each, { label, description, action: 'clear', strategy: undefined, name: '' }];
}

/** Cleaning up needs one confirmation; clearing valid data, two. */
async function isSure({ action, strategy, name }: CleanUpItem, held: CacheReport): Promise<boolean> {
  const { l10n } = vscode;
  if (action === 'clean') return true;
  const clear = l10n.t('Clear');
  const question =
    strategy === undefined
      ? l10n.t('Clear the whole cache, {0}?', formatBytes(held.bytes))
      : l10n.t('Clear the cached data of {0}?', name);
  const detail = l10n.t('Everything can be computed again from the source data.');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, clear)) === clear;
}

/** Makes the next run read every source again, including those that report no change. */
export async function refreshSources({ jobs, strategies }: Workbench, entry: StrategyEntry): Promise<void> {
  const { l10n, window } = vscode;
  const { streams } = await jobs.request(
    'refresh',
    { strategy: entry.ref, ...cacheUse(entry.ref.projectRoot) },
    { urgent: true },
  );
  await strategies.look(entry.key);
  if (streams.length === 0) {
    void window.showInformationMessage(
      l10n.t('Nothing is stored for {0} yet. The first run reads everything.', entry.name),
    );
    return;
  }
  const again = l10n.t('Materialize Again');
  const message = l10n.t('The next run reads these sources again: {0}.', formatNames(streams));
  if ((await window.showInformationMessage(message, again)) === again) {
    await vscode.commands.executeCommand('seamless.materializeAgain', entry.key);
  }
}
