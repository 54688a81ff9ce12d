import { SeamlessError } from '../../sdk/errors.js';
import type { RunReport } from '../../engine/run/reporting/report.js';
import type { HistoryPart } from '../../protocol/payloads.js';
import type { Store } from '../../store/store.js';

/** The rows that a run leaves of each node in its report, as its name has them now. */
export async function partsOfReport(
  store: Store,
  strategy: string,
  { nodes, range: [start, end] }: RunReport,
): Promise<readonly (readonly HistoryPart[])[]> {
  const current = await store.current(strategy);
  return store.partsOf(
    nodes.map(({ name }) => ({ fingerprint: current.get(name) ?? '', range: { start, end } })),
  );
}

/**
 * Rows that a report is of, or where they lie, also after an edit, a correction of the data or a later run.
 * @throws SeamlessError `not-found` when they have been cleaned up.
 */
export async function reported<T>(
  store: Store,
  strategy: string,
  node: string,
  read: (parts: readonly HistoryPart[]) => Promise<T | null>,
  parts: readonly HistoryPart[],
): Promise<T> {
  const found = await read(parts);
  if (!found) {
    throw new SeamlessError(
      'not-found',
      `The rows of ${node} in this report have been cleaned up since. Run the job again, and read from its new report.`,
      { node },
    );
  }
  await store.markUsed(strategy);
  return found;
}
