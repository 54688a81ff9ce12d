import { partialRange } from '../../protocol/project.js';
import {
  explanationOf,
  type ExplainedNode,
  type ExplainedState,
  type Explanation,
} from '../../present/explanation.js';
import { formatSpans, plural } from '../../present/format.js';
import { didYouMean, SeamlessError } from '../../sdk/errors.js';
import { formatInterval, formatRange } from '../../sdk/time/time.js';
import { cacheDirOf, type RangeFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { nodeLines } from '../family-lines.js';
import { findStrategy } from '../find-strategy.js';
import { formatTable, painter, type Color, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

interface ExplainFlags extends RangeFlags {
  /** One line per symbol of a family. */
  readonly symbols?: boolean;
}

/** `seamless explain <strategy> [node]` */
export async function runExplain(
  terminal: Terminal,
  spec: string,
  node: string | undefined,
  flags: ExplainFlags,
): Promise<number> {
  const { out, env, cwd } = terminal;
  const range = partialRange(flags.start, flags.end);
  const strategy = await findStrategy(spec, cwd);
  const cacheDir = cacheDirOf(cwd, strategy.projectRoot, flags);
  const asked = flags.start === undefined && flags.end === undefined ? { last: true as const } : range;
  const status = await withJobs(terminal, (jobs, options) =>
    jobs.request('status', { strategy, ...asked, thorough: true, cacheDir }, options),
  );
  const all = explanationOf(status);
  const explanation = node === undefined ? all : { ...all, nodes: nodesOf(all, node) };
  const details = explanation.nodes.length === 1 && node !== undefined;
  const symbols = flags.symbols ?? node !== undefined;
  if (flags.json) out.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else out.write(explanationText(explanation, details, painter(out, env), symbols));
  return EXIT.done;
}

/** The node with a name, or a family's nodes. */
function nodesOf({ strategy, nodes }: Explanation, name: string): readonly ExplainedNode[] {
  const found = nodes.filter((node) => node.name === name || node.family === name);
  if (found.length > 0) return found;
  const names = nodes.map((node) => node.name);
  const families = new Set(nodes.flatMap(({ family }) => (family === undefined ? [] : [family])));
  const alone = nodes.filter(({ family }) => family === undefined).map((node) => node.name);
  const hint = didYouMean(name, [...families, ...names], `It has ${[...families, ...alone].join(', ')}.`);
  throw new SeamlessError('not-found', `Strategy ${strategy} has no node ${name}. ${hint}`);
}

const STATE_COLORS: Readonly<Record<ExplainedState, Color>> = {
  hit: 'green',
  reused: 'green',
  partial: 'yellow',
  stale: 'yellow',
  unhashable: 'magenta',
  empty: 'dim',
};

const WORST_FIRST: readonly ExplainedState[] = ['stale', 'partial', 'empty', 'unhashable', 'reused', 'hit'];

/** Why each node is in its state, for a person. @param symbols one line per symbol of a family */
function explanationText(explanation: Explanation, details: boolean, paint: Paint, symbols = false): string {
  const { strategy, range, nodes } = explanation;
  const asked = range ? ` ${formatRange({ start: range[0], end: range[1] })}` : '';
  const head = `${paint('bold', visible(strategy))}${asked}\n\n`;
  if (details) return head + nodes.map((node) => detailText(node, paint)).join('\n');
  const told = symbols ? nodes.map((node) => ({ ...node, family: undefined })) : nodes;
  const rows = nodeLines(told, WORST_FIRST).map(({ name, worst, reason }) => [
    name,
    paint(STATE_COLORS[worst.state], worst.state),
    reason,
  ]);
  const hits = nodes.filter(({ state }) => state === 'hit' || state === 'reused').length;
  const table = formatTable(['node', 'state', 'why'], rows, paint);
  return `${head}${table}\n${plural(nodes.length, 'node')} · ${hits} in the cache\n`;
}

function detailText(node: ExplainedNode, paint: Paint): string {
  const { name, state, reason, changes, coverage, reused, inputs } = node;
  const lines = [`${paint('bold', visible(name))} ${paint(STATE_COLORS[state], state)}: ${visible(reason)}`];
  for (const { text } of changes) lines.push(`  ${paint('dim', '·')} ${visible(text)}`);
  lines.push(`  stored: ${coverage.length > 0 ? formatSpans(coverage) : 'not for this range'}`);
  if (reused.length > 0) lines.push(`  reused: ${formatSpans(reused)}`);
  if (inputs.length > 0)
    lines.push(
      `  inputs: ${inputs.map(({ name: input, period, span }) => `${visible(input)} × ${span === undefined ? period : formatInterval(span)}`).join(', ')}`,
    );
  return `${lines.join('\n')}\n`;
}
