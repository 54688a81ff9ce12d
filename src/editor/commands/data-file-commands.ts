import { basename, relative, sep } from 'node:path';
import * as vscode from 'vscode';

import { advisedOptions } from '../../present/inspection/advised-options.js';
import { formatCount } from '../../present/format.js';
import { projectRootOf } from '../../protocol/project.js';
import type { Result } from '../../protocol/results.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatInterval } from '../../sdk/time/time.js';
import type { Workbench } from '../workbench.js';
import { inProgress } from './in-progress.js';
import { writeStrategy } from './start-commands.js';

/** Extensions of the files that `csvHistory` and `parquetHistory` read. */
const DATA_FILES = '**/*.{csv,tsv,parquet,pq,feather,arrow,csv.gz,csv.zip,csv.zst}';
const OTHERS = '**/{node_modules,.seamless,.git}/**';
/** How many files are listed; any other can be chosen in the dialog. */
const MOST_OFFERED = 1000;

interface DataFile {
  readonly folder: vscode.WorkspaceFolder;
  readonly projectRoot: string;
  /** Relative to the project root, as a strategy writes it. */
  readonly path: string;
}

/** Shows how a data file is read, and the line of code that reads it. */
export async function inspectDataFile(workbench: Workbench, target: unknown): Promise<void> {
  const { l10n, window } = vscode;
  const file = await pickDataFile(target, l10n.t('Choose a data file to inspect'));
  if (!file) return;
  const found = await inspect(workbench, file);
  if (!found) return;
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
  const file = await pickDataFile(target, vscode.l10n.t('Choose the data file for the new strategy'));
  const found = file && (await inspect(workbench, file));
  if (file && found) await createFrom(workbench, file, found);
}

/** How a file is read. If it is ambiguous, the person chooses the options; null: they choose none. */
async function inspect(
  { jobs }: Workbench,
  { projectRoot, path }: DataFile,
): Promise<Result<'inspect'> | null> {
  let options: string | null = '';
  while (options !== null) {
    const asked = { projectRoot, path, options };
    try {
      return await inProgress(vscode.l10n.t('Reading {0}', path), ({ signal }) =>
        jobs.request('inspect', asked, { urgent: true, signal }),
      );
    } catch (error) {
      if (!(error instanceof SeamlessError) || !REFUSALS.has(error.code)) throw error;
      options = await chooseOptions(path, error.message, options);
    }
  }
  return null;
}

/** Error codes that an option of the provider may resolve: about the file's content, and about invalid options. */
const REFUSALS: ReadonlySet<string> = new Set(['source', 'source-row', 'usage']);

/** Shows an error with its ways out. @returns the chosen options; null: cancelled */
async function chooseOptions(path: string, refusal: string, before: string): Promise<string | null> {
  const { l10n, window } = vscode;
  const choose = l10n.t('Choose How to Read It…');
  if ((await window.showErrorMessage(refusal, choose)) !== choose) return null;
  const advised = advisedOptions(refusal).map((label) => ({ label, more: false }));
  const more = { label: `$(edit) ${l10n.t('Other options…')}`, more: true };
  const title = l10n.t('How should {0} be read?', path);
  const said = before === '' ? '' : `${before}, `;
  const chosen = advised.length === 0 ? more : await window.showQuickPick([...advised, more], { title });
  if (!chosen) return null;
  if (!chosen.more) return said + chosen.label;
  const typed = await window.showInputBox({
    title,
    prompt: l10n.t('Provider options, as in a strategy'),
    placeHolder: l10n.t("timeZone: 'Europe/London', skip: 2"),
    value: before,
    ignoreFocusOut: true,
  });
  return typed ?? null;
}

/** If the file can be read in several ways, asks for one. */
async function createFrom(workbench: Workbench, file: DataFile, found: Result<'inspect'>): Promise<void> {
  const { line, when, others, columns } = found;
  const ways = [{ when, line }, ...others].map((way) => ({ label: way.when, detail: way.line }));
  const title = vscode.l10n.t('How should {0} be read?', file.path);
  const chosen = ways.length === 1 ? ways[0] : await vscode.window.showQuickPick(ways, { title });
  if (chosen) await writeStrategy(workbench, file.folder, { line: chosen.detail, columns });
}

/** The file selected in the explorer, else the one that the person chooses; null: none. */
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
