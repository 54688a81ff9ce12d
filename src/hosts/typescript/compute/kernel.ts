import type { ComputeResult } from '../../../engine/ports/host.js';
import type { KernelCompute } from '../../../sdk/node.js';
import { ChunkSeries } from '../../../sdk/series.js';
import { emptyTable, VALUE_COLUMN } from '../../../sdk/table.js';
import type { NodeComputation } from './computation.js';
import { failureOf } from './failures.js';
import { locateInStack } from './location.js';

/** A built-in: Seamless's own code, so it is neither watched nor probed, and what it gives is kept as it is. */
export function runKernel(
  { node, request, positions, locate = locateInStack }: NodeComputation,
  { compute }: KernelCompute<unknown>,
): ComputeResult {
  const { asOf, opens } = request;
  if (asOf.length === 0) return { table: emptyTable(), failure: null };
  const inputs = request.inputs.map((input, i) => ({ ...input, name: node.inputs[i]?.name ?? '' }));
  try {
    const values = compute(new ChunkSeries(node.name, asOf, inputs, positions, () => undefined));
    const column = { type: 'number' as const, values, valid: null };
    const table = {
      shape: 'value' as const,
      ts: opens,
      names: [VALUE_COLUMN],
      columns: [column],
      present: null,
    };
    return { table, failure: null };
  } catch (error) {
    return { table: emptyTable(), failure: failureOf({ node, request }, null, error, locate) };
  }
}
