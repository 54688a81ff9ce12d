import { join } from 'node:path';
import * as vscode from 'vscode';

import { JobClient } from '../../client/job-client.js';
import { storedName } from '../../protocol/project.js';
import type { VerifiedNode, VerifyReport } from '../../protocol/results.js';
import { explanationOf, type ExplainedState } from '../../present/explanation.js';
import { formatCount, formatSpans } from '../../present/format.js';
import { valueText } from '../../present/values.js';
import type { Workbench } from '../workbench.js';
import { openAt } from '../open-at.js';
import { inProgress } from './in-progress.js';
import { pickNode } from './pick.js';
import { cacheDirSetting, cacheUse, memorySetting } from '../model/settings.js';
import type { StrategyEntry } from '../model/strategies.js';

/** How many ranges a verification recomputes. */
const SAMPLE = 5;

/** Shows for each node whether it is cached and why, and what changed; choosing a node opens it. */
export async function explainNode(
  { discovery, jobs, strategies }: Workbench,
  entry: StrategyEntry,
  target: unknown,
): Promise<void> {
  const { l10n, window } = vscode;
  if (!entry.freshness) await strategies.look(entry.key);
  const known = strategies.get(entry.key) ?? entry;
  const here = await discovery.cursorPlace();
  const name = await pickNode(known, target, { title: l10n.t('Explain which node?'), here });
  if (name === null) return;
  await vscode.workspace.saveAll(false);
  const asked = {
    strategy: entry.ref,
    last: true,
    thorough: true,
    ...cacheUse(entry.ref.projectRoot),
  } as const;
  const status = await inProgress(l10n.t('Explaining {0}', name), (waited) =>
    jobs.request('status', asked, { urgent: true, ...waited }),
  );
  const node = explanationOf(status).nodes.find((each) => each.name === name);
  if (!node) return;
  const stored = node.coverage.length > 0 ? formatSpans(node.coverage) : l10n.t('not stored for this range');
  const items: vscode.QuickPickItem[] = [
    { label: node.reason },
    ...node.changes.map(({ text, file }) => ({
      label: `$(diff) ${text}`,
      ...(file !== null && { description: file }),
    })),
    { label: `$(database) ${l10n.t('Stored: {0}', stored)}` },
  ];
  const title = l10n.t('{0}: {1}', name, stateText(node.state));
  const chosen = await window.showQuickPick(items, {
    title,
    placeHolder: l10n.t('Press Enter to go to the node'),
  });
  if (chosen && node.location) await openAt(node.location);
}

function stateText(state: ExplainedState): string {
  switch (state) {
    case 'hit':
      return vscode.l10n.t('in the cache');
    case 'reused':
      return vscode.l10n.t('in the cache, reused');
    case 'partial':
      return vscode.l10n.t('partly in the cache');
    case 'stale':
      return vscode.l10n.t('stale');
    case 'unhashable':
      return vscode.l10n.t('computed each time');
    case 'empty':
      return vscode.l10n.t('not materialized');
  }
}

/** Recomputes a sample of the stored data in a separate process, and compares. */
export async function verifyStrategy({ context, log }: Workbench, entry: StrategyEntry): Promise<void> {
  const { l10n, window } = vscode;
  const className = entry.name;
  await vscode.workspace.saveAll(false);
  const client = JobClient.start({
    childPath: join(context.extensionPath, 'dist', 'child.js'),
    memoryMb: memorySetting(),
    onLog: ({ text }) => log.info(text),
  });
  const title = l10n.t('Verifying {0}', className);
  const what = { strategy: entry.ref, nodes: [], sample: SAMPLE, ...cacheUse(entry.ref.projectRoot) };
  let report: VerifyReport;
  try {
    report = await inProgress(title, (waited) => client.request('verify', what, waited));
  } finally {
    await client.dispose();
  }
  for (const node of report.nodes) log.info(`${className}.${node.name}: ${node.state}. ${node.reason}`);
  const wrong = report.nodes.filter(({ state }) => state !== 'verified' && state !== 'skipped');
  const showLog = l10n.t('Show Log');
  const chosen = wrong[0]
    ? await window.showErrorMessage(wrongText(entry, wrong[0], wrong.length), showLog)
    : await window.showInformationMessage(verifiedText(className, report), showLog);
  if (chosen === showLog) log.show(true);
}

function verifiedText(className: string, { nodes, ranges }: VerifyReport): string {
  const verified = nodes.filter(({ state }) => state === 'verified').length;
  if (ranges.length === 0)
    return vscode.l10n.t('Nothing is stored for {0} yet. Materialize it first.', className);
  return vscode.l10n.t(
    '{0}: {1} of {2} nodes recomputed. The stored values are identical, bit for bit.',
    className,
    formatCount(verified),
    formatCount(nodes.length),
  );
}

function wrongText(entry: StrategyEntry, node: VerifiedNode, count: number): string {
  const { l10n } = vscode;
  const [stored, recomputed] = [node.first?.before, node.first?.after].map((value) =>
    value === null || value === undefined ? l10n.t('none') : valueText(value),
  );
  const values = node.first
    ? ` ${l10n.t('Stored {0}, recomputed {1}.', stored ?? '', recomputed ?? '')}`
    : '';
  const more = count > 1 ? ` ${l10n.t('See the log for {0} more.', formatCount(count - 1))}` : '';
  const strategy = storedName(entry.ref, entry.freshness?.strategy ?? entry.found.className);
  const wayOut = l10n.t('To delete what is stored, run: seamless cache clear {0}', strategy);
  return `${node.name}: ${node.reason}${values}${more} ${node.state === 'failed' ? '' : wayOut}`.trim();
}

/** Opens a SQL prompt over the strategy's nodes in a terminal. */
export function openSql(_workbench: Workbench, entry: StrategyEntry): void {
  const { projectRoot } = entry.ref;
  const terminal = vscode.window.createTerminal({ name: vscode.l10n.t('Seamless SQL'), cwd: projectRoot });
  terminal.show();
  const strategy = storedName(entry.ref, entry.freshness?.strategy ?? entry.found.className);
  const cacheDir = cacheDirSetting(projectRoot);
  const cache = cacheDir === undefined ? '' : ` --cache "${cacheDir}"`;
  terminal.sendText(`seamless sql --strategy "${strategy}"${cache}`);
}
