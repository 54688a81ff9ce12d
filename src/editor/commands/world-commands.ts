import * as v from 'valibot';
import * as vscode from 'vscode';

import { nameRun } from '../../client/growing.js';
import { percent } from '../../present/report/numbers.js';
import { modeText, stateText } from '../../present/report/words.js';
import { projectRootOf } from '../../protocol/project.js';
import type { Result } from '../../protocol/results.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Mode } from '../../sdk/live/live.js';
import { cacheDirSetting, cacheUse } from '../model/settings.js';
import type { StrategyEntry } from '../model/strategies.js';
import type { WorldRunEnd } from '../model/world-runs.js';
import type { Workbench } from '../workbench.js';

type WorldItem = vscode.QuickPickItem & { readonly world: Result<'worlds'>[number] };

/** Asks for a world, starts the strategy in it, and shows the results. The world sets the mode. */
export async function startRun(workbench: Workbench, entry: StrategyEntry): Promise<void> {
  const { l10n, window, workspace } = vscode;
  await workspace.saveAll(false);
  const { projectRoot } = entry.ref;
  const worlds = await workbench.jobs.request('worlds', { projectRoot }, { urgent: true });
  if (worlds.length === 0) {
    throw new SeamlessError(
      'not-found',
      l10n.t(
        'There is no world to run {0} in. Write worlds/NAME.yaml in {1}, such as "mode: paper" and "feed: { kind: replay }".',
        entry.name,
        projectRoot,
      ),
    );
  }
  const items = worlds.map((world): WorldItem => {
    const { name, mode, problem, url } = world;
    return {
      label: name,
      description: url ?? modeText(mode),
      ...(problem !== null && { detail: problem }),
      world,
    };
  });
  const title = l10n.t('Choose the world to run {0} in', entry.name);
  const chosen = await window.showQuickPick(items, { title, matchOnDescription: true });
  if (!chosen) return;
  const { name, problem, url } = chosen.world;
  if (problem !== null) throw new SeamlessError('usage', problem);
  const mode = chosen.world.mode ?? (await modeThere(workbench, projectRoot, name));
  if (mode === 'live' && url === null) return startLive(workbench, entry, name);
  // A remote live world is refused by the run itself, with instructions.
  const { run } = workbench.worldRuns.start(entry, name, mode);
  workbench.results.show({ projectRoot, run });
}

/** Asks a remote world what it is, with the token from the environment or from the secrets. */
async function modeThere({ jobs, secrets }: Workbench, projectRoot: string, world: string): Promise<Mode> {
  const { l10n, window } = vscode;
  await secrets.ready;
  const title = l10n.t('Connecting to the world {0}', world);
  const { mode } = await window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    jobs.request('world', { projectRoot, world }, { urgent: true }),
  );
  return mode;
}

/**
 * Asks the person to type a live world's name, and runs it in a terminal: its broker is user code, which this process never
 * loads.
 */
async function startLive({ worldRuns }: Workbench, entry: StrategyEntry, world: string): Promise<void> {
  const { l10n, window } = vscode;
  const typed = await window.showInputBox({
    title: l10n.t('{0} in {1} is LIVE: its orders trade real money', entry.name, world),
    prompt: l10n.t("Type the world's name to go on: {0}", world),
    ignoreFocusOut: true,
    // No error while the name is still being typed.
    validateInput: (value) =>
      world.startsWith(value) ? null : l10n.t("That is not the world's name, {0}.", world),
  });
  if (typed !== world) {
    void window.showInformationMessage(
      l10n.t('{0} was not started: {1} is live, and its name was not typed.', entry.name, world),
    );
    return;
  }
  const { projectRoot, file } = entry.ref;
  const terminal = window.createTerminal({ name: l10n.t('LIVE: {0}', world), cwd: projectRoot });
  terminal.show();
  const cacheDir = cacheDirSetting(projectRoot);
  const cache = cacheDir === undefined ? '' : ` --cache "${cacheDir}"`;
  const run = nameRun(world);
  terminal.sendText(
    `seamless run "${file}#${entry.found.className}" --world "${world}" --confirm "${world}" --name "${run}"${cache}`,
  );
  worldRuns.follow(entry, world, run, terminal);
}

/** Stops the only run, the one that the command was called on, or the chosen one. */
export async function stopRun({ worldRuns }: Workbench, target: unknown): Promise<void> {
  const { l10n, window } = vscode;
  const { running } = worldRuns;
  const asked = running.find(({ run }) => run === target);
  if (running.length === 0) {
    void window.showInformationMessage(l10n.t('No run is active in this window.'));
    return;
  }
  const items = running.map(({ run, strategy, mode }) => ({
    label: run,
    description: `${strategy} · ${modeText(mode)}`,
    run,
  }));
  const chosen =
    asked ??
    (running.length === 1
      ? running[0]
      : await window.showQuickPick(items, { placeHolder: l10n.t('Stop which run?') }));
  if (chosen) worldRuns.stop(chosen.run);
}

const place = v.object({ projectRoot: v.string(), run: v.nullable(v.string()) });

/** Shows a run's results: the one that the command was called on, else one from the list. */
export async function showResults(workbench: Workbench, target: unknown): Promise<void> {
  const { l10n, window } = vscode;
  const asked = v.safeParse(place, target);
  if (asked.success) {
    workbench.results.show(asked.output);
    return;
  }
  if (!vscode.workspace.isTrusted) {
    workbench.results.show({ projectRoot: rootsOf(workbench)[0] ?? '', run: null });
    return;
  }
  const found = await Promise.all(
    rootsOf(workbench).map(async (projectRoot) => {
      const runs = await workbench.jobs.request(
        'runs',
        { projectRoot, ...cacheUse(projectRoot) },
        { urgent: true },
      );
      return runs.map((each) => ({ ...each, projectRoot }));
    }),
  );
  const runs = found.flat();
  if (runs.length === 0) {
    workbench.results.show({ projectRoot: rootsOf(workbench)[0] ?? '', run: null });
    return;
  }
  const items = runs.map(({ run, strategy, mode, state, problem, result, projectRoot }) => {
    const came = result ? percent(result.metrics.totalReturn) : stateText(state);
    const description = [strategy, modeText(mode), came].filter((part) => part !== '').join(' · ');
    return { label: run, description, ...(problem !== null && { detail: problem }), projectRoot };
  });
  const title = l10n.t('Choose a run to show');
  const chosen = await window.showQuickPick(items, { title, matchOnDescription: true });
  if (chosen) workbench.results.show({ projectRoot: chosen.projectRoot, run: chosen.label });
}

/** Project roots of the known strategies, else of the open folders. */
function rootsOf({ strategies }: Workbench): string[] {
  const roots = new Set(strategies.all().map(({ ref }) => ref.projectRoot));
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => projectRootOf(uri.fsPath));
  return [...(roots.size > 0 ? roots : new Set(folders))];
}

/** Says how a run ended, with a button to its results. */
export async function tellEnd({
  run,
  projectRoot,
  strategy,
  world,
  result,
  error,
}: WorldRunEnd): Promise<void> {
  const { l10n, window } = vscode;
  const show = l10n.t('Show Results');
  const asked = result
    ? window.showInformationMessage(
        l10n.t('{0} in {1}: {2}', strategy, world, percent(result.metrics.totalReturn)),
        show,
      )
    : error?.code === 'cancelled'
      ? undefined
      : window.showErrorMessage(l10n.t('{0} in {1}: {2}', strategy, world, error?.message ?? ''), show);
  if ((await asked) === show)
    await vscode.commands.executeCommand('seamless.showResults', { projectRoot, run });
}
