import * as vscode from 'vscode';

import { storedName } from '../../protocol/project.js';
import type { DiscoveryClient } from '../../discovery/client.js';
import { formatCount, formatSpans } from '../../present/format.js';
import { checkingText } from '../../present/progress.js';
import { spanText, standingText, type StandingNode } from '../../present/freshness.js';
import { takenLines } from '../../present/inspection/inspection.js';
import { byFamily, familyText, symbolCount, worstOf } from '../../present/families.js';
import { shownRows, shownRowsText, type ShownRows } from '../../present/shown-rows.js';
import { lastValueText } from '../../present/values.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatInterval } from '../../sdk/time/time.js';
import { madeAt } from '../model/node-at-cursor.js';
import type { Jobs } from '../model/jobs.js';
import { cacheUse } from '../model/settings.js';
import { SETUP_LIMIT_MS, type Strategies, type StrategyEntry } from '../model/strategies.js';

/** A hover does not wait longer for a value while a run keeps the child busy. */
const VALUE_LIMIT_MS = 1500;

/** A loop may create many nodes in one place: the hover shows the first. */
const MOST_NODES = 5;

/** How the last hovered stream's file is read. */
interface Taken {
  readonly key: string;
  readonly lines: Promise<readonly string[]>;
}

const NOTHING_TAKEN: Taken = { key: '', lines: Promise.resolve([]) };

/** Shown on a node's variable: coverage, last value, and why it is stale. */
export class NodeHovers implements vscode.HoverProvider {
  #taken = NOTHING_TAKEN;

  constructor(
    private readonly strategies: Strategies,
    private readonly discovery: DiscoveryClient,
    private readonly jobs: Jobs,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | null> {
    const entries = this.strategies.all().filter(({ files, freshness, found }) => {
      return (
        freshness !== null && (found.file === document.uri.fsPath || files.includes(document.uri.fsPath))
      );
    });
    if (entries.length === 0 || !document.getWordRangeAtPosition(position)) return null;
    const file = document.uri.fsPath;
    const at = await this.discovery.nodeAt(
      file,
      document.getText(),
      position.line + 1,
      position.character + 1,
    );
    if (!at || token.isCancellationRequested) return null;
    const parts: vscode.MarkdownString[] = [];
    for (const entry of entries) {
      const nodes = byFamily((entry.freshness?.nodes ?? []).filter((node) => madeAt(node, file, at)));
      for (const { family, members } of nodes.slice(0, MOST_NODES)) {
        parts.push(
          family === null ? await this.#describe(entry, members[0]) : describeFamily(entry, family, members),
        );
      }
      const more = nodes.length - MOST_NODES;
      if (more > 0) {
        parts.push(
          new vscode.MarkdownString(vscode.l10n.t('{0} more nodes are made here.', formatCount(more))),
        );
      }
    }
    const { startLine, startColumn, endLine, endColumn } = at.range;
    const range = new vscode.Range(startLine - 1, startColumn - 1, endLine - 1, endColumn - 1);
    return parts.length > 0 ? new vscode.Hover(parts, range) : null;
  }

  async #describe(entry: StrategyEntry, node: StandingNode): Promise<vscode.MarkdownString> {
    const text = new vscode.MarkdownString('', true);
    const inputs = node.inputs.map(({ name, period }) => `${name} × ${period}`).join(', ');
    const made = inputs === '' ? node.label : `${node.label}(${inputs})`;
    text.appendMarkdown(`**${escape(node.name)}** · ${escape(made)} · ${formatInterval(node.interval)}\n\n`);
    if (entry.checking && !entry.edited) text.appendText(checkingText(entry.checking));
    else {
      const standing = entry.edited ? vscode.l10n.t('edited, not saved') : standingText(node.standing);
      text.appendMarkdown(`${standing}: `);
      text.appendText(node.why);
    }
    text.appendMarkdown(`\n\n${coverageText(node)}`);
    if (node.reused.length > 0) {
      text.appendMarkdown(
        `\n\n${vscode.l10n.t('Reused from an earlier version: {0}', formatSpans(node.reused))}`,
      );
    }
    const lines = await this.#readAs(entry, node);
    for (const line of lines) text.appendMarkdown('\n\n').appendText(line);
    const value = await this.#lastValue(entry, node);
    if (value !== null) text.appendMarkdown(`\n\n${value}`);
    return text;
  }

  /** How a stream's file is read, in lines; none if that takes too long: the next hover has it then. */
  async #readAs(entry: StrategyEntry, node: StandingNode): Promise<readonly string[]> {
    if (node.kind !== 'stream' || entry.edited || entry.running) return [];
    const key = `${entry.key} ${node.name} ${node.fingerprint} ${entry.cacheState}`;
    if (this.#taken.key !== key) {
      const lines = this.#linesOf(entry, node).catch((error: unknown) => {
        this.#taken = NOTHING_TAKEN;
        return this.#unknown(error, []);
      });
      this.#taken = { key, lines };
    }
    const { signal, done } = soon();
    const late = new Promise<readonly string[]>((resolve) => {
      signal.addEventListener('abort', () => resolve([]));
    });
    return Promise.race([this.#taken.lines, late]).finally(done);
  }

  async #linesOf({ ref }: StrategyEntry, { name }: StandingNode): Promise<readonly string[]> {
    const asked = { strategy: ref, node: name, limitMs: SETUP_LIMIT_MS };
    const { taken } = await this.jobs.request('source', asked);
    return taken ? takenLines(taken) : [];
  }

  /** Logs why a part of the hover is missing. */
  #unknown<T>(error: unknown, instead: T): T {
    if (!(error instanceof SeamlessError)) throw error;
    if (error.code !== 'cancelled') this.log.info(error.message);
    return instead;
  }

  /** The last value stored for the current code, else an earlier version's, marked as such. */
  async #lastValue(
    { key, ref, freshness, running }: StrategyEntry,
    node: StandingNode,
  ): Promise<string | null> {
    // Values that are being written are shown once they are stored.
    const isStored = node.rows > 0 || node.earlier.length > 0;
    if (!freshness || !isStored || running) return null;
    const { projectRoot } = ref;
    const request = {
      projectRoot,
      ...cacheUse(projectRoot),
      strategy: storedName(ref, freshness.strategy),
      node: node.name,
      last: 1,
    };
    const { signal, done } = soon();
    try {
      const options = { signal };
      const named = lastValueText(await this.jobs.request('read', request, options));
      // A check that was running has ended by then and may have found another version.
      const nodes = this.strategies.get(key)?.freshness?.nodes;
      const { fingerprint, standing } = nodes?.find(({ name }) => name === node.name) ?? node;
      const judged = lastValueText(await this.jobs.request('read', { ...request, fingerprint }, options));
      const value = judged ?? named;
      return value && lastValueOf(shownRows(judged !== null, standing), value);
    } catch (error) {
      return this.#unknown(error, null);
    } finally {
      done();
    }
  }
}

/** A signal that aborts when a hover has waited long enough. */
function soon(): { readonly signal: AbortSignal; readonly done: () => void } {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), VALUE_LIMIT_MS);
  return { signal: late.signal, done: () => clearTimeout(timer) };
}

/** A family in brief: how many symbols it has, and their states. The side bar and the DAG show single symbols. */
function describeFamily(
  entry: StrategyEntry,
  family: string,
  members: readonly [StandingNode, ...StandingNode[]],
): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  const [{ label, interval }] = members;
  const facts = [label, formatInterval(interval), symbolCount(members)].map(escape).join(' · ');
  text.appendMarkdown(`**${escape(family)}** · ${facts}\n\n`);
  if (entry.checking && !entry.edited) text.appendText(checkingText(entry.checking));
  else if (entry.edited) text.appendText(vscode.l10n.t('edited, not saved'));
  else {
    text.appendMarkdown(`${standingText(worstOf(members))}: `);
    text.appendText(familyText(members));
  }
  const rows = members.reduce((sum, node) => sum + node.rows, 0);
  text.appendMarkdown(`\n\n${vscode.l10n.t('{0} rows', formatCount(rows))}`);
  return text;
}

function lastValueOf(shown: ShownRows | null, value: string): string {
  const which = shownRowsText(shown);
  return which === ''
    ? vscode.l10n.t('Last value: {0}', value)
    : vscode.l10n.t('Last value ({0}): {1}', which, value);
}

function coverageText({ coverage, rows }: StandingNode): string {
  if (coverage.length === 0) return vscode.l10n.t('Nothing is stored.');
  const spans = coverage.slice(0, 3).map(spanText).join(', ');
  const more = coverage.length > 3 ? ` (+${coverage.length - 3})` : '';
  return vscode.l10n.t('{0} rows over {1}', formatCount(rows), spans + more);
}

function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, '\\$&');
}
