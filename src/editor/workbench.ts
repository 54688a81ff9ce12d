import type * as vscode from 'vscode';

import type { Result } from '../protocol/results.js';
import type { CursorPlace } from './model/node-at-cursor.js';
import type { Jobs } from './model/jobs.js';
import type { Runs } from './model/runs.js';
import type { Secrets } from './model/secrets.js';
import type { Strategies, StrategyEntry } from './model/strategies.js';
import type { WorldRuns } from './model/world-runs.js';

/** What commands and panels work with, as interfaces, so that they need not import each other. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly jobs: Jobs;
  readonly strategies: Strategies;
  readonly runs: Runs;
  readonly worldRuns: WorldRuns;
  readonly secrets: Secrets;
}

export interface Workbench extends Services {
  readonly tree: { reveal(key: string): Promise<void> };
  readonly types: { placeIn(projectRoot: string): Promise<void> };
  readonly discovery: {
    refresh(): Promise<void>;
    /** Null: the cursor is not in a script. */
    cursorPlace(): Promise<CursorPlace | null>;
  };
  readonly inspections: { show(path: string, found: Result<'inspect'>): Promise<void> };
  readonly results: { show(place: { readonly projectRoot: string; readonly run: string | null }): void };
  readonly dags: { show(entry: StrategyEntry, node: string | null): void };
}
