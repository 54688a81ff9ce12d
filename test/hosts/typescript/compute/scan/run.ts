import fc from 'fast-check';
import { NOT_STARTED, type ComputeResult, type ScanState } from '../../../../../src/engine/ports/host.js';
import { computeNode, inputPositions } from '../../../../../src/hosts/typescript/compute/compute.js';
import { decodeState } from '../../../../../src/hosts/typescript/compute/scan/scan-state.js';
import { ScanNode, type ScanNodeOptions } from '../../../../../src/sdk/scan-node.js';
import { MINUTE, numbers, OpenContext, opensOf, sliding, stream } from '../support.js';

export const price = stream();

/** Runs a scan over minutes `values`, from a state on. */
export function scan<S>(
  functions: Pick<ScanNodeOptions<S, unknown>, 'init' | 'step'>,
  values: readonly number[],
  { state = NOT_STARTED, from = 0 }: { readonly state?: ScanState; readonly from?: number } = {},
): Promise<ComputeResult> {
  const node = new ScanNode({ name: 'total', input: price, period: 1, ...functions });
  const input = sliding(numbers(values, from), 1);
  const asOf = Float64Array.from(input.end, (end) => from + end * MINUTE);
  return computeNode({
    // What a state is, is between init and step alone.
    node: node as ScanNode,
    positions: inputPositions(node as ScanNode),
    request: {
      node: 1,
      interval: MINUTE,
      opens: opensOf(asOf),
      asOf,
      inputs: [input],
      expected: null,
      state,
    },
    context: new OpenContext(),
    progress: () => undefined,
    signal: new AbortController().signal,
  });
}

export const stored = ({ state }: ComputeResult): unknown =>
  state && state.length > 0 ? decodeState(state) : null;

export const numberArbitrary = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 2 ** 53, 5e-324),
);
