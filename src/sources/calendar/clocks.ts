import type { OpenStream } from '../../engine/ports/source.js';
import { formatInterval, formatTime, type Seconds } from '../../sdk/time/time.js';
import { sourceError } from '../faults.js';
import { slotStamped } from './stamps.js';

/**
 * Whose clocks times were read from that name no zone, and so were taken for UTC: on a calendar its slots show it.
 * @throws SeamlessError `source` where they are times of the calendar's zone, or may be either
 */
export function refuseOtherClocks(stream: OpenStream, opens: readonly Seconds[]): void {
  const { slots } = stream;
  if (!slots || opens.length === 0 || slots.calendar.zone === 'UTC') return;
  const { calendar, interval, stamp } = slots;
  const slotOf = (time: Seconds): Seconds | null => slotStamped(calendar, interval, time, stamp);
  const local = opens.map((open) => slotOf(calendar.timeOf(open)));
  if (local.includes(null)) return;
  const bars = `bars of ${formatInterval(interval)} of ${calendar.name}`;
  const off = opens.find((open) => slotOf(open) === null);
  if (off !== undefined) {
    throw sourceError(
      stream,
      `its times name no zone. Taken for UTC they are not those of ${bars}, such as ${formatTime(off)}; by the clocks of ${calendar.zone} they are: say timeZone: '${calendar.zone}' in the source.`,
    );
  }
  if (opens.every((open, row) => slotOf(open) === local[row])) return;
  throw sourceError(
    stream,
    `its times name no zone, and are those of ${bars} as UTC and by the clocks of ${calendar.zone}: say timeZone: 'UTC' or timeZone: '${calendar.zone}' in the source.`,
  );
}
