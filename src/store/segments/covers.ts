import { difference, union } from '../../engine/plan/ranges.js';
import type { Reuse, Invalidation } from '../../engine/ports/store.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatRange, type Range } from '../../sdk/time/time.js';
import { unpackSince, type Segment } from './catalog.js';
import type { Cover } from './held-covers.js';

/** A cover with what its rows were made from; see `packSince`. */
export interface CoverSince extends Cover {
  readonly since: string | null;
}

/** Coverage minus invalidated ranges. What is left of a span keeps its rows. */
export function without(
  covers: readonly CoverSince[],
  invalidations: readonly Omit<Invalidation, 'fingerprint'>[],
): readonly CoverSince[] {
  if (invalidations.length === 0) return covers;
  return covers.flatMap((cover) => {
    const lost = invalidations.filter((each) => concerns(each, cover));
    if (lost.length === 0) return [cover];
    const ranges = lost.map(({ range, whole }) => (whole ? cover : range));
    return difference([cover], union(ranges)).map((range): CoverSince => ({ ...cover, ...range }));
  });
}

/** Whether a span made from streams read since then may depend on the invalidated rows. */
function concerns(
  { range, cause }: Omit<Invalidation, 'fingerprint'>,
  { start, end, since }: CoverSince,
): boolean {
  if (start >= range.end || end <= range.start) return false;
  return !cause || (unpackSince(since)?.[cause.stream] ?? -Infinity) < cause.until;
}

/** Extended coverage. @throws SeamlessError `internal` if a range would be covered twice, or is empty */
export function withAdded(covers: readonly Cover[], added: readonly Cover[]): readonly Cover[] {
  const all = [...covers, ...added].sort((a, b) => a.start - b.start);
  all.forEach(({ start, end }, index) => {
    if (!(start < end && Number.isFinite(start) && Number.isFinite(end))) {
      throw new SeamlessError('internal', `A segment over ${start} → ${end} covers nothing.`);
    }
    const before = all[index - 1];
    if (before && before.end > start) throw overlap({ start, end });
  });
  return all;
}

function overlap(range: Range): SeamlessError {
  return new SeamlessError(
    'internal',
    `Rows over ${formatRange(range)} would be covered twice: nothing was stored.`,
  );
}

/** @throws SeamlessError `internal` if the segment is missing or does not hold that range */
export function heldBy(segments: ReadonlyMap<number, Segment>, { segment: id, range }: Reuse): Segment {
  const segment = segments.get(id);
  if (segment && segment.start <= range.start && segment.end >= range.end) return segment;
  throw new SeamlessError('internal', `Segment ${id} cannot be reused: it does not hold that range.`);
}
