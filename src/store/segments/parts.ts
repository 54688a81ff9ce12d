import { EMPTY_DIGEST } from '../../engine/fingerprint/digest.js';
import type { ReadRequest } from '../../engine/ports/store.js';
import type { Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { PlacedCover, Segment, StoreContext } from './catalog.js';
import { coversIn, withPacks } from './reading.js';

/**
 * Rows of a node from one segment. Coverage may later name other segments, after a correction or an edit; a part never changes.
 */
export interface StoredPart {
  readonly start: Seconds;
  readonly end: Seconds;
  /** Digest of all rows of the segment (`tableDigest`). */
  readonly digest: string;
}

/** The current parts of each request, ascending. */
export async function partsOf(
  context: StoreContext,
  requests: readonly ReadRequest[],
): Promise<StoredPart[][]> {
  const covers = await coversIn(context, requests);
  return covers.map((list) => list.map(({ start, end, segment: { digest } }) => ({ start, end, digest })));
}

/** The rows of parts, whatever is covered now; null if some are no longer stored. */
export async function readParts(context: StoreContext, parts: readonly StoredPart[]): Promise<Table | null> {
  const placed = await heldParts(context, parts);
  return (
    placed &&
    withPacks(context, (reader) =>
      reader.table(placed.map(({ start, end, segment }) => reader.slice(segment, start, end))),
    )
  );
}

/** Parts with their segments; null if some are no longer stored. */
export async function heldParts(
  context: StoreContext,
  parts: readonly StoredPart[],
): Promise<readonly Pick<PlacedCover, 'start' | 'end' | 'segment'>[] | null> {
  const found = new Map<string, Segment>();
  for (const segment of await context.catalog.segmentsWith(parts.map(({ digest }) => digest)))
    found.set(segment.digest, segment);
  if (parts.some(({ digest }) => digest !== EMPTY_DIGEST && !found.has(digest))) return null;
  return parts.flatMap(({ start, end, digest }) => {
    const segment = found.get(digest);
    return segment ? [{ start, end, segment }] : [];
  });
}
