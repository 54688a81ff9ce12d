import { SeamlessError } from '../../sdk/errors.js';
import { floorToSlot, lastOpenBy } from '../../sdk/time/grid.js';
import { emptyTable } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { GraphNode } from '../graph/graph.js';
import { isEmpty } from '../plan/ranges.js';
import { prepare, type Prepared } from '../plan/prepare.js';
import { materialize, type Ports, type RunOutcome } from './materialize.js';
import { scanStateAt } from './single-bar.js';
import type { RunHooks, RunState } from './run-state.js';
import { schemaOf } from './evaluation/evaluation.js';
import { rowsCarried, type WarmNode } from './evaluation/slot-evaluator.js';

/**
 * What a strategy's nodes need of the past to continue at a time; missing parts are materialized.
 * @param until bars that have closed by then count
 * @throws SeamlessError `source` for a stream that misses its preset's service level; `Held` for one to wait for
 * @returns by position; empty when no source has an earlier bar
 */
export async function warmUp(
  ports: Ports,
  nodes: readonly GraphNode[],
  extent: Range | null,
  until: Seconds,
  hooks: RunHooks,
): Promise<ReadonlyMap<number, WarmNode>> {
  const end = Math.min(until, extent?.end ?? -Infinity);
  if (!extent || isEmpty({ start: extent.start, end })) return new Map();
  const longest = Math.max(...nodes.map(({ interval }) => interval));
  const lookback = Math.max(1, ...nodes.flatMap(({ edges }) => edges.map((edge) => edge.lookback)));
  for (let span = longest * lookback; ; span *= 2) {
    const start = Math.max(extent.start, end - span);
    // A slot may open before its first bar, and a market may be closed during the whole span.
    const opens = Math.min(...nodes.map((node) => lastOpenBy(start, node)));
    const outcome = await materialize(ports, { start: opens, end }, { ...hooks, judgedFrom: start });
    for (const [index] of outcome.services) {
      const failure = outcome.state.failures.get(index);
      if (failure)
        throw new SeamlessError('source', failure.message, { node: outcome.state.node(index).name });
    }
    const warm = await lastRows(ports, outcome, end, hooks);
    if (start === extent.start || enough(outcome.state, warm)) return warm;
  }
}

async function lastRows(
  ports: Ports,
  { state }: RunOutcome,
  end: Seconds,
  hooks: RunHooks,
): Promise<ReadonlyMap<number, WarmNode>> {
  const carried = rowsCarried(state.graph, state.canonicals);
  const warm = new Map<number, WarmNode>();
  const prepared = await prepare(ports, ports.nonce);
  for (const node of state.graph.nodes) {
    const { index, scan } = node;
    if (state.canonical(index) !== index) continue;
    const { hash: full } = state.fingerprint(index);
    const before = floorToSlot(end, node);
    const count = carried.get(index) ?? 0;
    const [first] = count > 0 ? await state.store.lastTimes(full, before, count) : [];
    const [table = emptyTable()] =
      first === undefined
        ? []
        : await state.store.read([{ fingerprint: full, range: { start: first, end: before } }]);
    warm.set(index, {
      table,
      // Streams of a universe are read together, and may not have been handled one by one.
      schema: state.schema(index) ?? (table.ts.length > 0 ? schemaOf(table) : null),
      state: scan ? await stateAt(ports, prepared, state, index, before, hooks) : null,
      failedFrom: state.failures.has(index) ? state.limit(state.node(index)) : null,
    });
  }
  return warm;
}

/** The state of a scan after all slots that open before a time, as far as its data go. Null: none has fired. */
async function stateAt(
  ports: Ports,
  prepared: Prepared,
  state: RunState,
  index: number,
  before: Seconds,
  hooks: RunHooks,
): Promise<WarmNode['state']> {
  const time = Math.min(before, state.limit(state.node(index)));
  if (state.failures.has(index) || time <= state.horizon(index).begin) return null;
  return scanStateAt(ports, prepared, index, time, hooks);
}

function enough(state: RunState, warm: ReadonlyMap<number, WarmNode>): boolean {
  for (const [index, rows] of rowsCarried(state.graph, state.canonicals)) {
    const { table, failedFrom } = warm.get(index) ?? { table: emptyTable(), failedFrom: null };
    if (failedFrom === null && table.ts.length < rows) return false;
  }
  return true;
}
