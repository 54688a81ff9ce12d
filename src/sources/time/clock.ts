import type { OpenStream } from '../../engine/ports/source.js';
import { isTicks } from '../../sdk/time/grid.js';
import { sourceError } from '../faults.js';
import { clockFormat } from './spelling.js';

const HOUR = 3_600;

/** Numbers below this may be a time of day: 235959999. */
export const LARGEST_CLOCK = 240_000_000;

/** Names of columns with the time of day. */
export const CLOCK_NAME = /time|clock|hour|uhr|stunde|hora|heure|hh_?mm|^h[re]$/i;
const HOUR_NAME = /hour|stunde|hora|heure|^h[re]$/i;

/** How a column gives the time of day beside a date. */
export interface Clock {
  /** strptime. */
  readonly formats: readonly string[];
  /** SQL for the text that they read. */
  text(raw: string): string;
  /** SQL for seconds to add, `''` for none: an hour of 24 is the next midnight, hours that count from 1 begin an hour earlier. */
  later(raw: string): string;
  readonly words?: string;
}

function cell(raw: string): string {
  return `trim(CAST(${raw} AS VARCHAR))`;
}

const asIs = { text: (raw: string) => cell(raw), later: () => '' };

/** How texts give the time of day; null: they do not. @param name of the column */
export function clockOfAll(stream: OpenStream, name: string, texts: readonly string[]): Clock | null {
  const trimmed = texts.map((text) => text.trim()).filter((text) => text !== '');
  if (trimmed.length === 0) return null;
  if (trimmed.every((text) => /^\d{1,9}$/.test(text)) && CLOCK_NAME.test(name)) {
    const counted = counts(stream, name, trimmed.map(Number));
    if (counted) return counted;
  }
  const formats = trimmed.map(clockFormat);
  if (formats.includes(null) || !(trimmed.some((text) => text.includes(':')) || CLOCK_NAME.test(name)))
    return null;
  const found = [...new Set(formats as string[])];
  if (!trimmed.some((text) => text.startsWith('24'))) return { formats: found, ...asIs };
  return {
    formats: found,
    text: (raw) => `regexp_replace(${cell(raw)}, '^24', '00')`,
    later: (raw) => ` + CASE WHEN starts_with(${cell(raw)}, '24') THEN ${24 * HOUR} ELSE 0 END`,
  };
}

/** Numbers without leading zeros: hours, 930, 93000, or 93000000 with milliseconds. */
function counts(stream: OpenStream, name: string, numbers: readonly number[]): Clock | null {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const padded =
    (digits: number): Clock['text'] =>
    (raw) =>
      `lpad(regexp_extract(${cell(raw)}, '^\\d+'), ${digits}, '0')`;
  if (most <= 24 && (HOUR_NAME.test(name) || stream.interval >= HOUR)) {
    // 1 to 24 number the hours of a day: the first begins at midnight. As closes they are read as they are.
    const numbered = most === 24 && least >= 1;
    const early = numbered && stream.source.options['stamp'] !== 'close' ? ` - ${HOUR}` : '';
    return {
      formats: ['%H'],
      text: (raw) => `regexp_replace(${padded(2)(raw)}, '^24', '00')`,
      later: (raw) =>
        `${most === 24 ? ` + CASE WHEN ${padded(2)(raw)} = '24' THEN ${24 * HOUR} ELSE 0 END` : ''}${early}`,
      words: numbered ? 'hours 1 to 24' : 'hours',
    };
  }
  const minutes = (number: number): boolean => number % 100 < 60;
  if (numbers.every((number) => number < 2400 && minutes(number)))
    return { formats: ['%H%M'], text: padded(4), later: () => '' };
  if (numbers.every((number) => number < 240_000 && minutes(number) && minutes(Math.trunc(number / 100))))
    return { formats: ['%H%M%S'], text: padded(6), later: () => '' };
  const seconds = numbers.map((number) => Math.trunc(number / 1000));
  if (seconds.every((each) => each < 240_000 && minutes(each) && minutes(Math.trunc(each / 100))))
    return { formats: ['%H%M%S%g'], text: padded(9), later: () => '' };
  return null;
}

/** @throws SeamlessError `source` where times of day run from after midnight to 24:00, so that they are ends of bars */
export function refuseEnds(stream: OpenStream, name: string, texts: readonly string[], source: string): void {
  const ends =
    texts.some((text) => /^24:?00/.test(text.trim())) && !texts.some((text) => /^0?0:?00/.test(text.trim()));
  if (!ends || isTicks(stream) || stream.source.options['stamp'] !== undefined) return;
  throw sourceError(
    stream,
    `column ${name} of ${source} runs to 24:00 and has no 00:00, so it gives the ends of bars: say stamp: 'close'.`,
  );
}
