import { basename, relative, sep } from 'node:path';
import * as vscode from 'vscode';

import { formatCount } from '../../present/format.js';
import { projectRootOf } from '../../protocol/project.js';
import type { Result } from '../../protocol/results.js';
import { formatInterval } from '../../sdk/time.js';
import type { Workbench } from '../workbench.js';
import { inProgress } from './in-progress.js';
import { writeStrategy } from './start-commands.js';

/** Files that `csvHistory` and `parquetHistory` read, by their names. */
const DATA_FILES = '**/*.{csv,tsv,parquet,pq,feather,arrow,csv.gz,csv.zip,csv.zst}';
const OTHERS = '**/{node_modules,.seamless,.git}/**';
/** So many are offered; any other can be chosen in the dialog. */
const MOST_OFFERED = 1000;

interface DataFile {
  readonly folder: vscode.WorkspaceFolder;
  readonly projectRoot: string;
  /** From the project root, as it stands in a strategy. */
  readonly path: string;
}

/** Shows what a data file is read as, and the line that reads it. */
export async function inspectDataFile(workbench: Workbench, target: unknown): Promise<void> {
  const { l10n, window } = vscode;
  const file = await pickDataFile(target, l10n.t('Inspect which data file?'));
  if (!file) return;
  const found = await inspect(workbench, file);
  await workbench.inspections.show(file.path, found);
  const create = l10n.t('New Strategy from Data File…');
  const bars = l10n.t(
    '{0}: {1} bars of {2}.',
    basename(file.path),
    formatCount(found.rows),
    formatInterval(found.interval),
  );
  if ((await window.showInformationMessage(bars, create)) === create)
    await createFrom(workbench, file, found);
}

/** Asks for a name and writes a strategy that reads the file. */
export async function strategyFromDataFile(workbench: Workbench, target: unknown): Promise<void> {
  const file = await pickDataFile(target, vscode.l10n.t('A strategy from which data file?'));
  if (file) await createFrom(workbench, file, await inspect(workbench, file));
}

function inspect({ jobs }: Workbench, { projectRoot, path }: DataFile): Promise<Result<'inspect'>> {
  return inProgress(vscode.l10n.t('Reading {0}', path), ({ signal }) =>
    jobs.request('inspect', { projectRoot, path }, { urgent: true, signal }),
  );
}

function createFrom(workbench: Workbench, file: DataFile, found: Result<'inspect'>): Promise<void> {
  return writeStrategy(workbench, file.folder, { line: found.line, columns: found.columns });
}

/** The file a command was called on in the explorer, else the one the person chooses; null: none. */
async function pickDataFile(target: unknown, title: string): Promise<DataFile | null> {
  const { l10n, window, workspace } = vscode;
  const uri = target instanceof vscode.Uri ? target : await chooseDataFile(title);
  if (!uri) return null;
  const folder = workspace.getWorkspaceFolder(uri) ?? workspace.workspaceFolders?.[0];
  if (!folder) {
    const open = l10n.t('Open Folder…');
    const message = l10n.t('Open a folder first. Paths in a strategy start there.');
    if ((await window.showInformationMessage(message, open)) === open) {
      await vscode.commands.executeCommand('vscode.openFolder');
    }
    return null;
  }
  const projectRoot = projectRootOf(folder.uri.fsPath);
  return { folder, projectRoot, path: relative(projectRoot, uri.fsPath).split(sep).join('/') };
}

async function chooseDataFile(title: string): Promise<vscode.Uri | null> {
  const { l10n, window, workspace } = vscode;
  const found = await workspace.findFiles(DATA_FILES, OTHERS, MOST_OFFERED);
  const items = found
    .map((uri) => ({ label: workspace.asRelativePath(uri), uri }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  const other = { label: `$(folder) ${l10n.t('Another file…')}`, uri: null };
  const chosen = await window.showQuickPick<{ label: string; uri: vscode.Uri | null }>([...items, other], {
    title,
  });
  if (!chosen) return null;
  return chosen.uri ?? (await window.showOpenDialog({ title }))?.[0] ?? null;
}
