import { formatTime, type Seconds } from '../../sdk/time/time.js';
import { concatTables, pickRows, type Table } from '../../sdk/table.js';
import { sameRow, type Notes } from '../conformance.js';

/** What to do if two files have ticks at one time. */
export interface TickJoin {
  readonly notes: Notes;
  /** At this time one file ends and the other begins, so differing ticks of both are kept. Null: no such time. */
  readonly border: Seconds | null;
  /** Called when files contradict each other. If it returns, the earlier file's ticks are used. */
  readonly contradict: (time: Seconds) => void;
}

/**
 * The ticks of two files in order of time, each file's own order kept. Ticks of one time that both files have alike are taken
 * once.
 */
export function mergeTicks(early: Table, late: Table, { notes, border, contradict }: TickJoin): Table {
  const both = concatTables([early, late]);
  const offset = early.ts.length;
  const kept: number[] = [];
  const take = (from: number, to: number): void => {
    for (let row = from; row < to; row++) kept.push(row);
  };
  for (let [a, b] = [0, 0]; a < offset || b < late.ts.length;) {
    const time = Math.min(early.ts[a] ?? Infinity, late.ts[b] ?? Infinity);
    const [endA, endB] = [pastTime(early.ts, a, time), pastTime(late.ts, b, time)];
    take(a, endA);
    if (endA === a) take(offset + b, offset + endB);
    else if (endB > b) {
      const alike = endA - a === endB - b && rowsAlike(both, a, offset + b, endA - a);
      if (alike) notes.add('ticks that are in two files taken once', endA - a, formatTime(time));
      else if (time === border) take(offset + b, offset + endB);
      else contradict(time);
    }
    [a, b] = [endA, endB];
  }
  return pickRows(both, kept);
}

function pastTime(ts: Float64Array, from: number, time: Seconds): number {
  let end = from;
  while (end < ts.length && ts[end] === time) end++;
  return end;
}

function rowsAlike(table: Table, a: number, b: number, count: number): boolean {
  for (let row = 0; row < count; row++) if (!sameRow(table, a + row, table, b + row)) return false;
  return true;
}
