import { SeamlessError } from '../../sdk/errors.js';
import type { Calendar } from '../../sdk/time/calendar.js';
import { floorToSlot, isTicks, sameGrid, TICKS, type Grid } from '../../sdk/time/grid.js';
import {
  DAY,
  defaultPhase,
  formatInterval,
  formatTime,
  isMonths,
  type Seconds,
  WEEK,
} from '../../sdk/time/time.js';
import { calendarSlots, slotsOfSame } from '../calendar/calendars.js';
import type { NodeDescription } from '../ports/host.js';
import { anchorOf, anchorShift, shiftOf } from './anchors.js';

/** A node with a resolved grid. */
type Gridded = Grid & { readonly name: string };

/**
 * A node's grid: for a stream what its author says; a computed node has its inputs' grid unless it names a calendar.
 * @throws SeamlessError `source` or `interval` for impossible grids, or ones that do not fit the inputs' bars
 */
export function gridOfNode(node: NodeDescription, interval: Seconds, inputs: readonly Gridded[]): Grid {
  if (isTicks({ interval })) return gridOfTicks(node);
  const shift = declaredShift(node, interval);
  const calendar = declared(node, interval);
  if (node.kind === 'stream') {
    if (calendar) refusePhase(node, `its bars follow calendar ${calendar.name}`);
    else if (shift !== null) refusePhase(node, `anchor '${node.anchor}' says where its bars open`);
    const grid = { interval, phase: calendar ? 0 : phaseOf(node, interval), calendar: calendar ?? null };
    return shifted(grid, shift);
  }
  refuseUnequal(node, inputs);
  const same = inputs.find((input) => input.interval === interval);
  const alike = same && same.calendar?.key === calendar?.key;
  const own: Grid =
    calendar === undefined || alike
      ? inherited(node, interval, inputs)
      : { interval, phase: calendar ? 0 : defaultPhase(interval), calendar };
  const grid = shifted(own, shift);
  if (same && !sameGrid(same, grid)) throw unequal(node, [{ ...grid, name: 'the node itself' }, same]);
  return grid;
}

/** A grid whose slots open this much later than usual; null: the usual one. */
function shifted(grid: Grid, shift: Seconds | null): Grid {
  if (shift === null) return grid;
  const { interval, calendar } = grid;
  if (calendar) return { interval, phase: shift, calendar: slotsOfSame(calendar, interval, shift) };
  return { interval, phase: (defaultPhase(interval) + shift) % interval, calendar };
}

function gridOfTicks(node: NodeDescription): Grid {
  if (node.kind === 'node') {
    throw refusal(
      node,
      `Node ${node.name} would have to fire at each tick: say at which bars it fires, such as interval: '1m', or make bars with barsOf({ name: 'bars', input, interval: '1m' }) and use those.`,
    );
  }
  const { calendar = null } = node;
  if (calendar !== null && calendar !== JSON.stringify('24/7')) {
    throw refusal(
      node,
      `${node.name} has ticks, which are in no slot of a calendar: leave its calendar out, and say it where bars are made: barsOf({ …, calendar: ${calendar.replaceAll('"', "'")} }).`,
    );
  }
  refusePhase(node, 'ticks are on no grid');
  if (node.anchor != null)
    throw refusal(
      node,
      `${node.name} has ticks, which are in no slot: leave its anchor out, and say it where bars are made: barsOf({ …, anchor: '${node.anchor}' }).`,
    );
  return TICKS;
}

/** Undefined: the author named no calendar; null: UTC. */
function declared(node: NodeDescription, interval: Seconds): Grid['calendar'] | undefined {
  const { calendar } = node;
  if (calendar === undefined || calendar === null) return undefined;
  return naming(node, () => calendarSlots(JSON.parse(calendar) as Calendar, interval));
}

/** Null: the author named no anchor. */
function declaredShift(node: NodeDescription, interval: Seconds): Seconds | null {
  const { anchor } = node;
  return anchor === undefined || anchor === null ? null : naming(node, () => anchorShift(anchor, interval));
}

/** Errors name the node. */
function naming<T>({ name, location }: NodeDescription, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SeamlessError)) throw error;
    throw new SeamlessError(error.code, `${name}: ${error.message}`, {
      node: name,
      location: location ?? undefined,
      cause: error,
    });
  }
}

/** A node with an input's interval has that input's grid; a slower one continues its inputs' calendar. */
function inherited(node: NodeDescription, interval: Seconds, inputs: readonly Gridded[]): Grid {
  const same = inputs.find((input) => input.interval === interval);
  if (same) return { interval, phase: same.phase, calendar: same.calendar };
  const faster = inputs.filter((input) => input.interval < interval && !isTicks(input));
  const [first] = faster;
  const other = faster.find((input) => input.calendar?.key !== first?.calendar?.key);
  if (first && other) {
    const named = [first, other].map(({ calendar }) => `calendar: '${calendar?.name ?? '24/7'}'`);
    throw refusal(
      node,
      `Node ${node.name} has bars of ${formatInterval(interval)}, and inputs whose days differ: ${daysOf(first)}, ${daysOf(other)}. Say whose days its bars follow, with ${named.join(' or ')}.`,
    );
  }
  const calendar = first?.calendar ? slotsOfSame(first.calendar, interval) : null;
  return { interval, phase: calendar ? 0 : defaultPhase(interval), calendar };
}

/** Bars of one interval on two grids never close together, so neither grid is the right one to fire on. */
function refuseUnequal(node: NodeDescription, inputs: readonly Gridded[]): void {
  const first = new Map<Seconds, Gridded>();
  for (const input of inputs) {
    const other = first.get(input.interval) ?? input;
    first.set(input.interval, other);
    if (!sameGrid(other, input)) throw unequal(node, [other, input]);
  }
}

function unequal(node: NodeDescription, [one, other]: readonly [Gridded, Gridded]): SeamlessError {
  const every = formatInterval(one.interval);
  if (one.calendar?.key !== other.calendar?.key) {
    return refusal(
      node,
      `Node ${node.name} has bars of ${every} of different days: ${daysOf(one)}, ${daysOf(other)}. Give both the same calendar; or make bars of a longer interval of one of them first, in a node of its own with a calendar, and take that as the input.`,
    );
  }
  if (one.interval % WEEK === 0 || isMonths(one.interval)) {
    const ends = [one, other].map((each) => `${each.name} has ${anchorText(each)}`).join(', ');
    return refusal(
      node,
      `Node ${node.name} has bars of ${every} that never open together: ${ends}. Give all of them the same anchor.`,
    );
  }
  const grids = [one, other].map(({ name, phase }) => `${name} has phase ${phase}`).join(', ');
  return refusal(
    node,
    `Node ${node.name} has two inputs with a bar each ${every} that never open together: ${grids} (seconds after the epoch). If they do open together, correct the phase of one source; else make bars of a longer interval of one of them first, in a node of its own, and take that as the input.`,
  );
}

/** `anchor 'W-FRI'`. */
function anchorText(grid: Gridded): string {
  const anchor = anchorOf(grid);
  if (anchor) return `anchor '${anchor}'`;
  return shiftOf(grid) === 0 ? 'no anchor' : `phase ${grid.phase}`;
}

function daysOf({ name, calendar }: Gridded): string {
  return calendar ? `${name} follows ${calendar.name}` : `${name} follows days of UTC`;
}

function refusal({ name, location }: NodeDescription, message: string): SeamlessError {
  return new SeamlessError('interval', message, { node: name, location: location ?? undefined });
}

/** Sessions from 2005 to 2035 are checked: no input bar may cross the ends of a session built from it. */
const SESSIONS = { start: 1_104_537_600, end: 2_051_222_400 };

/** @throws SeamlessError `interval` if an input bar would be in two slots of a node built from it, or half outside */
export function refuseStraddling(node: NodeDescription, grid: Grid, input: Gridded): void {
  const { calendar } = grid;
  refuseOtherAnchor(node, grid, input);
  if (!calendar || input.calendar?.key === calendar.key || isTicks(input)) return;
  const days = slotsOfSame(calendar, DAY);
  for (let open = days.holding(SESSIONS.start); open < SESSIONS.end; open = days.next(open)) {
    const close = days.close(open);
    const border = [open, close].find((time) => floorToSlot(time, input) < time);
    if (border === undefined) continue;
    throw refusal(
      node,
      `${node.name} makes bars of days of ${calendar.name} out of ${input.name}, one of whose bars of ${formatInterval(input.interval)} is open at ${formatTime(border)}, when the day ${border === open ? 'opens' : 'closes'}: take bars of a shorter interval as its input.`,
    );
  }
}

/** @throws SeamlessError `interval` if slots of weeks are built from weeks, or months from months, that cross their ends */
function refuseOtherAnchor(node: NodeDescription, grid: Grid, input: Gridded): void {
  const months = isMonths(input.interval);
  if (months ? !isMonths(grid.interval) : input.interval % WEEK > 0 || isMonths(grid.interval)) return;
  if ((shiftOf(grid) - shiftOf(input)) % input.interval === 0) return;
  throw refusal(
    node,
    `${node.name} makes bars of ${formatInterval(grid.interval)} with ${anchorText({ ...grid, name: node.name })} of those of ${input.name}, which are of ${formatInterval(input.interval)} with ${anchorText(input)}: some would be in two of them. Say an anchor that ends with one of theirs, or make them of bars of a day.`,
  );
}

function refusePhase(node: NodeDescription, why: string): void {
  const phase = node.source?.options['phase'];
  if (phase === undefined || (node.source?.kind === 'custom' && typeof phase !== 'number')) return;
  throw new SeamlessError(
    'source',
    `The source of ${node.name} has a phase, but ${why}: leave the phase out.`,
    { node: node.name, location: node.location ?? undefined },
  );
}

function phaseOf(node: NodeDescription, interval: Seconds): Seconds {
  const phase = node.source?.options['phase'];
  // A custom provider may use the word in another sense.
  if (phase === undefined || (node.source?.kind === 'custom' && typeof phase !== 'number')) {
    return defaultPhase(interval);
  }
  if (isMonths(interval) && phase !== 0) {
    throw new SeamlessError(
      'source',
      `The source of ${node.name} has a phase, but its interval of ${formatInterval(interval)} follows the calendar: leave the phase out.`,
      { node: node.name, location: node.location ?? undefined },
    );
  }
  if (!Number.isSafeInteger(phase)) {
    const shown =
      typeof phase === 'number' || typeof phase === 'bigint' ? String(phase) : JSON.stringify(phase);
    throw new SeamlessError(
      'source',
      `The source of ${node.name} has phase ${shown}: it must be a whole number of seconds after the epoch, where the grid of its bars starts.`,
      { node: node.name, location: node.location ?? undefined },
    );
  }
  return (((phase as number) % interval) + interval) % interval;
}
