import { basename } from 'node:path';
import * as vscode from 'vscode';

import type { DiscoveredStrategy } from '../../discovery/strategies.js';
import type { RunReport, Span } from '../../engine/run/reporting/report.js';
import { findProjectRoot } from '../../protocol/project.js';
import type { StatusReport } from '../../protocol/results.js';
import type { StrategyRef } from '../../protocol/payloads.js';
import { doubted, type Freshness } from '../../present/freshness.js';
import type { ProgressText } from '../../present/progress.js';
import type { SeamlessError } from '../../sdk/errors.js';

/** A strategy of the workspace with everything known about it. Views show this. */
export interface StrategyEntry {
  readonly key: string;
  /** Its class name, with its file if another one has the same class name. */
  readonly name: string;
  /** The part of the file's path that tells it from others of its name; null if the class name does. */
  readonly where: string | null;
  /** Where its class is, in the last text that parsed. */
  readonly found: DiscoveredStrategy;
  readonly ref: StrategyRef;
  /** Null until the strategy was checked. */
  readonly freshness: Freshness | null;
  /** Why nothing of it is called fresh at the moment; null: it is as it was when checked. */
  readonly doubt: string | null;
  /** A check is running, with its progress. What is known is from before. */
  readonly checking: ProgressText | null;
  /** Recent ranges, latest first. */
  readonly lastRanges: readonly Span[];
  /** Bounds of its sources when last read; null: never read. */
  readonly data: Span | null;
  /** Its files, including itself; known after the first check. */
  readonly files: readonly string[];
  /** Files that its sources read, and the patterns that found them. */
  readonly dataFiles: readonly string[];
  /** Streams whose source changed without being able to report it: the next run reads them again. By changed file. */
  readonly reread: ReadonlyMap<string, ReadonlySet<string>>;
  /** Why it cannot be checked, or null. */
  readonly problem: SeamlessError | null;
  /** It, or something it imports, is not saved. */
  readonly edited: boolean;
  /** The running or waiting run, or null. */
  readonly running: ProgressText | null;
  /** The last run in this window, of any code; null: none. */
  readonly lastRun: RunReport | null;
  /** Fingerprints of its nodes, by name. */
  readonly ranPrints: Readonly<Record<string, string>>;
  /** The cache's state at the last check; null: never checked. */
  readonly cacheState: string | null;
}

/** The same, with sources that the next run reads again marked as uncertain. */
export function withRereads(freshness: Freshness, { reread }: Pick<StrategyEntry, 'reread'>): Freshness {
  let shown = freshness;
  for (const [file, streams] of reread) {
    const why = vscode.l10n.t('{0} changed. The next run reads it again.', basename(file));
    shown = doubted(shown, why, streams);
  }
  return shown;
}

/** An entry inside the model. */
export type Mutable = { -readonly [K in keyof StrategyEntry]: StrategyEntry[K] } & {
  status: StatusReport | null;
  /** Counts changes of its code. */
  revision: number;
  /** The revision of the last run, whose failures apply to it only. */
  ranAt: number | null;
  /** The running check, and whether another one is needed after it. */
  looking: Promise<void> | null;
  again: boolean;
};

export function keyOf({ file, className }: DiscoveredStrategy): string {
  return `${file}#${className}`;
}

export function newEntry(found: DiscoveredStrategy): Mutable {
  const { file, exportName, className } = found;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  return {
    key: keyOf(found),
    name: className,
    where: null,
    found,
    ref: { file, className: exportName ?? className, projectRoot: findProjectRoot(file, folder?.uri.fsPath) },
    freshness: null,
    doubt: null,
    checking: null,
    lastRanges: [],
    data: null,
    files: [],
    dataFiles: [],
    reread: new Map(),
    problem: null,
    edited: false,
    running: null,
    lastRun: null,
    ranPrints: {},
    status: null,
    cacheState: null,
    revision: 0,
    ranAt: null,
    looking: null,
    again: false,
  };
}

export function byPlace(a: StrategyEntry, b: StrategyEntry): number {
  if (a.found.file !== b.found.file) return a.found.file < b.found.file ? -1 : 1;
  return a.found.line - b.found.line;
}

/** Whether any of these files has unsaved text. */
export function hasUnsaved(files: readonly string[]): boolean {
  return vscode.workspace.textDocuments.some(
    ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && files.includes(uri.fsPath),
  );
}
