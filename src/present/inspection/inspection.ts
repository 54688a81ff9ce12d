import type { SourceTaken } from '../../engine/ports/source.js';
import type { Result } from '../../protocol/results.js';
import { defaultPhase, formatInterval, formatRange, formatTime, TICK } from '../../sdk/time/time.js';
import { formatCount } from '../format.js';
import { visible, visibleLines } from '../visible.js';

/** How a data file is read, line by line, followed by the stream to paste into a strategy. */
export function inspectionText(path: string, found: Result<'inspect'>): string {
  const { gaps, longest, notes, bad, faults } = found;
  const holes = longest.map(([start, end]) => formatRange({ start, end })).join(', ');
  const lines = [
    `${path}: ${barsText(found)}`,
    ...takenLines(found),
    found.interval === TICK
      ? "bars of them: barsOf({ name: 'bars', input: ticks, interval: '1m' })"
      : gaps === 0
        ? 'gaps: none'
        : `gaps: ${formatCount(gaps)}; the longest: ${holes}`,
    ...notes.map(
      ({ what, count, example }) => `${formatCount(count)} ${what}${example ? `: ${example}` : ''}`,
    ),
    ...(bad === 0
      ? []
      : [`rows that cannot be bars: ${formatCount(bad)}`, ...faults.map((each) => `  ${each}`)]),
  ];
  const others = found.others.map(({ when, line }) => `\n${visible(when)}:\n${visibleLines(line)}\n`);
  return `${lines.map(visible).join('\n')}\n\n${visibleLines(found.line)}\n${others.join('')}`;
}

/** `time: Date (not Updated), ISO-8601, UTC`, the columns, and other assumptions about the file. */
export function takenLines({ time, timeWords, otherTimes, columns, details }: SourceTaken): string[] {
  const others = otherTimes.length > 0 ? ` (not ${otherTimes.join(', ')})` : '';
  return [
    `time: ${time}${others}, ${timeWords}`,
    `columns: ${columns.map(({ name, type }) => `${name} ${type}`).join(', ')}`,
    ...(details.length > 0 ? [`read as: ${details.join(', ')}`] : []),
  ];
}

/** `503 bars of 1d, from 2023-01-03 to 2024-12-31, by their opens` */
function barsText({ rows, interval, phase, anchor, first, last }: Result<'inspect'>): string {
  const usual = phase === 0 || phase === defaultPhase(interval);
  const shift = anchor ? ` (${anchor})` : usual ? '' : `, phase ${phase}`;
  const extent =
    first === null || last === null
      ? ''
      : `, from ${formatTime(first)} to ${formatTime(last)}, by their opens`;
  if (interval === TICK) return `${formatCount(rows)} ticks${extent.replace(', by their opens', '')}`;
  return `${formatCount(rows)} bars of ${formatInterval(interval)}${shift}${extent}`;
}
