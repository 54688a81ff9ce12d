import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';

import { storedName } from '../../protocol/project.js';
import type { Span } from '../../engine/run/reporting/report.js';
import type { DiffReport } from '../../protocol/results.js';
import type { PanelHandlers } from '../../panel/channel.js';
import type { PanelDifference } from '../../panel/requests.js';
import { summaryLine } from '../../present/format.js';
import { takenLines } from '../../present/inspection/inspection.js';
import { valueText } from '../../present/values.js';
import { SeamlessError } from '../../sdk/errors.js';
import { emptyTable } from '../../sdk/table.js';
import { openAt } from '../open-at.js';
import type { Services } from '../workbench.js';
import { cacheUse } from '../model/settings.js';
import { anyPageHandlers } from './show-page.js';
import { keepSplit } from './split.js';
import { SETUP_LIMIT_MS, type StrategyEntry } from '../model/strategies.js';

interface PanelServices {
  readonly workbench: Services;
  /** The strategy's current key. */
  readonly key: () => string;
  /** Keeps the shown range, whatever is run. */
  readonly keepRange: () => void;
  readonly isVisible: () => boolean;
  readonly setRange: (range: Span | null) => Promise<void>;
}

/** What the panel's page may request. */
export function panelHandlers(services: PanelServices): PanelHandlers {
  return { ...runHandlers(services), ...historyHandlers(services), ...placeHandlers(services) };
}

type Part<K extends keyof PanelHandlers> = Pick<PanelHandlers, K>;

function runHandlers({
  workbench: { runs, strategies },
  key,
  keepRange,
  isVisible,
  setRange,
}: PanelServices): Part<'materialize' | 'cancel' | 'setRange' | 'retry'> {
  return {
    materialize: async ({ start, end, only }) => {
      mustBeTrusted();
      keepRange();
      const request = { range: { start, end }, ...(only && { only }), isShown: isVisible };
      const report = await runs.materialize(entryOf(strategies, key()), request);
      return { summary: report ? summaryLine(report) : vscode.l10n.t('The run did not finish.') };
    },
    cancel: () => runs.cancel(key()),
    setRange: ({ range }) => setRange(range),
    retry: () =>
      vscode.workspace.isTrusted
        ? strategies.look(key())
        : vscode.commands.executeCommand('workbench.trust.manage'),
  };
}

function historyHandlers({
  workbench: { jobs, strategies },
  key,
}: PanelServices): Part<'readNode' | 'rows' | 'source' | 'exportNode'> {
  /** Part of every request about a stored node. */
  const stored = (node: string) => {
    const { ref, freshness, found } = entryOf(strategies, key());
    const { projectRoot } = ref;
    const strategy = storedName(ref, freshness?.strategy ?? found.className);
    return { projectRoot, ...cacheUse(projectRoot), strategy, node };
  };
  /** Whether a version is the one that the node's state describes. */
  const isJudged = (node: string, fingerprint: string): boolean => {
    const { freshness } = entryOf(strategies, key());
    return freshness?.nodes.find(({ name }) => name === node)?.fingerprint === fingerprint;
  };
  return {
    readNode: async ({ node, start, end, maxPoints }) => {
      const place = { ...stored(node), start, end };
      const asked = { ...place, points: maxPoints };
      const { interval, versions } = await orNothing(jobs.request('series', asked), NO_SERIES);
      const report = versions.length > 1 ? await jobs.request('diff', place) : null;
      const judged = versions.map(({ fingerprint, ...version }) => {
        return { ...version, judged: isJudged(node, fingerprint) };
      });
      return { interval, versions: judged, difference: report && differenceOf(report) };
    },
    rows: async ({ node, start, end, from, count }) => {
      const asked = { ...stored(node), start, end, from, count };
      const { fingerprint, ...rows } = await orNothing(jobs.request('rows', asked), NO_ROWS);
      return { ...rows, judged: isJudged(node, fingerprint) };
    },
    source: async ({ node }) => {
      mustBeTrusted();
      const asked = { strategy: entryOf(strategies, key()).ref, node, limitMs: SETUP_LIMIT_MS };
      const { taken } = await jobs.request('source', asked);
      return { lines: taken ? takenLines(taken) : [] };
    },
    exportNode: ({ node }) => vscode.commands.executeCommand('seamless.exportNode', { key: key(), node }),
  };
}

function placeHandlers({
  workbench: { context, strategies, log },
  key,
}: PanelServices): Part<'reveal' | 'keepSplit' | 'saveFile' | 'showProblem' | 'copy' | 'log'> {
  return {
    reveal: async ({ node }) => {
      const { freshness } = entryOf(strategies, key());
      const location = freshness?.nodes.find(({ name }) => name === node)?.location;
      if (!location) {
        throw new SeamlessError(
          'not-found',
          vscode.l10n.t('The line that creates {0} is not known yet. Save the file, then try again.', node),
        );
      }
      await openAt(location);
    },
    keepSplit: (split) => keepSplit(context.globalState, split),
    saveFile: async ({ name, content, encoding }) => {
      const { ref } = entryOf(strategies, key());
      const where = await vscode.window.showSaveDialog({
        title: vscode.l10n.t('Save {0}', name),
        defaultUri: vscode.Uri.file(join(ref.projectRoot, name)),
      });
      if (where) await writeFile(where.fsPath, Buffer.from(content, encoding));
      return { saved: where !== undefined };
    },
    showProblem: () => vscode.commands.executeCommand('seamless.showProblem', key()),
    ...anyPageHandlers('DAG', log),
  };
}

const NO_SERIES = { interval: 0, versions: [] } as const;
const NO_ROWS = { fingerprint: '', total: 0, from: 0, table: emptyTable() } as const;

/** A node without stored rows has nothing to show, which is no error. */
async function orNothing<T>(asked: Promise<T>, nothing: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SeamlessError && error.code === 'not-found') return nothing;
    throw error;
  }
}

/** @throws SeamlessError `not-found` when the strategy no longer exists */
function entryOf(strategies: Services['strategies'], key: string): StrategyEntry {
  const entry = strategies.get(key);
  if (entry) return entry;
  throw new SeamlessError(
    'not-found',
    vscode.l10n.t('Strategy not found: its file or class was deleted or renamed.'),
  );
}

function mustBeTrusted(): void {
  if (vscode.workspace.isTrusted) return;
  throw new SeamlessError(
    'usage',
    vscode.l10n.t('This workspace is not trusted. Trust it to run strategies.'),
  );
}

function differenceOf({ difference, compared }: DiffReport): PanelDifference | null {
  if (!difference) return null;
  const { first } = difference;
  return {
    ...difference,
    compared,
    first: first && {
      ts: first.ts,
      before: first.before === null ? null : valueText(first.before),
      after: first.after === null ? null : valueText(first.after),
    },
  };
}
