import type { RunState } from '../../engine/run/run-state.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import { rowValue } from '../../sdk/table.js';
import type { Store } from '../../store/store.js';

/** How many slots before the end the newest row is looked for: first for all nodes, then for those without one. */
const SLOTS = [8, 1024];

/** The newest row of each stream and node in a request, for the DAG. Older rows do not count as newest. */
export async function newestRows(state: RunState, store: Store): Promise<RunEventBody[]> {
  const { request, graph } = state;
  const found = new Map<number, RunEventBody>();
  for (const slots of SLOTS) {
    const nodes = graph.nodes.filter(({ index }) => state.canonical(index) === index && !found.has(index));
    const tables = await store.read(
      nodes.map(({ index, interval }) => ({
        fingerprint: state.fingerprint(index).hash,
        range: { start: Math.max(request.start, request.end - slots * interval), end: request.end },
      })),
    );
    for (const [i, { index, name }] of nodes.entries()) {
      const table = tables[i];
      const ts = table?.ts.at(-1);
      if (!table || ts === undefined) continue;
      found.set(index, { type: 'value', node: name, ts, value: rowValue(table, table.ts.length - 1) });
    }
  }
  return graph.order.flatMap((index) => found.get(index) ?? []);
}
