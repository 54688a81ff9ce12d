import type { NodeFailure } from '../../../engine/ports/host.js';
import type { KernelCompute } from '../../../sdk/node.js';
import { ChunkSeries } from '../../../sdk/series.js';
import type { Run } from './computation.js';
import { failureOf } from './failures.js';

/** A built-in: Seamless's own code, so it is neither watched nor probed. */
export function runKernel(run: Run, { compute }: KernelCompute<unknown>): NodeFailure | null {
  const { node, request, inputs, positions } = run;
  if (request.asOf.length === 0) return null;
  try {
    const series = new ChunkSeries(node.name, request.asOf, inputs, positions, () => undefined);
    run.builder.addNumbers(request.asOf, compute(series));
    return null;
  } catch (error) {
    return failureOf(node, null, error, run.locate);
  }
}
