import { partialRange, storedName } from '../../protocol/project.js';
import type { VerifiedNode, VerifyReport } from '../../protocol/results.js';
import { formatCount, formatSpans, plural } from '../../present/format.js';
import { valueText } from '../../present/values.js';
import { SeamlessError } from '../../sdk/errors.js';
import { cacheDirOf, type RangeFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { notFinite } from '../json.js';
import { findStrategy } from '../find-strategy.js';
import { formatTable, painter, right, type Color, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

interface VerifyFlags extends RangeFlags {
  readonly sample?: string;
  readonly all?: boolean;
}

const SAMPLE = 5;

/** `seamless verify <strategy> [nodes...]` */
export async function runVerify(
  terminal: Terminal,
  spec: string,
  nodes: readonly string[],
  flags: VerifyFlags,
): Promise<number> {
  const { out, err, env, cwd } = terminal;
  const range = partialRange(flags.start, flags.end);
  const strategy = await findStrategy(spec, cwd);
  const cacheDir = cacheDirOf(cwd, strategy.projectRoot, flags);
  const payload = { strategy, nodes, ...range, sample: sampleOf(flags), cacheDir };
  // A fresh child, like every command's: nothing ran in it before.
  const report = await withJobs(terminal, (jobs, options) => jobs.request('verify', payload, options));
  if (flags.json) out.write(`${JSON.stringify(report, notFinite, 2)}\n`);
  else out.write(verifyText(report, painter(out, env)));
  const wrong = report.nodes.filter(isWrong);
  if (wrong.length > 0) err.write(wayOut(wrong, storedName(strategy, report.strategy)));
  return wrong.length > 0 ? EXIT.failed : EXIT.done;
}

function sampleOf({ sample, all }: VerifyFlags): number | null {
  if (all && sample !== undefined) throw new SeamlessError('usage', 'Choose one of --all and --sample.');
  if (all) return null;
  const ranges = Number(sample ?? SAMPLE);
  if (Number.isSafeInteger(ranges) && ranges > 0) return ranges;
  throw new SeamlessError('usage', `"${sample}" is not a number of ranges: write --sample 5.`);
}

function isWrong({ state }: VerifiedNode): boolean {
  return state === 'differs' || state === 'nondeterministic' || state === 'failed';
}

const STATE_COLORS: Readonly<Record<VerifiedNode['state'], Color>> = {
  verified: 'green',
  differs: 'red',
  nondeterministic: 'red',
  failed: 'red',
  skipped: 'dim',
};

/** The result of a verification, for a person. */
function verifyText({ strategy, ranges, nodes }: VerifyReport, paint: Paint): string {
  const rows = nodes.map((node) => [
    node.name,
    paint(STATE_COLORS[node.state], node.state),
    formatCount(node.rows),
    formatCount(node.differing),
    firstText(node),
    node.reason,
  ]);
  const columns = ['node', 'state', right('rows'), right('differing'), 'stored → recomputed', 'why'];
  const recomputed = ranges.length > 0 ? formatSpans(ranges) : 'nothing, since nothing is stored';
  const verified = nodes.filter(({ state }) => state === 'verified').length;
  return [
    `${paint('bold', visible(strategy))} recomputed: ${recomputed}\n\n`,
    formatTable(columns, rows, paint),
    `\n${plural(nodes.length, 'node')} · ${formatCount(verified)} verified\n`,
  ].join('');
}

function firstText({ first }: VerifiedNode): string {
  if (!first) return '';
  const [stored, recomputed] = [first.before, first.after].map((value) =>
    value === null ? 'none' : valueText(value),
  );
  return `${stored} → ${recomputed}`;
}

function wayOut(wrong: readonly VerifiedNode[], strategy: string): string {
  const random = wrong.filter(({ state }) => state === 'nondeterministic').map(({ name }) => name);
  const differing = wrong.some(({ state }) => state === 'differs');
  return [
    ...(random.length > 0
      ? [`${random.map(visible).join(', ')}: make the values depend on the windows alone, then run again.\n`]
      : []),
    ...(differing || random.length > 0
      ? [`To forget what is stored: seamless cache clear ${visible(strategy)} — then materialize again.\n`]
      : []),
  ].join('');
}
