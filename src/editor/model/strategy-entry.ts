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

/** A strategy of the workspace, with all that is known of it. What views show, they take from here. */
export interface StrategyEntry {
  readonly key: string;
  /** What it is called: its class, and its file as well where another has a class of that name. */
  readonly name: string;
  /** As much of the file's path as distinguishes it from others of its name; null where the class alone does. */
  readonly where: string | null;
  /** Where its class stands, in the last text that parsed. */
  readonly found: DiscoveredStrategy;
  readonly ref: StrategyRef;
  /** Null until the strategy has been looked at. */
  readonly freshness: Freshness | null;
  /** Why nothing of it is called fresh for the moment; null: it is as it was when it was looked at. */
  readonly doubt: string | null;
  /** It is being looked at: how far that has come. What is known of it meanwhile is of before. */
  readonly checking: ProgressText | null;
  /** Ranges asked for lately, the last one first. */
  readonly lastRanges: readonly Span[];
  /** What its sources had when they were last read; null when none was. */
  readonly data: Span | null;
  /** Files it is made of, itself included; known once it was looked at. */
  readonly files: readonly string[];
  /** Files that its sources read, and the patterns they were found by. */
  readonly dataFiles: readonly string[];
  /** Streams whose source changed and cannot tell so itself: the next run reads them again. By the file that changed. */
  readonly reread: ReadonlyMap<string, ReadonlySet<string>>;
  /** Why it cannot be looked at, or null. */
  readonly problem: SeamlessError | null;
  /** It, or something it imports, has text that is not saved. */
  readonly edited: boolean;
  /** The run under way or waiting for its turn, or null. */
  readonly running: ProgressText | null;
  /** The last run in this window, of whatever code; null when there was none. */
  readonly lastRun: RunReport | null;
  /** Fingerprints of the nodes in it, by name. */
  readonly ranPrints: Readonly<Record<string, string>>;
  /** State of the cache when it was last looked at; null when it was not. */
  readonly cacheState: string | null;
}

/** The same with what the next run reads again in doubt. */
export function withRereads(freshness: Freshness, { reread }: Pick<StrategyEntry, 'reread'>): Freshness {
  let shown = freshness;
  for (const [file, streams] of reread) {
    const why = vscode.l10n.t('{0} changed. The next run reads it again.', basename(file));
    shown = doubted(shown, why, streams);
  }
  return shown;
}

/** An entry as the model keeps it. */
export interface Mutable extends StrategyEntry {
  name: string;
  where: string | null;
  found: DiscoveredStrategy;
  freshness: Freshness | null;
  doubt: string | null;
  checking: ProgressText | null;
  lastRanges: readonly Span[];
  data: Span | null;
  files: readonly string[];
  dataFiles: readonly string[];
  reread: ReadonlyMap<string, ReadonlySet<string>>;
  problem: SeamlessError | null;
  running: ProgressText | null;
  lastRun: RunReport | null;
  ranPrints: Readonly<Record<string, string>>;
  edited: boolean;
  status: StatusReport | null;
  cacheState: string | null;
  /** Counts the times that what it is made of changed. */
  revision: number;
  /** The revision that the last run was of, whose failures hold only so long. */
  ranAt: number | null;
  /** The look under way, and whether another is wanted after it. */
  looking: Promise<void> | null;
  again: boolean;
}

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

/** Whether text of any of these files is not saved. */
export function hasUnsaved(files: readonly string[]): boolean {
  return vscode.workspace.textDocuments.some(
    ({ isDirty, uri }) => isDirty && uri.scheme === 'file' && files.includes(uri.fsPath),
  );
}
