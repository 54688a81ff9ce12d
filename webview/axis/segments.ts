import type { PanelNode, Span } from '../../src/panel/state.js';

/** The state of a coverage bar's segment; no segment: a gap. */
export type SegmentKind = 'covered' | 'stale' | 'failed' | 'unavailable' | 'not-yet';

export const SEGMENT_KINDS: readonly SegmentKind[] = ['unavailable', 'not-yet', 'stale', 'failed', 'covered'];

export interface Segment {
  readonly kind: SegmentKind;
  /** In pixels, within the bar. */
  readonly from: number;
  readonly to: number;
}

export function spansOf(node: PanelNode, kind: SegmentKind): readonly Span[] {
  if (kind === 'covered') return node.coverage;
  return kind === 'not-yet' ? node.notYet : node[kind];
}

/**
 * Spans as segments of a bar with this many pixels. Each is at least one pixel, and touching ones are merged, so a bar has no
 * more pieces than pixels.
 */
export function segmentsOf(
  spans: readonly Span[],
  kind: SegmentKind,
  [start, end]: Span,
  width: number,
): Segment[] {
  const scale = width / (end - start);
  const segments: { kind: SegmentKind; from: number; to: number }[] = [];
  for (const [a, b] of spans) {
    if (b <= start || a >= end) continue;
    const from = (Math.max(a, start) - start) * scale;
    const to = Math.min(width, Math.max((Math.min(b, end) - start) * scale, from + 1));
    const last = segments.at(-1);
    // A gap shows from half a pixel on: closer segments are merged.
    if (last && from - last.to < 0.5) last.to = Math.max(last.to, to);
    else segments.push({ kind, from: Math.min(from, width - 1), to });
  }
  return segments;
}

/** A node's state at a time: the segment there, or a gap where nothing is known. */
export function segmentAt(
  node: PanelNode,
  range: Span,
  time: number,
): { readonly kind: SegmentKind | 'gap'; readonly span: Span } {
  let [start, end] = range;
  for (const kind of SEGMENT_KINDS.toReversed()) {
    for (const [from, to] of spansOf(node, kind)) {
      if (from <= time && time < to) return { kind, span: [from, to] };
      if (to <= time) start = Math.max(start, to);
      if (from > time) end = Math.min(end, from);
    }
  }
  return { kind: 'gap', span: [start, end] };
}

/** For each segment of a bar, the share of nodes that are complete there, over the whole graph. */
export function shares(nodes: readonly PanelNode[], [start, end]: Span, points: number): Float64Array {
  const steps = new Float64Array(points + 1);
  const scale = points / (end - start);
  for (const { coverage } of nodes) {
    for (const [a, b] of coverage) {
      if (b <= start || a >= end) continue;
      const from = Math.max(0, Math.ceil((a - start) * scale - 1e-9));
      const to = Math.min(points, Math.floor((b - start) * scale + 1e-9));
      if (from >= to) continue;
      steps[from] = (steps[from] ?? 0) + 1;
      steps[to] = (steps[to] ?? 0) - 1;
    }
  }
  let open = 0;
  return steps.subarray(0, points).map((step) => {
    open += step;
    return nodes.length === 0 ? 0 : open / nodes.length;
  });
}
