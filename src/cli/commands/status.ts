import { resolve } from 'node:path';

import { cacheFolder, partialRange } from '../../protocol/project.js';
import type { StatusReport } from '../../protocol/results.js';
import type { NodeStatus } from '../../engine/plan/status.js';
import { formatInterval, formatRange } from '../../sdk/time.js';
import { EXIT } from '../exit-codes.js';
import { findStrategy } from '../find-strategy.js';
import { formatCount, formatSpans, plural } from '../../present/format.js';
import { formatTable, painter, type Color, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

export interface StatusFlags {
  readonly start?: string;
  readonly end?: string;
  readonly cache?: string;
  readonly json?: boolean;
}

/** `seamless status <strategy>` */
export async function runStatus(terminal: Terminal, spec: string, flags: StatusFlags): Promise<number> {
  const { out, env, cwd } = terminal;
  const range = partialRange(flags.start, flags.end);
  const strategy = await findStrategy(spec, cwd);
  const cacheDir = cacheFolder(strategy.projectRoot, flags.cache && resolve(cwd, flags.cache));
  const status = await withJobs(terminal, (jobs, options) =>
    jobs.request('status', { strategy, ...range, cacheDir }, options),
  );
  out.write(flags.json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status, painter(out, env)));
  return status.nodes.some(({ failure }) => failure !== null) ? EXIT.source : EXIT.done;
}

const STATE_COLORS: Readonly<Record<NodeStatus['state'], Color>> = {
  fresh: 'green',
  partial: 'yellow',
  stale: 'yellow',
  empty: 'dim',
};

/** The status as a person reads it. */
export function statusText(status: StatusReport, paint: Paint): string {
  const columns = [
    { title: 'node' },
    { title: 'kind' },
    { title: 'interval' },
    { title: 'state' },
    { title: 'rows', align: 'right' as const },
    { title: 'stored' },
    { title: 'why' },
  ];
  const rows = status.nodes.map(({ name, label, interval, state, rows: count, coverage, reason }) => [
    name,
    label,
    formatInterval(interval),
    paint(STATE_COLORS[state], state),
    formatCount(count),
    formatSpans(coverage),
    reason,
  ]);
  const { range, lastRanges } = status;
  const asked = range ? ` ${formatRange({ start: range[0], end: range[1] })}` : '';
  const fresh = status.nodes.filter(({ state }) => state === 'fresh').length;
  const last = lastRanges.length > 0 ? `last asked for: ${formatSpans(lastRanges)}\n` : '';
  return [
    `${paint('bold', status.strategy)}${asked}\n\n`,
    formatTable(columns, rows, paint),
    `\n${plural(status.nodes.length, 'node')} · ${formatCount(fresh)} fresh\n`,
    last,
  ].join('');
}
