import type { LiveCoverage, LiveRun, LiveValue, PanelNode, Span } from '../../src/panel/state.js';
import { formatInterval } from '../../src/sdk/time/time.js';
import { SEGMENT_KINDS, segmentsOf, shares, spansOf, type Segment } from '../axis/segments.js';
import { checked, type ShownStanding } from '../ui/words.js';
import type { SceneItem } from './scene.js';

/** What boxes show of an active run, or of a run in a world. */
export interface Live {
  readonly coverage: ReadonlyMap<string, LiveCoverage>;
  /** The node being computed. */
  readonly node: string | null;
  /** Code and data are being checked. */
  readonly checking: boolean;
  /** The active run in a world, with the last values by node and family. */
  readonly run: LiveRun | null;
  readonly values: ReadonlyMap<string, LiveValue>;
}

export const NOT_LIVE: Live = {
  coverage: new Map(),
  node: null,
  checking: false,
  run: null,
  values: new Map(),
};

/** The last value of a box in a run; null: none yet, or no run. */
export function liveValue({ id, group, members }: SceneItem, { values }: Live): LiveValue | null {
  const name = group?.kind === 'family' ? id : group === null ? members[0]?.name : undefined;
  return values.get(name ?? '') ?? null;
}

/** A node, updated with an active run's progress. */
export function withLive(node: PanelNode, live: Live): PanelNode {
  const come = live.coverage.get(node.name);
  return come ? { ...node, coverage: come.coverage, rows: come.rows } : node;
}

export function shownStanding(item: SceneItem, live: Live): ShownStanding {
  if (item.members.some(({ name }) => name === live.node)) return 'running';
  return checked(item.standing, live.checking);
}

/** `sma · 1m × 5`: its maker, its interval, its windows' bars; `24 nodes` for a group. */
export function subtitleOf(node: PanelNode): string {
  const periods = [
    ...new Set(
      node.inputs.map(({ period, span }) => (span === undefined ? String(period) : formatInterval(span))),
    ),
  ];
  const window =
    periods.length > 0 ? ` × ${periods.slice(0, 3).join(', ')}${periods.length > 3 ? '…' : ''}` : '';
  return `${node.label} · ${formatInterval(node.interval)}${window}`;
}

/** A box's coverage bar. A group is covered where all members are; elsewhere it shows the state of any member. */
export function itemSegments(item: SceneItem, live: Live, range: Span, width: number): Segment[] {
  const nodes = item.members.map((node) => withLive(node, live));
  const [only] = nodes;
  if (only && nodes.length === 1) {
    return SEGMENT_KINDS.flatMap((kind) => segmentsOf(spansOf(only, kind), kind, range, width));
  }
  const step = (range[1] - range[0]) / width;
  const complete = [...shares(nodes, range, width)].flatMap((share, at): Span[] =>
    share === 1 ? [[range[0] + at * step, range[0] + (at + 1) * step]] : [],
  );
  return SEGMENT_KINDS.flatMap((kind) => {
    if (kind === 'covered') return segmentsOf(complete, kind, range, width);
    const spans = nodes.flatMap((node) => spansOf(node, kind)).sort((a, b) => a[0] - b[0]);
    return segmentsOf(spans, kind, range, width);
  });
}
