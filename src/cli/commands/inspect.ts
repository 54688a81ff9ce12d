import { relative, resolve, sep } from 'node:path';

import { formatCount } from '../../present/format.js';
import { visible, visibleLines } from '../../present/visible.js';
import { projectRootOf } from '../../protocol/project.js';
import type { Result } from '../../protocol/results.js';
import { defaultPhase, formatInterval, formatRange, formatTime } from '../../sdk/time.js';
import { EXIT } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

export interface InspectFlags {
  readonly json?: boolean;
}

/** `seamless inspect <file>` */
export async function runInspect(terminal: Terminal, file: string, flags: InspectFlags): Promise<number> {
  const { out, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const path = relative(projectRoot, resolve(cwd, file)).split(sep).join('/');
  const found = await withJobs(terminal, (jobs, options) =>
    jobs.request('inspect', { projectRoot, path }, options),
  );
  out.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : inspectText(path, found));
  return EXIT.done;
}

function inspectText(path: string, found: Result<'inspect'>): string {
  const { rows, interval, phase, first, last, gaps, longest, notes, bad, faults } = found;
  const extent =
    first === null || last === null
      ? ''
      : `, from ${formatTime(first)} to ${formatTime(last)}, by their opens`;
  const others = found.otherTimes.length > 0 ? ` (not ${found.otherTimes.join(', ')})` : '';
  const holes = longest.map(([start, end]) => formatRange({ start, end })).join(', ');
  const lines = [
    `${path}: ${formatCount(rows)} bars of ${formatInterval(interval)}${phase === defaultPhase(interval) ? '' : `, phase ${phase}`}${extent}`,
    `time: ${found.time}${others}, ${found.timeWords}`,
    `columns: ${found.columns.map(({ name, type }) => `${name} ${type}`).join(', ')}`,
    ...(found.details.length > 0 ? [`read as: ${found.details.join(', ')}`] : []),
    gaps === 0 ? 'gaps: none' : `gaps: ${formatCount(gaps)}; the longest: ${holes}`,
    ...notes.map(
      ({ what, count, example }) => `${formatCount(count)} ${what}${example ? `: ${example}` : ''}`,
    ),
    ...(bad === 0
      ? []
      : [`rows that cannot be bars: ${formatCount(bad)}`, ...faults.map((each) => `  ${each}`)]),
  ];
  return `${lines.map(visible).join('\n')}\n\n${visibleLines(found.line)}\n`;
}
