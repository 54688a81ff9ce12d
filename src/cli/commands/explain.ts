import { resolve } from 'node:path';

import { cacheFolder, partialRange } from '../../protocol/project.js';
import {
  explanationOf,
  type ExplainedNode,
  type ExplainedState,
  type Explanation,
} from '../../present/explanation.js';
import { formatSpans, plural } from '../../present/format.js';
import { nearNames, SeamlessError } from '../../sdk/errors.js';
import { formatRange } from '../../sdk/time.js';
import { EXIT } from '../exit-codes.js';
import { findStrategy } from '../find-strategy.js';
import { formatTable, painter, type Color, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

export interface ExplainFlags {
  readonly start?: string;
  readonly end?: string;
  readonly cache?: string;
  readonly json?: boolean;
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
  const cacheDir = cacheFolder(strategy.projectRoot, flags.cache && resolve(cwd, flags.cache));
  const asked = flags.start === undefined && flags.end === undefined ? { last: true as const } : range;
  const status = await withJobs(terminal, (jobs, options) =>
    jobs.request('status', { strategy, ...asked, thorough: true, cacheDir }, options),
  );
  const all = explanationOf(status);
  const explanation = node === undefined ? all : { ...all, nodes: [nodeOf(all, node)] };
  if (flags.json) out.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else out.write(explanationText(explanation, node !== undefined, painter(out, env)));
  return EXIT.done;
}

function nodeOf({ strategy, nodes }: Explanation, name: string): ExplainedNode {
  const found = nodes.find((node) => node.name === name);
  if (found) return found;
  const names = nodes.map((node) => node.name);
  const near = nearNames(name, names);
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `It has ${names.join(', ')}.`;
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

/** Why each node is where it is, as a person reads it. */
export function explanationText(explanation: Explanation, details: boolean, paint: Paint): string {
  const { strategy, range, nodes } = explanation;
  const asked = range ? ` ${formatRange({ start: range[0], end: range[1] })}` : '';
  const head = `${paint('bold', visible(strategy))}${asked}\n\n`;
  if (details) return head + nodes.map((node) => detailText(node, paint)).join('\n');
  const rows = nodes.map(({ name, state, reason }) => [name, paint(STATE_COLORS[state], state), reason]);
  const hits = nodes.filter(({ state }) => state === 'hit' || state === 'reused').length;
  const table = formatTable([{ title: 'node' }, { title: 'state' }, { title: 'why' }], rows, paint);
  return `${head}${table}\n${plural(nodes.length, 'node')} · ${hits} in the cache\n`;
}

function detailText(node: ExplainedNode, paint: Paint): string {
  const { name, state, reason, changes, coverage, reused, inputs } = node;
  const lines = [`${paint('bold', visible(name))} ${paint(STATE_COLORS[state], state)}: ${visible(reason)}`];
  for (const { text } of changes) lines.push(`  ${paint('dim', '·')} ${visible(text)}`);
  lines.push(`  stored: ${coverage.length > 0 ? formatSpans(coverage) : 'nothing of the range'}`);
  if (reused.length > 0) lines.push(`  reused: ${formatSpans(reused)}`);
  if (inputs.length > 0)
    lines.push(
      `  inputs: ${inputs.map(({ name: input, period }) => `${visible(input)} × ${period}`).join(', ')}`,
    );
  return `${lines.join('\n')}\n`;
}
