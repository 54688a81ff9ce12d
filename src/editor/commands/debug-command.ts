import * as vscode from 'vscode';

import { formatInterval, formatTime, parseTime } from '../../sdk/time.js';
import type { Workbench } from '../workbench.js';
import { debugNode } from './debugging.js';
import { pickNode } from './pick.js';
import { cacheDirSetting } from '../model/settings.js';
import type { StrategyEntry } from '../model/strategies.js';

/** Asks for what it is not called about, node and bar, and calls the node's `computeFn` there under the debugger. */
export async function debugNodeAtBar(
  { context, log, strategies }: Workbench,
  entry: StrategyEntry,
  target: unknown,
): Promise<void> {
  if (!entry.freshness) await strategies.look(entry.key);
  const known = strategies.get(entry.key) ?? entry;
  const title = vscode.l10n.t('Debug which node?');
  const node = await pickNode(known, target, { title, computedOnly: true });
  if (node === null) return;
  const bar = targetBar(target) ?? (await askForBar(known, node));
  const cacheDir = cacheDirSetting(entry.ref.projectRoot);
  if (bar !== null) await debugNode({ context, log, strategy: entry.ref, node, bar, cacheDir });
}

function targetBar(target: unknown): number | null {
  if (typeof target === 'object' && target !== null && 'bar' in target && typeof target.bar === 'number') {
    return target.bar;
  }
  return null;
}

/** The open of a bar; the last one that is stored is offered. */
async function askForBar(entry: StrategyEntry, name: string): Promise<number | null> {
  const node = entry.freshness?.nodes.find((each) => each.name === name);
  const end = node?.coverage.at(-1)?.[1];
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Debug {0} at which bar?', name),
    prompt: node
      ? vscode.l10n.t(
          'The time at which the bar opens, in UTC. A bar takes {0}.',
          formatInterval(node.interval),
        )
      : vscode.l10n.t('The time at which the bar opens, in UTC.'),
    placeHolder: '2023-03-01T09:30:00Z',
    ...(node && end !== undefined && { value: formatTime(end - node.interval) }),
    validateInput: (typed) => {
      try {
        parseTime(typed, vscode.l10n.t('The bar'));
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
  return text === undefined ? null : parseTime(text);
}
