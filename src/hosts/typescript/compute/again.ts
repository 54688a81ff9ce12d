import { differenceOf } from '../../../engine/history/difference.js';
import type { NodeFailure } from '../../../engine/ports/host.js';
import { plainGrid } from '../../../sdk/time/grid.js';
import type { ColumnCompute, ComputeFn } from '../../../sdk/node.js';
import type { Table } from '../../../sdk/table.js';
import { runAlone } from './alone.js';
import type { NodeRun } from './computation.js';
import { barText, show, voidChunk } from './failures.js';
import { RowBuilder } from './rows/rows.js';

/**
 * Computes the bars of a node once more, each alone and in another order, where its code holds values whose inside cannot be seen: what that
 * keeps from bar to bar shows in no other way.
 * @param unseen what that is, as in `it captures input, an instance of Readable, whose inner state cannot be read`
 * @returns why the chunk cannot be trusted; null where the same rows come out.
 */
export async function runAgain(
  run: NodeRun,
  compute: ComputeFn<unknown> | ColumnCompute<unknown>,
  rows: Table,
  unseen: string,
  turn: () => Promise<void>,
): Promise<NodeFailure | null> {
  const { node, request, locate } = run;
  const builder = new RowBuilder({ node: node.name, opens: request.opens, expected: request.expected });
  const failure = await runAlone({ ...run, builder, progress: () => undefined }, compute, turn);
  if (failure?.asOf === null) return failure;
  const { first } = differenceOf(rows, builder.finish(), plainGrid(request.interval));
  if (!first && !failure) return null;
  const firing = first ? request.opens.indexOf(first.ts) : request.asOf.indexOf(failure?.asOf ?? 0);
  const bar = barText(request.opens[firing] as number, request.asOf[firing] as number);
  const [before, after] = [first?.before, first?.after].map((value) => show(value ?? null));
  const what = first
    ? `gave ${before}, and ${after} when it was computed again`
    : 'failed when it was computed again';
  const sentence = `Node ${node.name} keeps state between bars: the ${bar} ${what}. Nobody can look into what it works with: ${unseen}. A bar's value may depend on nothing but its windows, so nothing of this chunk was kept. Make what a bar works with inside computeFn; for what must be carried from bar to bar, make the node a ScanNode { init, step }`;
  return voidChunk(node, 'compute', sentence, locate);
}
