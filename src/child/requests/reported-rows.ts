import { SeamlessError } from '../../sdk/errors.js';
import type { RunReport } from '../../engine/run/reporting/report.js';
import type { HistoryPart } from '../../protocol/payloads.js';
import type { PlacesByNode } from '../../protocol/sidecar/kept-places.js';
import type { Places } from '../../store/segments/places.js';
import type { Store } from '../../store/store.js';
import { ALL_TIME } from '../../sdk/time/time.js';

/** With more segments, only the catalog answers: a list would be too long. */
const MOST_SEGMENTS = 4096;

/** The rows that a run leaves for each node of its report, and where they are on disk. */
export async function rowsLeft(
  store: Store,
  strategy: string,
  { nodes, range: [start, end] }: RunReport,
): Promise<{ parts: readonly (readonly HistoryPart[])[]; places?: readonly Places[] }> {
  const current = await store.current(strategy);
  const requests = nodes.map(({ name }) => ({
    fingerprint: current.get(name) ?? '',
    range: { start, end },
  }));
  const parts = await store.partsOf(requests);
  return isShort(parts) ? { parts, places: await store.places(requests) } : { parts };
}

/** Where all rows of a strategy's nodes are; null if there are too many segments. */
export async function placesOfStrategy(store: Store, strategy: string): Promise<PlacesByNode | null> {
  const current = [...(await store.current(strategy))];
  if (current.length > MOST_SEGMENTS) return null;
  const requests = current.map(([, fingerprint]) => ({ fingerprint, range: ALL_TIME }));
  if (!isShort(await store.partsOf(requests))) return null;
  const places = await store.places(requests);
  return Object.fromEntries(current.map(([node], index) => [node, places[index]?.parts ?? []]));
}

function isShort(parts: readonly (readonly HistoryPart[])[]): boolean {
  return parts.reduce((sum, each) => sum + each.length, 0) <= MOST_SEGMENTS;
}

/**
 * The rows of a report, or where they are, even after an edit, a data correction or a later run.
 * @throws SeamlessError `not-found` when they have been cleaned up
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
