import { calendarText, keptCalendarSlots } from '../../engine/calendar/calendars.js';
import type { NodeRecord } from '../../engine/ports/store.js';
import { isTicks, TICKS, type Grid } from '../../sdk/time/grid.js';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import type { Session } from '../duckdb/session.js';

/** The columns that a grid is read from: `${GRID_COLUMNS}` of `nodes d ${JOIN_CALENDARS}`. */
export const GRID_COLUMNS = 'd.interval_s, d.phase_s, calendars.rules';
export const JOIN_CALENDARS = 'LEFT JOIN calendars ON calendars.key = d.calendar';
export const GRID_KINDS = { interval_s: 'number', phase_s: 'number', rules: 'text?' } as const;

export function gridIn({
  interval_s: interval,
  phase_s: phase,
  rules,
}: {
  readonly interval_s: number;
  readonly phase_s: number;
  readonly rules: string | null;
}): Grid {
  if (isTicks({ interval })) return TICKS;
  return { interval, phase, calendar: rules === null ? null : keptCalendarSlots(rules, interval, phase) };
}

/** Stores the calendars of nodes, each once. */
export async function keepCalendars(session: Session, nodes: Iterable<NodeRecord>): Promise<void> {
  const added = new Map<string, string>();
  for (const { calendar } of nodes) {
    if (calendar && calendar !== TICKS.calendar && !added.has(calendar.key))
      added.set(calendar.key, calendarText(calendar));
  }
  if (added.size === 0) return;
  const known = await session.select(
    { key: 'text' },
    `SELECT key FROM calendars JOIN (SELECT ${unnestTexts(1)} AS wanted) ON key = wanted`,
    [jsonParameter(added.keys())],
  );
  for (const { key } of known) added.delete(key);
  await session.append(
    'calendars',
    [...added].map(([key, rules]) => ({ key, rules })),
  );
}
