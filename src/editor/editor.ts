import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

import { CacheWatch } from './model/cache-watch.js';
import { DataWatch } from './model/data-watch.js';
import { registerCommands } from './commands/commands.js';
import { ContextKeys } from './views/context-keys.js';
import { DagPanels } from './panel/dag-panels.js';
import { ResultsPanels } from './panel/results-panels.js';
import { NodeHovers } from './views/hovers.js';
import { Inspections } from './views/inspections.js';
import { Jobs } from './model/jobs.js';
import { StrategyLenses } from './views/lenses.js';
import { PlacedTypes } from './commands/placed-types.js';
import { StrategyProblems } from './views/problems.js';
import { Runs } from './model/runs.js';
import { RunStatusBar } from './views/status-bar.js';
import { openWhatWasAskedFor } from './commands/start-commands.js';
import { Secrets } from './model/secrets.js';
import { SettingsFiles } from './views/settings-files.js';
import { Strategies } from './model/strategies.js';
import { putOnTerminalPath } from './commands/terminal.js';
import { StrategyTree } from './views/tree.js';
import { WorldRuns } from './model/world-runs.js';
import { WorldStatusBar } from './views/world-status.js';
import { tellEnd } from './commands/world-commands.js';
import { WorkspaceDiscovery } from './model/workspace-discovery.js';

const LANGUAGES = ['typescript', 'typescriptreact', 'javascript', 'javascriptreact'];
const SCRIPTS: vscode.DocumentSelector = LANGUAGES.map((language) => ({ language, scheme: 'file' }));

/** Everything the extension holds for one window. */
export class Editor implements vscode.Disposable {
  readonly #disposables: vscode.Disposable[] = [];

  constructor(private readonly context: vscode.ExtensionContext) {}

  start(): void {
    const { context } = this;
    if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
    const log = this.#hold(vscode.window.createOutputChannel('Seamless', { log: true }));
    log.info(`Seamless runs in VS Code ${vscode.version}, Node ${process.versions.node}.`);
    const secrets = this.#hold(new Secrets(context, log));
    const jobs = this.#hold(new Jobs(context, log, secrets));
    const strategies = this.#hold(new Strategies(jobs, log));
    const runs = this.#hold(new Runs(jobs, strategies, log));
    const worldRuns = this.#hold(new WorldRuns(context, log));
    const tree = this.#hold(new StrategyTree(strategies));
    const types = this.#hold(new PlacedTypes(context, strategies, log));
    const keys = this.#hold(new ContextKeys(strategies, log));
    const discovery = this.#hold(new WorkspaceDiscovery(context, strategies, log));
    this.#hold(new StrategyProblems(strategies));
    this.#hold(new SettingsFiles(strategies));
    this.#hold(new CacheWatch(strategies, runs, log));
    this.#hold(new DataWatch(strategies, log));
    this.#hold(new RunStatusBar(strategies, runs, log));
    this.#hold(new WorldStatusBar(worldRuns));
    const lenses = this.#hold(new StrategyLenses(strategies));
    const hovers = new NodeHovers(strategies, discovery.client, jobs, log);
    this.#hold(vscode.languages.registerCodeLensProvider(SCRIPTS, lenses));
    this.#hold(vscode.languages.registerHoverProvider(SCRIPTS, hovers));
    const services = { context, log, jobs, strategies, runs, worldRuns, secrets, tree, types, discovery };
    const dags = this.#hold(new DagPanels(services));
    const results = this.#hold(new ResultsPanels(services));
    this.#hold(
      worldRuns.onDidEnd((end) => {
        tellEnd(end).catch((error: unknown) => log.error(String(error)));
      }),
    );
    const inspections = this.#hold(new Inspections());
    for (const command of registerCommands({ ...services, dags, results, inspections })) this.#hold(command);
    this.#hold(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('seamless.cache.folder')) return;
        strategies.lookAgain().catch((error: unknown) => log.error(String(error)));
      }),
    );
    putOnTerminalPath(context);
    discovery.start(() => {
      keys.searched();
      strategies.allFound();
    });
    openWhatWasAskedFor(context).catch((error: unknown) => log.error(String(error)));
  }

  /** Disposed in reverse, so listeners outlive what they listen to. */
  dispose(): void {
    for (const disposable of this.#disposables.splice(0).reverse()) disposable.dispose();
  }

  #hold<T extends vscode.Disposable>(disposable: T): T {
    this.#disposables.push(disposable);
    return disposable;
  }
}
