import type { OpenStream } from '../../engine/ports/source.js';
import { formatInterval, formatTime, type Seconds } from '../../sdk/time/time.js';
import { sourceError } from '../faults.js';
import { slotStamped } from './stamps.js';

/**
 * Checks times that name no zone, and so were read as UTC, against the slots of the stream's calendar.
 * @throws SeamlessError `source` where they fit the calendar's own zone, or fit both
 */
export function refuseOtherClocks(stream: OpenStream, opens: readonly Seconds[]): void {
  const { slots } = stream;
  if (!slots || opens.length === 0 || slots.calendar.zone === 'UTC') return;
  const { calendar, interval, stamp } = slots;
  const slotOf = (time: Seconds): Seconds | null => slotStamped(calendar, interval, time, stamp);
  const local = opens.map((open) => slotOf(calendar.timeOf(open)));
  if (local.includes(null)) return;
  const bars = `${formatInterval(interval)} bars of ${calendar.name}`;
  const off = opens.find((open) => slotOf(open) === null);
  if (off !== undefined) {
    throw sourceError(
      stream,
      `its times name no zone. Read as UTC they do not fit ${bars} (${formatTime(off)}, for example); read in ${calendar.zone} they do: say timeZone: '${calendar.zone}' in the source.`,
    );
  }
  if (opens.every((open, row) => slotOf(open) === local[row])) return;
  throw sourceError(
    stream,
    `its times name no zone, and fit ${bars} both as UTC and in ${calendar.zone}: say timeZone: 'UTC' or timeZone: '${calendar.zone}' in the source.`,
  );
}
