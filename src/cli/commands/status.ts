import { partialRange } from '../../protocol/project.js';
import type { StatusReport } from '../../protocol/results.js';
import type { NodeStatus } from '../../engine/plan/status.js';
import { formatInterval, formatRange } from '../../sdk/time/time.js';
import { cacheDirOf, type RangeFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { commonCoverage, nodeLines } from '../family-lines.js';
import { findStrategy } from '../find-strategy.js';
import { formatCount, formatSpans, plural } from '../../present/format.js';
import { formatTable, painter, right, type Color, type Paint } from '../table.js';
import type { RequestOptions } from '../../client/job-client.js';
import type { Jobs, Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

interface StatusFlags extends RangeFlags {
  /** One line per symbol of a family. */
  readonly symbols?: boolean;
}

/** `seamless status <strategy>` */
export async function runStatus(terminal: Terminal, spec: string, flags: StatusFlags): Promise<number> {
  const { out, env, cwd } = terminal;
  const range = partialRange(flags.start, flags.end);
  const strategy = await findStrategy(spec, cwd);
  const cacheDir = cacheDirOf(cwd, strategy.projectRoot, flags);
  const show = (status: StatusReport): void =>
    out.write(
      flags.json
        ? `${JSON.stringify(status, null, 2)}\n`
        : statusText(status, painter(out, env), flags.symbols),
    );
  const ask = async (jobs: Jobs, options: RequestOptions): Promise<StatusReport> => {
    // Loaded when needed, while the child starts.
    const { bundleAhead } = await import('../startup/bundle-ahead.js');
    const bundle = await bundleAhead(strategy, null);
    return jobs.request('status', { strategy, ...range, cacheDir, ...(bundle && { bundle }) }, options);
  };
  const status = await withJobs(terminal, ask, { bundles: true, show });
  return status.nodes.some(({ failure }) => failure !== null) ? EXIT.source : EXIT.done;
}

const STATE_COLORS: Readonly<Record<NodeStatus['state'], Color>> = {
  fresh: 'green',
  partial: 'yellow',
  stale: 'yellow',
  empty: 'dim',
};

const WORST_FIRST: readonly NodeStatus['state'][] = ['stale', 'partial', 'empty', 'fresh'];

/** The status, for a person. @param symbols one line per symbol of a family */
function statusText(status: StatusReport, paint: Paint, symbols = false): string {
  const columns = ['node', 'kind', 'interval', 'state', right('rows'), 'stored', 'why'];
  const told = symbols ? status.nodes.map((node) => ({ ...node, family: undefined })) : status.nodes;
  const rows = nodeLines(told, WORST_FIRST).map(({ name, nodes, worst, reason }) => [
    name,
    worst.label,
    formatInterval(worst.interval),
    paint(STATE_COLORS[worst.state], worst.state),
    formatCount(nodes.reduce((sum, node) => sum + node.rows, 0)),
    formatSpans(commonCoverage(nodes)),
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
