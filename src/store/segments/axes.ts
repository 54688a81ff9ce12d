import { lowerBound } from '../../sdk/table.js';
import { areWhole, bytesOf } from '../packs/pages.js';

/** Tables whose times are one sequence, or part of it. */
export interface Axis {
  readonly ts: Float64Array;
  /** Some times are not whole seconds. Such sequences are stored differently, so others are kept apart. */
  readonly fine: boolean;
  readonly members: { readonly index: number; readonly from: number }[];
}

/** Groups sequences of times, each with the longest one that contains it. Empty ones are left out. */
export function groupByTimes(sequences: readonly Float64Array[]): Axis[] {
  const axes: Axis[] = [];
  // Nodes of one grid usually share the same array.
  const known = new Map<Float64Array, Axis>();
  const order = [...sequences.keys()].sort(
    (a, b) => (sequences[b]?.length ?? 0) - (sequences[a]?.length ?? 0) || a - b,
  );
  for (const index of order) {
    const ts = sequences[index];
    if (!ts || ts.length === 0) continue;
    const axis =
      known.get(ts) ?? axes.find((each) => partOf(each.ts, ts) !== null && (!each.fine || !areWhole(ts)));
    if (axis) axis.members.push({ index, from: partOf(axis.ts, ts) ?? 0 });
    else axes.push({ ts, fine: !areWhole(ts), members: [{ index, from: 0 }] });
    known.set(ts, axis ?? (axes.at(-1) as Axis));
  }
  return axes;
}

/** The row at which `part` begins in `whole`, if it is a contiguous part of it; else null. */
function partOf(whole: Float64Array, part: Float64Array): number | null {
  if (whole === part) return 0;
  const from = lowerBound(whole, part[0] ?? 0);
  const last = from + part.length - 1;
  if (whole[from] !== part[0] || whole[last] !== part.at(-1)) return null;
  const same = Buffer.compare(bytesOf(whole.subarray(from, last + 1)), bytesOf(part)) === 0;
  return same ? from : null;
}
