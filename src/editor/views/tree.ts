import * as vscode from 'vscode';

import { formatCount } from '../../present/format.js';
import { checkingText } from '../../present/progress.js';
import {
  freshnessText,
  spanText,
  standingText,
  type NodeStanding,
  type StandingNode,
} from '../../present/freshness.js';
import { byFamily, familyText, symbolCount, worstFirst, worstOf } from '../../present/families.js';
import { formatInterval } from '../../sdk/time/time.js';
import { reasonNotTrusted } from '../model/trust.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';
import { PROGRESS_PAUSE_MS, throttle } from '../model/throttle.js';

/** A row of the side bar; `key` is the strategy's, also for nodes. */
type TreeRow =
  | { readonly kind: 'strategy'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly node: string }
  /** The nodes of one definition over a universe; `node` is the first. */
  | { readonly kind: 'family'; readonly key: string; readonly family: string; readonly node: string }
  /** Shown instead of the nodes of a strategy that cannot be set up: why. */
  | { readonly kind: 'problem'; readonly key: string };

/** Strategies, with their nodes and the nodes' states. */
export class StrategyTree implements vscode.TreeDataProvider<TreeRow>, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<TreeRow | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #view: vscode.TreeView<TreeRow>;
  readonly #disposables: { dispose(): unknown }[];
  /** The view redraws once changes pause, so progress events must leave gaps. */
  readonly #progressed = throttle(() => this.#showProgress(), PROGRESS_PAUSE_MS);
  /** Rows by strategy: VS Code recognizes a row by identity. */
  readonly #rows = new Map<string, TreeRow>();

  constructor(private readonly strategies: Strategies) {
    this.#view = vscode.window.createTreeView('seamless.strategies', { treeDataProvider: this });
    this.#disposables = [
      this.#changes,
      this.#view,
      this.#progressed,
      strategies.onDidChange((entry) => {
        if (entry?.running ?? entry?.checking) this.#progressed();
        else this.#changes.fire(entry ? this.#rows.get(entry.key) : undefined);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#explain()),
    ];
    this.#explain();
  }

  getChildren(row?: TreeRow): TreeRow[] {
    if (!row) return this.strategies.all().map(({ key }) => this.#rowOf(key));
    const { key } = row;
    if (row.kind === 'family') return worstFirst(this.#membersOf(row)).map((node) => nodeRow(key, node));
    if (row.kind !== 'strategy') return [];
    this.strategies.see(key);
    const entry = this.strategies.get(key);
    if (entry?.problem && !entry.edited) return [{ kind: 'problem', key }];
    return byFamily(entry?.freshness?.nodes ?? []).map(({ family, members }): TreeRow => {
      const [first] = members;
      return family === null ? nodeRow(key, first) : { kind: 'family', key, family, node: first.name };
    });
  }

  getParent(row: TreeRow): TreeRow | undefined {
    return row.kind === 'strategy' ? undefined : this.#rowOf(row.key);
  }

  getTreeItem(row: TreeRow): vscode.TreeItem {
    const entry = this.strategies.get(row.key);
    if (!entry) return new vscode.TreeItem('');
    if (row.kind === 'strategy') return strategyItem(entry);
    if (row.kind === 'problem') return problemItem(entry);
    if (row.kind === 'family') return familyItem(entry, row.family, this.#membersOf(row));
    const node = entry.freshness?.nodes.find(({ name }) => name === row.node);
    return node ? nodeItem(entry, node) : new vscode.TreeItem(row.node);
  }

  async reveal(key: string): Promise<void> {
    await vscode.commands.executeCommand('seamless.strategies.focus');
    if (this.strategies.get(key)) await this.#view.reveal(this.#rowOf(key), { expand: true, focus: true });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #membersOf({ key, family }: Extract<TreeRow, { kind: 'family' }>): StandingNode[] {
    const nodes = this.strategies.get(key)?.freshness?.nodes ?? [];
    return nodes.filter((node) => node.family === family);
  }

  #rowOf(key: string): TreeRow {
    const known = this.#rows.get(key) ?? { kind: 'strategy', key };
    this.#rows.set(key, known);
    return known;
  }

  #showProgress(): void {
    for (const { key, running, checking } of this.strategies.all()) {
      if (running ?? checking) this.#changes.fire(this.#rows.get(key));
    }
  }

  /** If only discovery works, the view says why. */
  #explain(): void {
    this.#view.message = vscode.workspace.isTrusted ? '' : reasonNotTrusted();
  }
}

function nodeRow(key: string, { name }: StandingNode): TreeRow {
  return { kind: 'node', key, node: name };
}

function strategyItem(entry: StrategyEntry): vscode.TreeItem {
  const { found, where, name, freshness, problem, edited, running, checking } = entry;
  const item = new vscode.TreeItem(found.className, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = entry.key;
  item.contextValue = running ? 'strategy.running' : 'strategy';
  item.command = { title: '', command: 'seamless.openStrategy', arguments: [entry.key] };
  if (running) {
    item.description = [running.percent, running.what].filter((each) => each !== null).join(' · ');
    item.iconPath = new vscode.ThemeIcon('loading~spin');
  } else if (checking && freshness && !edited) {
    item.description = checkingText(checking);
    item.iconPath = new vscode.ThemeIcon('type-hierarchy-sub');
  } else if (problem && !edited) {
    item.description = vscode.l10n.t('cannot be set up');
    item.tooltip = problem.message;
    item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  } else {
    const [last] = entry.lastRanges;
    item.iconPath = new vscode.ThemeIcon('type-hierarchy-sub');
    if (edited) item.description = vscode.l10n.t('edited');
    else if (freshness && last) item.description = freshnessText(freshness);
    if (last && freshness) {
      const lines = [`**${name}**`, spanText(last), freshnessText(freshness)];
      item.tooltip = new vscode.MarkdownString(lines.join('\n\n'));
    }
  }
  if (where !== null) item.description = [where, item.description].filter(Boolean).join(' · ');
  item.accessibilityInformation = { label: `${found.className} ${item.description ?? ''}`.trim() };
  return item;
}

function problemItem({ key, problem }: StrategyEntry): vscode.TreeItem {
  const item = new vscode.TreeItem(problem?.message ?? '');
  item.id = `${key}/`;
  item.tooltip = problem?.message ?? '';
  item.command = { title: '', command: 'seamless.showProblem', arguments: [key] };
  return item;
}

/** Icon and colour of each state: they differ in shape as well as in colour. */
const STANDING_ICONS: Readonly<Record<NodeStanding, readonly [icon: string, color?: string]>> = {
  fresh: ['pass-filled', 'testing.iconPassed'],
  partial: ['circle-large-outline', 'charts.yellow'],
  empty: ['circle-outline'],
  changed: ['edit', 'charts.orange'],
  'maybe-stale': ['history', 'charts.yellow'],
  uncached: ['sync-ignored'],
  failed: ['error', 'list.errorForeground'],
  blocked: ['circle-slash', 'list.warningForeground'],
};

/** The icon of a node's state, wherever it is shown. */
export function standingIcon(standing: NodeStanding): vscode.ThemeIcon {
  const [icon, color] = STANDING_ICONS[standing];
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}

function nodeItem(entry: StrategyEntry, node: StandingNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.name);
  const standing = standingText(node.standing);
  item.id = `${entry.key}/${node.name}`;
  item.contextValue = node.kind === 'stream' ? 'node.stream' : 'node.computed';
  item.iconPath = standingIcon(node.standing);
  // A narrow side bar cuts off the end.
  item.description = `${standing} · ${node.label} · ${formatInterval(node.interval)}`;
  const rows = vscode.l10n.t('{0} rows', formatCount(node.rows));
  const ranges = node.coverage.map((span) => `- ${spanText(span)}`).join('\n');
  const tooltip = new vscode.MarkdownString(`**${node.name}** · ${standing}\n\n`);
  tooltip.appendText(node.why);
  tooltip.appendMarkdown(`\n\n${rows}\n\n${ranges}`);
  item.tooltip = tooltip;
  item.accessibilityInformation = { label: `${node.name}, ${standing}` };
  item.command = { title: '', command: 'seamless.revealNode', arguments: [entry.key, node.name] };
  return item;
}

/** A family: its worst symbol's state, with the symbols below it. */
function familyItem(entry: StrategyEntry, family: string, members: readonly StandingNode[]): vscode.TreeItem {
  const item = new vscode.TreeItem(family, vscode.TreeItemCollapsibleState.Collapsed);
  const worst = worstOf(members);
  const standing = standingText(worst);
  const [first] = members;
  item.id = `${entry.key}/${family}`;
  item.contextValue = 'family';
  item.iconPath = standingIcon(worst);
  item.description = [standing, symbolCount(members), first?.label].filter(Boolean).join(' · ');
  const tooltip = new vscode.MarkdownString(`**${family}** · ${standing}\n\n`);
  tooltip.appendText(familyText(members));
  item.tooltip = tooltip;
  item.accessibilityInformation = { label: `${family}, ${symbolCount(members)}, ${standing}` };
  return item;
}
