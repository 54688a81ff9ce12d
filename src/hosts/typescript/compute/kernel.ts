import type { ComputeResult } from '../../../engine/ports/host.js';
import type { KernelCompute, KernelOutput } from '../../../sdk/node.js';
import { ChunkSeries } from '../../../sdk/series.js';
import { emptyTable, VALUE_COLUMN, type Column, type Table } from '../../../sdk/table.js';
import type { NodeComputation } from './computation.js';
import { failureOf } from './failures.js';
import { locateInStack } from './location.js';

/** A built-in: Seamless's own code, so it is neither watched nor probed, and what it gives is kept as it is. */
export function runKernel(
  { node, request, positions, locate = locateInStack }: NodeComputation,
  { compute, keeps }: KernelCompute<unknown>,
): ComputeResult {
  const { asOf, opens } = request;
  if (asOf.length === 0) return { table: emptyTable(), failure: null };
  const inputs = request.inputs.map((input, i) => ({ ...input, name: node.inputs[i]?.name ?? '' }));
  try {
    const times = { length: asOf.length, asOf, opens };
    const series = new ChunkSeries(node.name, times, inputs, positions, () => undefined);
    const found = compute(series);
    const rows = keeps?.(series) ?? null;
    const kept = (cells: Float64Array): Float64Array =>
      rows ? cells.filter((_, row) => rows[row] === 1) : cells;
    return { table: tableOf(kept(opens), found, kept), failure: null };
  } catch (error) {
    return { table: emptyTable(), failure: failureOf({ node, request }, null, error, locate) };
  }
}

function tableOf(ts: Float64Array, found: KernelOutput, kept: (cells: Float64Array) => Float64Array): Table {
  const shape = found instanceof Float64Array ? 'value' : 'record';
  const fields = found instanceof Float64Array ? { [VALUE_COLUMN]: found } : found;
  const columns = Object.values(fields).map((cells): Column => ({
    type: 'number',
    values: kept(cells),
    valid: null,
  }));
  return { shape, ts, names: Object.keys(fields), columns, present: null };
}
