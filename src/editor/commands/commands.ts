import * as vscode from 'vscode';

import type { Span } from '../../engine/run/reporting/report.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { cleanUpCache, exportNode, refreshSources } from './cache-commands.js';
import { inspectDataFile, strategyFromDataFile } from './data-file-commands.js';
import { debugNodeAtBar } from './debug-command.js';
import { openAt } from '../open-at.js';
import { pickNode, pickStrategy, targetBox, targetNode } from './pick.js';
import { pickRange } from './range-picker.js';
import { SETUP_LIMIT_MS, type StrategyEntry } from '../model/strategies.js';
import type { Workbench } from '../workbench.js';
import { setSecret } from './secret-commands.js';
import { createStrategy, openSample } from './start-commands.js';
import { explainNode, openSql, verifyStrategy } from './trust-commands.js';
import { mayRun } from '../model/trust.js';
import { showResults, startRun, stopRun } from './world-commands.js';

type Handler = (workbench: Workbench, target: unknown, detail: unknown) => Promise<unknown>;

/** Commands that run strategies or read stored data: refused in an untrusted workspace. */
const RUNNING: Readonly<Record<string, Handler>> = {
  'seamless.materializeRange': withStrategy(materializeRange),
  'seamless.materializeAgain': withStrategy((workbench, entry) => materializeAgain(workbench, entry)),
  'seamless.materializeMissing': withStrategy((workbench, entry) =>
    materializeAgain(workbench, entry, 'missing'),
  ),
  'seamless.exportNode': withStrategy((workbench, entry, target) => exportNode(workbench, entry, target)),
  'seamless.debugNodeAtBar': withStrategy(debugNodeAtBar),
  'seamless.explainNode': withStrategy(explainNode),
  'seamless.verify': withStrategy(verifyStrategy),
  'seamless.openSql': withStrategy(openSql),
  'seamless.refreshSources': withStrategy(refreshSources),
  'seamless.cleanUpCache': cleanUpCache,
  'seamless.startRun': withStrategy(startRun),
  'seamless.newStrategy': createStrategy,
  'seamless.inspectDataFile': inspectDataFile,
  'seamless.newStrategyFromDataFile': strategyFromDataFile,
};

const ALWAYS: Readonly<Record<string, Handler>> = {
  'seamless.refresh': refresh,
  'seamless.setSecret': setSecret,
  'seamless.showDag': withStrategy(({ dags }, entry, target) => dags.show(entry, targetBox(target))),
  'seamless.showLog': async ({ log }) => log.show(true),
  'seamless.cancel': cancel,
  'seamless.stopRun': stopRun,
  'seamless.showResults': showResults,
  'seamless.openSample': openSample,
  'seamless.openStrategy': withStrategy((_workbench, { found }) => openAt(found)),
  'seamless.revealStrategy': withStrategy(({ tree }, { key }) => tree.reveal(key)),
  'seamless.revealNode': withStrategy(revealNode),
  'seamless.showProblem': withStrategy(showProblem),
};

/** Registers all commands. Errors of a handler are shown, with a button to the log. */
export function registerCommands(workbench: Workbench): vscode.Disposable[] {
  const { log } = workbench;
  const register = (
    id: string,
    run: (target: unknown, detail: unknown) => Promise<unknown>,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (target: unknown, detail: unknown) => {
      try {
        return await run(target, detail);
      } catch (error) {
        return explain(error, log);
      }
    });
  return [
    ...Object.entries(ALWAYS).map(([id, handler]) =>
      register(id, (target, detail) => handler(workbench, target, detail)),
    ),
    ...Object.entries(RUNNING).map(([id, handler]) =>
      register(id, async (target, detail) => ((await mayRun()) ? handler(workbench, target, detail) : null)),
    ),
  ];
}

/** Shows an error, unless the person cancelled. */
async function explain(thrown: unknown, log: vscode.LogOutputChannel): Promise<void> {
  const known = thrown instanceof SeamlessError;
  if (known && thrown.code === 'cancelled') return;
  log.error(thrown instanceof Error && !known ? thrown : String(thrown));
  const message = known
    ? thrown.message
    : vscode.l10n.t('Internal error in Seamless: {0}. See the log for details.', String(thrown));
  const showLog = vscode.l10n.t('Show Log');
  if ((await vscode.window.showErrorMessage(message, showLog)) === showLog) log.show(true);
}

function withStrategy(
  handler: (workbench: Workbench, entry: StrategyEntry, target: unknown, detail: unknown) => unknown,
): Handler {
  return async (workbench, target, detail) => {
    const entry = await pickStrategy(workbench.strategies, target);
    return entry ? handler(workbench, entry, target, detail) : null;
  };
}

async function materializeRange(workbench: Workbench, entry: StrategyEntry): Promise<void> {
  const chosen = new AbortController();
  try {
    const range = await pickRange(entry, boundsOf(workbench, entry, chosen.signal));
    if (range) await workbench.runs.materialize(entry, { range });
  } finally {
    chosen.abort();
  }
}

/** The bounds of the sources; null if unknown. Taken from the last run if a file would have to be read again. */
async function boundsOf(
  { jobs, log }: Workbench,
  { name, ref, data, freshness }: StrategyEntry,
  signal: AbortSignal,
): Promise<Span | null> {
  const streams = (freshness?.nodes ?? []).filter(({ kind }) => kind === 'stream');
  if (data && streams.every(({ label, change }) => FILES.has(label) && change === null)) return data;
  try {
    const asked = { strategy: ref, limitMs: SETUP_LIMIT_MS };
    return (await jobs.request('bounds', asked, { urgent: true, signal })).range;
  } catch (error) {
    // Range presets then end today; the run itself will report what is wrong.
    log.info(`${name}: ${messageOf(error)}`);
    return null;
  }
}

/** Streams whose data are as in the last run unless a change is reported. */
const FILES: ReadonlySet<string> = new Set(['csv', 'parquet', 'demo']);

async function materializeAgain(workbench: Workbench, entry: StrategyEntry, only?: 'missing'): Promise<void> {
  if (entry.lastRanges.length === 0) await workbench.strategies.look(entry.key);
  const [last] = (workbench.strategies.get(entry.key) ?? entry).lastRanges;
  if (!last) return materializeRange(workbench, entry);
  const range = { start: last[0], end: last[1] };
  await workbench.runs.materialize(entry, { range, ...(only && { only }) });
}

/** Searches for strategies again, and checks those on screen. */
async function refresh({ discovery, strategies }: Workbench): Promise<void> {
  const location = vscode.ProgressLocation.Window;
  await vscode.window.withProgress(
    { location, title: vscode.l10n.t('Looking for strategies…') },
    async () => {
      await discovery.refresh();
      await strategies.lookAgain();
    },
  );
}

/** Cancels the run of a strategy; without one, the only run, or the one that is chosen. */
async function cancel({ runs, strategies }: Workbench, target: unknown): Promise<void> {
  const keys = runs.runningKeys;
  const [first] = keys;
  if (first === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing is running.'));
    return;
  }
  if (typeof target === 'string' || keys.length > 1) {
    const running = strategies.all().filter(({ key }) => keys.includes(key));
    const asked = running.find(({ key }) => key === target);
    const items = running.map(({ name, key }) => ({ label: name, key }));
    const chosen =
      asked ??
      (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Cancel which run?') }));
    if (chosen) runs.cancel(chosen.key);
  } else runs.cancel(first);
}

async function revealNode(
  { discovery, log }: Workbench,
  entry: StrategyEntry,
  target: unknown,
  detail: unknown,
): Promise<void> {
  const name =
    typeof detail === 'string'
      ? detail
      : await pickNode(entry, target, {
          title: vscode.l10n.t('Reveal which node?'),
          here: await discovery.cursorPlace(),
        });
  const node = entry.freshness?.nodes.find((each) => each.name === name);
  // Keyboard navigation in the side bar stays in the side bar.
  const preserveFocus = typeof detail === 'string';
  if (node?.location) await openAt(node.location, { preserveFocus });
  else if (name !== null)
    log.info(`The place of ${targetNode(target) ?? ''} in the source of ${name} is unknown.`);
}

async function showProblem({ log }: Workbench, { problem, found }: StrategyEntry): Promise<void> {
  if (!problem) return;
  await openAt(problem.location ?? found);
  await vscode.commands.executeCommand('workbench.actions.view.problems');
  log.info(problem.message);
}
