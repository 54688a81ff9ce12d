import type { Graph } from '../../../engine/graph/graph.js';
import { fingerprints } from '../../../engine/fingerprint/fingerprints.js';
import type { Ports } from '../../../engine/run/materialize.js';
import { Held } from '../../../engine/run/service-gate.js';
import type { Deadlines } from '../../../engine/sources/deadline.js';
import { openSource } from '../../../engine/sources/open-source.js';
import { missedText, serviceOutcome, serviceText } from '../../../engine/sources/service-level.js';
import { SeamlessError } from '../../../sdk/errors.js';
import { gridOf } from '../../../sdk/time/grid.js';
import type { Seconds } from '../../../sdk/time/time.js';

/**
 * Checks how far the history of streams is behind the first bar of a feed, if they have a service level.
 * @param until where the feed begins
 * @throws SeamlessError `source` for a stream that is too far behind; `Held` for one to wait for
 */
export async function judgeLag(
  graph: Graph,
  { sources, nonce }: Pick<Ports, 'sources' | 'nonce'>,
  until: Seconds,
  deadlines: Deadlines,
  onTrouble: (text: string) => void,
): Promise<void> {
  const prints = fingerprints(graph, nonce);
  for (const node of graph.nodes) {
    const { source } = node.description;
    const held = source?.held;
    if (!source || !held || held.level.lag === undefined) continue;
    const bounds = await (await openSource(sources, node, source)).bounds();
    const range = { start: Math.min(bounds?.first ?? until, until), end: until };
    const last = bounds && bounds.first < until ? Math.min(bounds.last, until - node.interval) : null;
    const deadline = deadlines.of(prints[node.index]?.hash ?? '', held);
    const facts = { range, asOf: until, bars: 0, last, unsettled: held.unsettled, late: deadline.isOver };
    const { lag, miss } = held.level;
    const outcome = serviceOutcome({ lag, miss }, facts, gridOf(node));
    if (outcome.met) continue;
    if (miss === 'partialFill')
      onTrouble(`${node.name}: ${serviceText({ ...outcome, preset: held.preset, name: held.name })}`);
    else if (miss === 'hold' && deadline.leftMs > 0 && !deadline.isOver)
      throw new Held(node, held, outcome, deadline);
    else throw new SeamlessError('source', missedText(held, outcome.misses), { node: node.name });
  }
}
