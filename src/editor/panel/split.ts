import * as v from 'valibot';
import type * as vscode from 'vscode';

import type { PanelSplit } from '../../panel/state.js';
import { panelSplit } from '../../panel/state.js';

const KEY = 'seamless.dag.split';

/** The last chosen sizes of the details; a panel's own state ends with the panel. */
export function keptSplit(memory: vscode.Memento): PanelSplit {
  const kept = v.safeParse(panelSplit, memory.get(KEY));
  return kept.success ? kept.output : { beside: null, below: null };
}

export async function keepSplit(memory: vscode.Memento, split: PanelSplit): Promise<void> {
  await memory.update(KEY, split);
}
