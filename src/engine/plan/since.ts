import { addTo } from '../../sdk/lists.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { NodeWork } from './plan.js';
import type { ReadsSince } from '../ports/store.js';
import { difference, type RangeSet } from './ranges.js';
import type { RunState } from '../run/run-state.js';

/** From when on each active node reads each stream, over all planned bars. */
export async function sinceOf(
  state: RunState,
  work: ReadonlyMap<number, NodeWork>,
): Promise<ReadonlyMap<number, ReadsSince>> {
  const loaded = await sinceOfLoaded(state, work);
  const found = new Map<number, ReadsSince>();
  for (const index of state.graph.order) {
    const planned = work.get(index);
    if (!planned) continue;
    const node = state.node(index);
    if (node.kind === 'stream') {
      const start = planned.demand?.start ?? -Infinity;
      // A reader from the beginning would also read bars added before it one day.
      const since = start > state.horizon(index).begin ? start : -Infinity;
      found.set(index, { [state.fingerprint(index).hash]: since });
      continue;
    }
    const inputs = node.edges.map((edge) => found.get(state.canonical(edge.node)) ?? null);
    const parts = [...(planned.compute.length > 0 ? inputs : []), ...(loaded.get(index) ?? [])];
    const since = earliest(node.scan ? [...parts, null] : parts);
    if (since) found.set(index, since);
  }
  return found;
}

/** The same for rows that are read from the store instead of computed. */
async function sinceOfLoaded(
  state: RunState,
  work: ReadonlyMap<number, NodeWork>,
): Promise<ReadonlyMap<number, readonly (ReadsSince | null)[]>> {
  const requests = [...work].flatMap(([index, { demand, compute }]) => {
    const isStream = state.node(index).kind === 'stream';
    const ranges: RangeSet = isStream || !demand ? [] : difference([demand], compute);
    return ranges.map((range) => ({ index, range }));
  });
  const found = new Map<number, (ReadsSince | null)[]>();
  if (requests.length === 0) return found;
  const since = await state.store.readsSince(
    requests.map(({ index, range }) => ({ fingerprint: state.fingerprint(index).hash, range })),
  );
  requests.forEach(({ index }, position) => addTo(found, index, since[position] ?? null));
  return found;
}

/** The earliest time per stream; null if it is unknown for any part. */
export function earliest(parts: readonly (ReadsSince | null)[]): ReadsSince | null {
  const all: Record<string, Seconds> = {};
  for (const part of parts) {
    if (!part) return null;
    for (const [stream, since] of Object.entries(part))
      all[stream] = Math.min(since, all[stream] ?? Infinity);
  }
  return all;
}
