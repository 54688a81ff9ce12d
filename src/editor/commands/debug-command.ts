import * as vscode from 'vscode';

import { failedBar } from '../../present/freshness.js';
import { messageOf } from '../../sdk/errors.js';
import { formatInterval, formatTime, parseTime } from '../../sdk/time/time.js';
import type { Workbench } from '../workbench.js';
import { debugNode } from './debugging.js';
import { inProgress } from './in-progress.js';
import { pickNode } from './pick.js';
import { storedName } from '../../protocol/project.js';
import type { Jobs } from '../model/jobs.js';
import { cacheDirSetting, cacheUse } from '../model/settings.js';
import type { StrategyEntry } from '../model/strategies.js';

/** Asks for the node and the bar if they are not given, and calls the node's `computeFn` there in the debugger. */
export async function debugNodeAtBar(
  { context, discovery, jobs, log, strategies }: Workbench,
  entry: StrategyEntry,
  target: unknown,
): Promise<void> {
  if (!entry.freshness) await strategies.look(entry.key);
  const known = strategies.get(entry.key) ?? entry;
  const title = vscode.l10n.t('Debug which node?');
  const here = await discovery.cursorPlace();
  const node = await pickNode(known, target, { title, computedOnly: true, here });
  if (node === null) return;
  const likely = (): Promise<number | null> =>
    inProgress(vscode.l10n.t('Looking for a bar of {0}', node), ({ signal }) =>
      likelyBar(jobs, known, node, signal),
    );
  const bar = targetBar(target) ?? (await askForBar(known, node, await likely()));
  const cacheDir = cacheDirSetting(entry.ref.projectRoot);
  if (bar !== null) await debugNode({ context, log, strategy: entry.ref, node, bar, cacheDir });
}

function targetBar(target: unknown): number | null {
  if (typeof target === 'object' && target !== null && 'bar' in target && typeof target.bar === 'number') {
    return target.bar;
  }
  return null;
}

/** The bar that failed, else the last stored one, so that the suggested bar exists. Null: there is none. */
async function likelyBar(
  jobs: Jobs,
  entry: StrategyEntry,
  name: string,
  signal: AbortSignal,
): Promise<number | null> {
  const node = entry.freshness?.nodes.find((each) => each.name === name);
  const failedAt = node ? failedBar(node) : null;
  if (failedAt !== null) return failedAt;
  if (!entry.freshness || !node || node.rows === 0) return null;
  const { ref, freshness } = entry;
  const { projectRoot } = ref;
  const place = { projectRoot, ...cacheUse(projectRoot), strategy: storedName(ref, freshness.strategy) };
  const { ts } = await jobs.request('read', { ...place, node: name, last: 1 }, { urgent: true, signal });
  return ts.at(-1) ?? null;
}

/** Asks for the open of a bar. @param likely the suggested one */
async function askForBar(entry: StrategyEntry, name: string, likely: number | null): Promise<number | null> {
  const node = entry.freshness?.nodes.find((each) => each.name === name);
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Choose a bar to debug {0} at', name),
    prompt: node
      ? vscode.l10n.t('The open of the bar, in UTC. A bar lasts {0}.', formatInterval(node.interval))
      : vscode.l10n.t('The open of the bar, in UTC.'),
    placeHolder: '2023-03-01T09:30:00Z',
    ...(likely !== null && { value: formatTime(likely) }),
    validateInput: (typed) => {
      try {
        parseTime(typed, vscode.l10n.t('The bar'));
        return null;
      } catch (error) {
        return messageOf(error);
      }
    },
  });
  return text === undefined ? null : parseTime(text);
}
