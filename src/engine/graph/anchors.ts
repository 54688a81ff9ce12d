import { nearNames, SeamlessError } from '../../sdk/errors.js';
import type { Grid } from '../../sdk/time/grid.js';
import {
  DAY,
  defaultPhase,
  formatInterval,
  isMonths,
  MONTH,
  type Seconds,
  WEEK,
} from '../../sdk/time/time.js';

const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** A grid; all that matters of its calendar is whether there is one. */
type Phased = Pick<Grid, 'interval' | 'phase'> & { readonly calendar: unknown };

/**
 * How much later than usual slots open, for a pandas anchor: `'W-FRI'` ends with that day, `'Q-MAR'` and `'Y-MAR'` (or `QE`,
 * `YE`) with that month; `'QS-APR'` and `'YS-APR'` begin with theirs.
 * @throws SeamlessError `interval` for an invalid anchor of that interval
 */
export function anchorShift(anchor: string, interval: Seconds): Seconds {
  const known = anchorsOf(interval);
  const shift = known.get(anchor);
  if (shift !== undefined) return shift;
  throw new SeamlessError('interval', sentence(anchor, interval, [...known.keys()]));
}

/** The anchor of a grid of weeks or months; null: the usual one, or none that has a name. */
export function anchorOf(grid: Phased): string | null {
  return shiftOf(grid) === 0 ? null : nameOf(grid);
}

/** Where slots open, for people: `W-SUN`, or seconds after the epoch. */
export function phaseText(grid: Phased): string {
  return nameOf(grid) ?? `${grid.phase} s`;
}

/** How much later than usual slots open. */
export function shiftOf({ interval, phase, calendar }: Phased): Seconds {
  const usual = calendar ? 0 : defaultPhase(interval);
  return (((phase - usual) % interval) + interval) % interval;
}

function nameOf(grid: Phased): string | null {
  const shift = shiftOf(grid);
  return [...anchorsOf(grid.interval)].find(([, each]) => each === shift)?.[0] ?? null;
}

function anchorsOf(interval: Seconds): ReadonlyMap<string, Seconds> {
  if (interval % WEEK === 0) return new Map(WEEKDAYS.map((day, at) => [`W-${day}`, ((at + 1) % 7) * DAY]));
  const months = isMonths(interval) ? interval / MONTH : 1;
  if (months === 1 || (12 % months > 0 && months % 12 > 0)) return new Map();
  const units: readonly (readonly [string, Seconds])[] = [
    ...(months === 3
      ? ([
          ['Q', 1],
          ['QE', 1],
          ['QS', 0],
        ] as const)
      : []),
    ['Y', 1],
    ['YE', 1],
    ['YS', 0],
  ];
  return new Map(
    units.flatMap(([unit, after]) =>
      MONTHS.map((month, at): [string, Seconds] => [`${unit}-${month}`, ((at + after) % months) * MONTH]),
    ),
  );
}

function sentence(anchor: unknown, interval: Seconds, known: readonly string[]): string {
  const [first] = known;
  const bars = `bars of ${formatInterval(interval)}`;
  if (first === undefined) {
    const why =
      interval === MONTH
        ? 'each opens with the first of its month and is there at its end'
        : 'no day or month names where they open';
    return `${bars[0]?.toUpperCase()}${bars.slice(1)} have no anchor, since ${why}: leave anchor: ${JSON.stringify(anchor)} out, or give them interval: '1w', '1q' or '1y'.`;
  }
  const [near] = typeof anchor === 'string' ? nearNames(anchor, known, 1) : [];
  const advice = near
    ? `did you mean '${near}'?`
    : `write such as '${interval % WEEK === 0 ? 'W-FRI' : `${first[0]}-MAR`}'.`;
  return `There is no anchor ${JSON.stringify(anchor)} of ${bars}: ${advice}`;
}
