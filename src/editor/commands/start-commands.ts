import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';

import { copySample } from '../../scaffold/sample.js';
import { newStrategy, strategyNameFault, type StrategyData } from '../../scaffold/strategy.js';
import type { Workbench } from '../workbench.js';
import { openAt } from '../open-at.js';

/** What the next window that opens this folder shows first; survives the change of folder. */
const OPEN_NEXT = 'seamless.openNext';

interface OpenNext {
  readonly folder: string;
  readonly file: string;
  readonly line: number;
}

/** Asks for a name and writes a strategy that is ready to run. */
export async function createStrategy(workbench: Workbench): Promise<void> {
  const { l10n, window, workspace } = vscode;
  const folder =
    (workspace.workspaceFolders ?? []).length > 1
      ? await window.showWorkspaceFolderPick({ placeHolder: l10n.t('In which folder?') })
      : workspace.workspaceFolders?.[0];
  if (!folder) {
    if ((workspace.workspaceFolders ?? []).length === 0) await askForFolder();
    return;
  }
  await writeStrategy(workbench, folder);
}

/** Asks for a name, then writes and opens a strategy. @param data the data file it reads; undefined: a made-up market */
export async function writeStrategy(
  { strategies, types }: Workbench,
  folder: vscode.WorkspaceFolder,
  data?: StrategyData,
): Promise<void> {
  const { l10n, window } = vscode;
  const taken = strategies.all().map(({ found }) => found.className);
  const name = await window.showInputBox({
    title: l10n.t('New strategy'),
    prompt: l10n.t('Class name'),
    placeHolder: 'MyMomentum',
    validateInput: (value) => (value === '' ? null : strategyNameFault(value, taken)),
  });
  if (name === undefined || name === '') return;
  const root = folder.uri.fsPath;
  const inner = join(root, 'strategies');
  const { file, line } = await newStrategy({
    folder: existsSync(inner) ? inner : root,
    name,
    taken,
    ...(data && { data }),
  });
  await types.placeIn(root);
  await openAt({ file, line });
}

async function askForFolder(): Promise<void> {
  const open = vscode.l10n.t('Open Folder…');
  const message = vscode.l10n.t('Open a folder first. It may be empty.');
  if ((await vscode.window.showInformationMessage(message, open)) === open) {
    await vscode.commands.executeCommand('vscode.openFolder');
  }
}

interface SampleItem extends vscode.QuickPickItem {
  /** Null: the person names one. */
  readonly folder: string | null;
  readonly exists: boolean;
}

/** Copies the sample project into a folder that the person chooses, and opens it. */
export async function openSample({ context, types }: Workbench): Promise<void> {
  const chosen = await vscode.window.showQuickPick(sampleItems(), {
    title: vscode.l10n.t('Choose a folder for the sample project'),
    placeHolder: vscode.l10n.t('This is a copy. Change it as you like.'),
  });
  if (!chosen) return;
  const folder = chosen.folder ?? (await chooseFolder());
  if (folder === null) return;
  const file = chosen.exists
    ? join(folder, SAMPLE_FILE)
    : (await copySample(folder, context.extensionPath)).file;
  await types.placeIn(folder);
  const next: OpenNext = { folder, file, line: 1 };
  const open = vscode.workspace.workspaceFolders ?? [];
  if (open.some(({ uri }) => uri.fsPath === folder)) return openAt({ file, line: 1 });
  await context.globalState.update(OPEN_NEXT, next);
  const newWindow = { forceNewWindow: open.length > 0 };
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), newWindow);
}

/** Opens what the previous window requested. */
export async function openWhatWasAskedFor(context: vscode.ExtensionContext): Promise<void> {
  const next = context.globalState.get<OpenNext>(OPEN_NEXT);
  const here = (vscode.workspace.workspaceFolders ?? []).some(({ uri }) => uri.fsPath === next?.folder);
  if (!next || !here) return;
  await context.globalState.update(OPEN_NEXT, undefined);
  await openAt(next);
}

const SAMPLE_FILE = join('strategies', 'sp-trend.ts');

function sampleItems(): SampleItem[] {
  const items: SampleItem[] = [];
  const home = (name: string): string => join(homedir(), name);
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'seamless-sample' : `seamless-sample-${number}`;
    const folder = home(name);
    if (!existsSync(folder)) {
      items.push({ label: `$(new-folder) ${name}`, description: folder, folder, exists: false });
      break;
    }
    if (!existsSync(join(folder, SAMPLE_FILE))) continue;
    const description = vscode.l10n.t('{0}, as you left it', folder);
    items.push({ label: `$(folder-opened) ${name}`, description, folder, exists: true });
  }
  return [...items, { label: `$(folder) ${vscode.l10n.t('Another folder…')}`, folder: null, exists: false }];
}

async function chooseFolder(): Promise<string | null> {
  const title = vscode.l10n.t('An empty folder for the sample project');
  const openLabel = vscode.l10n.t('Create Sample Here');
  const options = { title, openLabel, canSelectFiles: false, canSelectFolders: true };
  return (await vscode.window.showOpenDialog(options))?.[0]?.fsPath ?? null;
}
