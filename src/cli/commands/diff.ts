import { partialRange } from '../../protocol/project.js';
import type { DiffReport } from '../../protocol/results.js';
import { formatCount, formatSpans } from '../../present/format.js';
import { formatTime } from '../../sdk/time/time.js';
import { cacheDirOf, type RangeFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { notFinite } from '../json.js';
import { findStored } from '../find-strategy.js';
import { formatTable, painter, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

/** `seamless diff <strategy> <node>` */
export async function runDiff(
  terminal: Terminal,
  spec: string,
  node: string,
  flags: RangeFlags,
): Promise<number> {
  const { out, env, cwd } = terminal;
  const range = partialRange(flags.start, flags.end);
  const { name, ref } = await findStored(spec, cwd);
  const { projectRoot } = ref;
  const cacheDir = cacheDirOf(cwd, projectRoot, flags);
  const payload = { projectRoot, cacheDir, strategy: name, node, ...range };
  const report = await withJobs(terminal, (jobs, options) => jobs.request('diff', payload, options), {
    loads: false,
  });
  out.write(flags.json ? `${JSON.stringify(report, notFinite, 2)}\n` : diffText(report, painter(out, env)));
  return EXIT.done;
}

/** The difference of two versions of a node, for a person. */
function diffText(report: DiffReport, paint: Paint): string {
  const { strategy, node, before, after, compared, difference } = report;
  const head = `${paint('bold', visible(node))} of ${visible(strategy)}\n\n`;
  if (!before) return `${head}it has only one version, since ${formatTime(after.since)}\n`;
  if (!difference || compared.length === 0) return `${head}its last two versions have no range in common\n`;
  const { common, changed, onlyBefore, onlyAfter, first, largest, spans } = difference;
  const rows = [
    ['versions', `${when(before)}  against  ${when(after)}`],
    ['compared', formatSpans(compared)],
    ['bars of both', formatCount(common)],
    ['changed', paint(changed > 0 ? 'yellow' : 'green', formatCount(changed))],
    ['only before', formatCount(onlyBefore)],
    ['only after', formatCount(onlyAfter)],
    ...(first
      ? [['first difference', `${formatTime(first.ts)}: ${shown(first.before)} → ${shown(first.after)}`]]
      : []),
    ...(largest
      ? [['largest', `${formatTime(largest.ts)}: ${largest.column} by ${largest.difference}`]]
      : []),
    ...(spans.length > 0 ? [['where', formatSpans(spans)]] : []),
  ];
  const table = formatTable(['', ''], rows, paint).replace(/^\s*\n/, '');
  const nothing = changed + onlyBefore + onlyAfter === 0 ? 'they are the same, bit for bit\n' : '';
  return `${head}${table}${nothing}`;
}

function when({ since, until }: DiffReport['after']): string {
  return until === null ? `since ${formatTime(since)}` : `until ${formatTime(until)}`;
}

function shown(value: NonNullable<NonNullable<DiffReport['difference']>['first']>['before']): string {
  if (value === null) return 'no row, or null';
  return typeof value === 'object'
    ? JSON.stringify(value, notFinite)
    : Object.is(value, -0)
      ? '-0'
      : String(value);
}
