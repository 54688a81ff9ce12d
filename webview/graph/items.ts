import type { LiveCoverage, LiveRun, LiveValue, PanelNode, Span } from '../../src/panel/state.js';
import { formatInterval } from '../../src/sdk/time/time.js';
import { SEGMENT_KINDS, segmentsOf, shares, spansOf, type Segment } from '../axis/segments.js';
import { checked, type ShownStanding } from '../ui/words.js';
import type { SceneItem } from './scene.js';

/** What of a run in work, or of one in a world, shows on the boxes. */
export interface Live {
  readonly coverage: ReadonlyMap<string, LiveCoverage>;
  /** The node in work. */
  readonly node: string | null;
  /** Code and data are being looked at. */
  readonly checking: boolean;
  /** The run in a world that goes on, and what it said last by node and family. */
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

/** What a run in a world said last of a box; null: nothing yet, or no run goes on. */
export function liveValue({ id, group, members }: SceneItem, { values }: Live): LiveValue | null {
  const name = group?.kind === 'family' ? id : group === null ? members[0]?.name : undefined;
  return values.get(name ?? '') ?? null;
}

/** A node with what a run in work has added to it. */
export function withLive(node: PanelNode, live: Live): PanelNode {
  const come = live.coverage.get(node.name);
  return come ? { ...node, coverage: come.coverage, rows: come.rows } : node;
}

export function shownStanding(item: SceneItem, live: Live): ShownStanding {
  if (item.members.some(({ name }) => name === live.node)) return 'running';
  return checked(item.standing, live.checking);
}

/** `sma · 1m × 5`: what it is made by, its interval, and the bars of its windows; `24 nodes` of a group. */
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

/** The coverage bar of a box. A group is covered where all its members are; of the rest it shows what any member has. */
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
