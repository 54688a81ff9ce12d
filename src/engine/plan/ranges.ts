import type { Range } from '../../sdk/time/time.js';

/** Sets of half-open ranges: ascending, disjoint and merged. */
export type RangeSet = readonly Range[];

export function isEmpty(range: Range): boolean {
  return range.start >= range.end;
}

export function intersection(a: Range, b: Range): Range {
  return { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) };
}

/** Makes a set of any ranges: empty ones are dropped, touching ones merged. */
export function union(ranges: Iterable<Range>): RangeSet {
  const sorted = [...ranges].filter((range) => !isEmpty(range)).sort((a, b) => a.start - b.start);
  const merged: Range[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else {
      merged.push({ start: range.start, end: range.end });
    }
  }
  return merged;
}

/** The parts of a set within a range. */
export function within(set: RangeSet, range: Range): RangeSet {
  return set.map((part) => intersection(part, range)).filter((part) => !isEmpty(part));
}

/** The difference of two sets. */
export function difference(set: RangeSet, removed: RangeSet): RangeSet {
  const rest: Range[] = [];
  for (const range of set) {
    let start = range.start;
    for (const hole of removed) {
      if (hole.end <= start) continue;
      if (hole.start >= range.end) break;
      if (hole.start > start) rest.push({ start, end: hole.start });
      start = Math.max(start, hole.end);
    }
    if (start < range.end) rest.push({ start, end: range.end });
  }
  return rest;
}

/** The intersection of two sets. */
export function common(a: RangeSet, b: RangeSet): RangeSet {
  return union(a.flatMap((range) => within(b, range)));
}

/** The hull of a set; null when it is empty. */
export function hull(set: RangeSet): Range | null {
  const [first] = set;
  const last = set.at(-1);
  return first && last ? { start: first.start, end: last.end } : null;
}

/** The longest range of a set, the earliest of equals; null when it is empty. */
export function longest(set: RangeSet): Range | null {
  return set.reduce<Range | null>(
    (best, range) => (best && best.end - best.start >= range.end - range.start ? best : range),
    null,
  );
}
