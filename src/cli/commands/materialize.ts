import { betweenBarsText } from '../../engine/plan/horizon.js';
import { byFamily, isFamily } from '../../engine/run/family.js';
import type { NodeReport, RunReport, Span } from '../../engine/run/reporting/report.js';
import { notesText } from '../../engine/sources/notes.js';
import { serviceText } from '../../engine/sources/service-level.js';
import { addTo, groupBy } from '../../sdk/lists.js';
import { formatInterval, formatRange, parseRange } from '../../sdk/time/time.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { exitCodeOfReport } from '../exit-codes.js';
import { findStrategy } from '../find-strategy.js';
import { formatCount, formatNames, formatSpans, summaryLine } from '../../present/format.js';
import { visible, visibleLines } from '../../present/visible.js';
import { formatTable, painter, right, type Color, type Paint } from '../table.js';
import type { RequestOptions } from '../../client/job-client.js';
import type { Jobs, Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

interface MaterializeFlags extends CommonFlags {
  readonly start: string;
  readonly end: string;
  readonly onlyMissing?: boolean;
  readonly refresh?: boolean;
}

/** `seamless materialize <strategy> --start --end` */
export async function runMaterialize(
  terminal: Terminal,
  spec: string,
  flags: MaterializeFlags,
): Promise<number> {
  const { cwd } = terminal;
  const range = parseRange(flags.start, flags.end);
  const strategy = await findStrategy(spec, cwd);
  const cacheDir = cacheDirOf(cwd, strategy.projectRoot, flags);
  const only = flags.onlyMissing ? { only: 'missing' as const } : {};
  const run = async (jobs: Jobs, options: RequestOptions): Promise<RunReport> => {
    if (flags.refresh) await jobs.request('refresh', { strategy, cacheDir }, options);
    // Loaded when needed, while the child starts.
    const { bundleAhead } = await import('../startup/bundle-ahead.js');
    const bundle = await bundleAhead(strategy, cacheDir);
    return jobs.request(
      'materialize',
      { strategy, ...range, ...only, cacheDir, ...(bundle && { bundle }), sidecar: true },
      options,
    );
  };
  const show = (report: RunReport): void => showReport(terminal, report, flags.json ?? false);
  return exitCodeOfReport(await withJobs(terminal, run, { bundles: true, show }));
}

/** Prints a report: text, or JSON on stdout with a summary on stderr. */
export function showReport(
  { out, err, env }: Pick<Terminal, 'out' | 'err' | 'env'>,
  report: RunReport,
  json: boolean,
): void {
  const paint = painter(err, env);
  for (const line of failureLines(report)) err.write(`${paint('red', 'error:')} ${visibleLines(line)}\n`);
  if (json) {
    out.write(`${JSON.stringify(report, null, 2)}\n`);
    err.write(`${summaryLine(report)}\n`);
  } else {
    out.write(reportText(report, painter(out, env)));
  }
}

const STATE_COLORS: Readonly<Record<NodeReport['state'], Color>> = {
  hit: 'green',
  reused: 'green',
  computed: 'cyan',
  partial: 'yellow',
  failed: 'red',
  blocked: 'magenta',
  stale: 'yellow',
};

const COLUMNS = ['node', 'kind', 'interval', 'state', right('rows'), 'computed'];

/** The report, for a person. */
function reportText(report: RunReport, paint: Paint): string {
  const [start, end] = report.range;
  const rows = byFamily(report.nodes).map((node) => {
    const { name, label, interval, state, rows: count, computedRanges } = node;
    return [
      isFamily(node) ? `${name} × ${formatCount(node.members.length)}` : name,
      label,
      formatInterval(interval),
      paint(STATE_COLORS[state], state),
      formatCount(count),
      formatSpans(computedRanges),
    ];
  });
  const bounds = report.coverageBounds;
  const covered = bounds ? formatRange({ start: bounds[0], end: bounds[1] }) : 'nothing';
  return [
    `${paint('bold', report.strategy)} ${formatRange({ start, end })}\n\n`,
    formatTable(COLUMNS, rows, paint),
    `\ncomplete in every node: ${covered}\n`,
    ...ranges(report.nodes, 'unavailable', 'before the data begins'),
    ...ranges(report.nodes, 'notYet', 'after the last bar'),
    ...reasonLines(report.nodes, ({ notes }) => notes && notesText(notes), paint),
    ...reasonLines(report.nodes, missedService, paint),
    ...unfiredLines(report.nodes, paint),
    ...reasonLines(report.nodes, ({ waits }) => waits, paint),
    ...reasonLines(report.nodes, ({ uncached }) => uncached, paint),
    ...reasonLines(report.nodes, withoutBars, paint),
    `${summaryLine(report)}\n`,
  ].join('');
}

/** One line per message about nodes, with the nodes it applies to. */
function reasonLines(
  nodes: readonly NodeReport[],
  textOf: (node: NodeReport) => string | undefined,
  paint: Paint,
): string[] {
  const names = new Map<string, string[]>();
  for (const node of nodes) {
    const text = textOf(node);
    if (text !== undefined) addTo(names, text, node.name);
  }
  return [...names].map(([text, those]) => `${paint('yellow', formatNames(those))}: ${visible(text)}\n`);
}

/** What a stream is missing, if it is used anyway; a failed one says it in its error. */
function missedService({ service, state }: NodeReport): string | undefined {
  return service && !service.met && state !== 'failed' ? serviceText(service) : undefined;
}

/** Why a complete node has no row, if the range is shorter than its interval. */
function withoutBars(node: NodeReport): string | undefined {
  return node.reason === betweenBarsText(node) ? node.reason : undefined;
}

/** One line per range without data, with the nodes it is missing in. */
function ranges(nodes: readonly NodeReport[], key: 'unavailable' | 'notYet', why: string): string[] {
  const names = new Map<string, string[]>();
  for (const node of nodes) {
    for (const [start, end] of node[key] satisfies readonly Span[])
      addTo(names, formatRange({ start, end }), node.name);
  }
  return [...names].map(([range, those]) => `unavailable, ${why}: ${range} (${formatNames(those)})\n`);
}

/** Slots that did not fire; for a family, those of its worst node. */
function unfiredLines(nodes: readonly NodeReport[], paint: Paint): string[] {
  const texts = new Map(
    oneOfEach(nodes, ({ unfired }) => unfired?.slots ?? 0).map(({ node, others }) => [
      node,
      `${node.unfired?.text ?? ''}${others}`,
    ]),
  );
  return reasonLines(nodes, (node) => texts.get(node), paint);
}

/** Errors, node by node; blocked nodes are in the summary, with what blocks them. */
function failureLines({ nodes }: RunReport): string[] {
  return oneOfEach(nodes, ({ state }) => Number(state === 'failed')).map(
    ({ node, others }) => `${node.failure?.message ?? node.reason}${others}`,
  );
}

/** The heaviest nodes; for a family its heaviest node, with the number of others. */
function oneOfEach(
  nodes: readonly NodeReport[],
  weightOf: (node: NodeReport) => number,
): { readonly node: NodeReport; readonly others: string }[] {
  const heavy = nodes.filter((each) => weightOf(each) > 0);
  const groups = groupBy<string | NodeReport, NodeReport>(heavy, (node) => node.family ?? node);
  return [...groups.values()].map((group) => {
    const node = group.reduce((most, each) => (weightOf(each) > weightOf(most) ? each : most));
    const others = group.length - 1;
    return {
      node,
      others: others === 0 ? '' : ` And ${formatCount(others)} more of ${node.family ?? ''}: see --json.`,
    };
  });
}
