import { setImmediate as turn } from 'node:timers/promises';
import type * as vscode from 'vscode';

import { eventsOf } from '../../live/journal/codec.js';
import { JournalReader } from '../../live/journal/journal.js';
import { runFolder } from '../../live/journal/runs.js';
import { NewestValues } from '../../panel/live-values.js';
import type { HostToPage } from '../../panel/messages.js';
import type { StandingNode } from '../../present/freshness.js';
import { cacheFolder } from '../../protocol/project.js';
import { cacheDirSetting } from '../model/settings.js';
import { throttle } from '../model/throttle.js';
import type { WorldRun } from '../model/world-runs.js';
import type { Services } from '../workbench.js';

/** Milliseconds between updates that a person can still follow. */
const LIVE_PAUSE_MS = 250;

interface LivePanel {
  /** The key of the shown strategy. */
  readonly key: () => string;
  readonly nodes: () => readonly StandingNode[];
  readonly post: (message: HostToPage) => void;
}

interface Shown {
  readonly about: WorldRun;
  readonly values: NewestValues;
  /** The nodes when it ended; null: still running. After an edit, nodes have other values. */
  ended: string | null;
}

/**
 * The newest values of a strategy's run in a world. They are sent to its DAG while the run is active, and afterwards until the
 * strategy is edited.
 */
export class DagLive implements vscode.Disposable {
  readonly #services: Services;
  readonly #panel: LivePanel;
  readonly #send = throttle(() => this.#tell(), LIVE_PAUSE_MS);
  readonly #changes: vscode.Disposable;
  #shown: Shown | null = null;
  /** The last run, even if it is no longer shown. */
  #known: string | null = null;
  /** The page does not know of a run yet, or was reloaded. */
  #isReady = false;

  constructor(services: Services, panel: LivePanel) {
    this.#services = services;
    this.#panel = panel;
    this.#changes = services.worldRuns.onDidChange(() => this.#look());
    this.#look();
  }

  /** The page is ready and knows nothing. */
  ready(): void {
    this.#isReady = true;
    this.#shown?.values.again();
    if (this.#shown) this.#send();
  }

  /** The nodes may have changed. */
  nodesChanged(): void {
    const shown = this.#shown;
    if (shown?.ended == null || shown.ended === this.#prints()) return;
    // It was not described yet when it ended, or is being read again.
    if (shown.ended === '' || this.#prints() === '') shown.ended = this.#prints();
    else this.#shown = null;
    this.#send();
  }

  #prints(): string {
    return (
      this.#panel
        .nodes()
        // Nodes that cannot be hashed get a new fingerprint each time.
        .filter(({ standing }) => standing !== 'uncached')
        .map(({ name, fingerprint }) => `${name} ${fingerprint}`)
        .join('\n')
    );
  }

  dispose(): void {
    this.#changes.dispose();
    this.#send.dispose();
    this.#shown = null;
  }

  /** Runs appeared or went: show the last one of this strategy. */
  #look(): void {
    const { worldRuns } = this.#services;
    const about = worldRuns.lastOf(this.#panel.key());
    const goesOn = about !== null && worldRuns.isRunning(about.run);
    if (about && about.run === this.#known) {
      if (this.#shown && !goesOn && this.#shown.ended === null) {
        this.#shown.ended = this.#prints();
        if (about.mode === 'backtest') this.#read(this.#shown);
        this.#send();
      }
      return;
    }
    this.#known = about?.run ?? null;
    this.#shown = about && { about, values: new NewestValues(), ended: goesOn ? null : this.#prints() };
    this.#send();
    // The rows of a backtest come from the cache; the newest are reported at its end.
    if (this.#shown && !(goesOn && about.mode === 'backtest')) this.#read(this.#shown);
  }

  #read(shown: Shown): void {
    this.#follow(shown).catch((error: unknown) =>
      this.#services.log.error(error instanceof Error ? error : String(error)),
    );
  }

  /** Reads the run's growing journal block by block, so that the window stays responsive. */
  async #follow(shown: Shown): Promise<void> {
    const { about, values } = shown;
    const { projectRoot, run } = about;
    const growth = this.#services.worldRuns.growthOf(run);
    const reader = new JournalReader(runFolder(cacheFolder(projectRoot, cacheDirSetting(projectRoot)), run));
    while (this.#shown === shown) {
      const grown = growth?.next();
      const lines = reader.read();
      for (const line of lines) for (const event of eventsOf(line)) values.take(event);
      if (lines.length > 0) this.#send();
      if (lines.length === 0 && (growth?.ended ?? true)) return;
      await (lines.length > 0 ? turn() : grown);
    }
  }

  #tell(): void {
    if (!this.#isReady) return;
    if (!this.#shown) {
      this.#panel.post({ type: 'live', live: null });
      return;
    }
    const { about, values, ended } = this.#shown;
    const { run, world, mode } = about;
    const live = {
      run,
      world,
      mode,
      ended: ended !== null,
      asOf: values.asOf,
      values: values.changes(this.#panel.nodes()),
    };
    this.#panel.post({ type: 'live', live });
  }
}
