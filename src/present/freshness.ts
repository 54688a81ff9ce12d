import * as l10n from '@vscode/l10n';

import type { FailureReport, RunReport, Span, Unfired } from '../engine/run/reporting/report.js';
import type { NodeStatus } from '../engine/plan/status.js';
import type { StatusReport } from '../protocol/results.js';
import { formatRange } from '../sdk/time/time.js';
import { formatCount } from './format.js';
import { addTo, reachable } from '../sdk/lists.js';

/**
 * A node's state in one word. All views (lens, hover, side bar, status bar, DAG) use this, so that they cannot disagree.
 * - `fresh`, `partial`, `empty`: as in `NodeStatus`.
 * - `changed`: its own code, parameters or captured values changed since it was stored.
 * - `maybe-stale`: something upstream or a source changed; the next run finds out whether it is affected.
 * - `uncached`: it cannot be hashed, so it is computed each time.
 * - `failed`, `blocked`: the last run could not complete it, and nothing has changed since.
 */
export type NodeStanding =
  'fresh' | 'partial' | 'empty' | 'changed' | 'maybe-stale' | 'uncached' | 'failed' | 'blocked';

export interface StandingNode extends NodeStatus {
  readonly standing: NodeStanding;
  /** Why, as a sentence; for a failure, its message. */
  readonly why: string;
  /** What went wrong in the last run, if that still applies. */
  readonly failure: FailureReport | null;
}

/** Open of the bar at which a node failed, in epoch seconds; null: it did not fail at a bar. */
export function failedBar({ failure, interval }: Pick<StandingNode, 'failure' | 'interval'>): number | null {
  const asOf = failure?.asOf ?? null;
  return asOf === null ? null : asOf - interval;
}

/** The share of missing slots that is still normal: most data has a few holes. */
const FEW = 0.01;

/** Whether enough slots did not fire for a warning. */
export function isMuch({ slots, of }: Unfired): boolean {
  return slots >= FEW * of;
}

/** A strategy's state over a range. */
export interface Freshness {
  readonly strategy: string;
  /** The range; null when nothing is stored. */
  readonly range: Span | null;
  readonly nodes: readonly StandingNode[];
  readonly counts: Readonly<Record<NodeStanding, number>>;
}

/** The last run, whatever came after it. */
export interface LastRun {
  readonly report: RunReport;
  /** By name of the node. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** No file of the strategy changed since: the report is about the current code. */
  readonly isOfNow: boolean;
}

/** States from the cache's status and from the last run, whose failures apply as long as the failed node is unchanged. */
export function freshnessOf(status: StatusReport, lastRun: LastRun | null): Freshness {
  const now = new Map(status.nodes.map(({ name, fingerprint }) => [name, fingerprint]));
  const failures = new Map(
    (lastRun?.report.nodes ?? [])
      .filter(({ state }) => state === 'failed' || state === 'blocked')
      .filter(({ name }) => lastRun?.isOfNow || lastRun?.fingerprints[name] === now.get(name))
      .map((node) => [node.name, node]),
  );
  const unreadable = downstream(status.nodes, (node) => node.failure !== null);
  const nodes = status.nodes.map((node): StandingNode => {
    const failure = failures.get(node.name);
    if (failure && node.state !== 'fresh') {
      const standing = failure.state === 'failed' ? 'failed' : 'blocked';
      const why = failure.failure?.message ?? failure.reason;
      return { ...node, standing, why, failure: failure.failure };
    }
    if (node.failure) return { ...node, standing: 'failed', why: node.failure.message };
    const standing = unreadable.has(node.name) ? 'blocked' : standingOf(node);
    return { ...node, standing, why: node.reason, failure: null };
  });
  return { strategy: status.strategy, range: status.range, nodes, counts: countsOf(nodes) };
}

/**
 * The same, with fresh and partial nodes marked as uncertain: their code or data changed, and the effect was not checked yet.
 * @param streams the changed streams, whose dependents are affected; null: all nodes
 */
export function doubted(
  freshness: Freshness,
  why: string,
  streams: ReadonlySet<string> | null = null,
): Freshness {
  const reached = streams && downstream(freshness.nodes, ({ name }) => streams.has(name));
  const nodes = freshness.nodes.map((node): StandingNode => {
    if (reached && !reached.has(node.name)) return node;
    if (node.standing !== 'fresh' && node.standing !== 'partial') return node;
    return { ...node, standing: 'maybe-stale', why };
  });
  return { ...freshness, nodes, counts: countsOf(nodes) };
}

/** Some nodes, and everything downstream. */
function downstream(nodes: readonly NodeStatus[], isOne: (node: NodeStatus) => boolean): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const { name, inputs } of nodes) for (const input of inputs) addTo(readers, input.name, name);
  const names = nodes.filter(isOne).map(({ name }) => name);
  return new Set(reachable(names, (name) => readers.get(name) ?? []));
}

function countsOf(nodes: readonly StandingNode[]): Freshness['counts'] {
  const counts: Record<NodeStanding, number> = {
    fresh: 0,
    partial: 0,
    empty: 0,
    changed: 0,
    'maybe-stale': 0,
    uncached: 0,
    failed: 0,
    blocked: 0,
  };
  for (const { standing } of nodes) counts[standing] += 1;
  return counts;
}

function standingOf({ state, change }: NodeStatus): NodeStanding {
  if (state !== 'stale') return state;
  if (change === 'own') return 'changed';
  return change === 'unhashable' ? 'uncached' : 'maybe-stale';
}

/** `12/12 fresh`, `1 changed · 2 may be stale`, `1 failed · 2 blocked · 9/12 fresh`. */
export function freshnessText({ nodes, counts }: Freshness): string {
  const stale: string[] = [];
  if (counts.changed > 0) stale.push(l10n.t('{0} changed', formatCount(counts.changed)));
  if (counts['maybe-stale'] > 0) stale.push(l10n.t('{0} may be stale', formatCount(counts['maybe-stale'])));
  const broken: string[] = [];
  if (counts.failed > 0) broken.push(l10n.t('{0} failed', formatCount(counts.failed)));
  if (counts.blocked > 0) broken.push(l10n.t('{0} blocked', formatCount(counts.blocked)));
  const fresh = l10n.t('{0}/{1} fresh', formatCount(counts.fresh), formatCount(nodes.length));
  return [...broken, ...(stale.length > 0 ? stale : [fresh])].join(' · ');
}

/** `2023-03-01 → 2023-03-22`. */
export function spanText([start, end]: Span): string {
  return formatRange({ start, end });
}

/** A node's state in a word or two. */
export function standingText(standing: NodeStanding): string {
  const texts: Readonly<Record<NodeStanding, string>> = {
    fresh: l10n.t('fresh'),
    partial: l10n.t('partial'),
    empty: l10n.t('not materialized'),
    changed: l10n.t('changed'),
    'maybe-stale': l10n.t('may be stale'),
    uncached: l10n.t('computed each time'),
    failed: l10n.t('failed'),
    blocked: l10n.t('blocked'),
  };
  return texts[standing];
}
