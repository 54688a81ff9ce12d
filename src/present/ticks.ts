import { DAY, formatTime } from '../sdk/time/time.js';

interface Tick {
  readonly time: number;
  readonly text: string;
}

const STEPS = [
  1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 259_200, 345_600,
  604_800, 1_209_600,
];
const MONTH_STEPS = [1, 3, 6, 12, 24, 60, 120, 240, 600];
/** At most `most` round times of a range, in UTC: dates if the step is a day or more, else times of day. */
export function ticksOf([start, end]: readonly [number, number], most: number): Tick[] {
  const wanted = (end - start) / Math.max(1, most);
  const step = STEPS.find((each) => each >= wanted);
  return step === undefined ? monthTicks(start, end, wanted) : evenTicks(start, end, step);
}

function evenTicks(start: number, end: number, step: number): Tick[] {
  const ticks: Tick[] = [];
  // Weeks begin on Mondays, and the epoch was a Thursday.
  const phase = step % 604_800 === 0 ? 4 * DAY : 0;
  for (let time = Math.ceil((start - phase) / step) * step + phase; time < end; time += step) {
    ticks.push({ time, text: time % DAY === 0 ? formatTime(time) : clock(time, step) });
  }
  return ticks;
}

function clock(time: number, step: number): string {
  const iso = new Date(time * 1000).toISOString();
  return step < 60 ? iso.slice(11, 19) : iso.slice(11, 16);
}

function monthTicks(start: number, end: number, wanted: number): Tick[] {
  const step = MONTH_STEPS.find((each) => each * 30 * DAY >= wanted) ?? 1200;
  const ticks: Tick[] = [];
  const first = new Date(start * 1000);
  let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / step) * step;
  for (; ; month += step) {
    const time = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
    if (time >= end) return ticks;
    if (time >= start) {
      const text = formatTime(time);
      ticks.push({ time, text: step % 12 === 0 ? text.slice(0, 4) : text.slice(0, 7) });
    }
  }
}
