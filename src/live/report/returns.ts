import type { Seconds } from '../../sdk/time/time.js';

/** Returns of equity by calendar month, in UTC. */
export interface YearOfReturns {
  readonly year: number;
  /** From the end of the year before, or the capital, to the end of this one. */
  readonly total: number;
  /** January first: each from the end of the last month that has slots, or the capital. Null: a month without slots. */
  readonly months: readonly (number | null)[];
}

const MONTHS = 12;

/** @param days equity at the end of each UTC day, stamped by that end: midnight belongs to the day before */
export function yearsOf(capital: number, days: readonly (readonly [Seconds, number])[]): YearOfReturns[] {
  const ends = new Map<number, number>();
  for (const [end, equity] of days) {
    const day = new Date((end - 1) * 1000);
    ends.set(day.getUTCFullYear() * MONTHS + day.getUTCMonth(), equity);
  }
  const years: { year: number; total: number; months: (number | null)[] }[] = [];
  let [beforeMonth, beforeYear] = [capital, capital];
  for (const [month, equity] of ends) {
    const year = Math.floor(month / MONTHS);
    let own = years.at(-1);
    if (own?.year !== year) {
      beforeYear = beforeMonth;
      own = { year, total: 0, months: Array<null>(MONTHS).fill(null) };
      years.push(own);
    }
    own.months[month % MONTHS] = equity / beforeMonth - 1;
    own.total = equity / beforeYear - 1;
    beforeMonth = equity;
  }
  return years;
}
