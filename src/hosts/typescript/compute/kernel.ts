import type { ComputeResult } from '../../../engine/ports/host.js';
import type { DagNode } from '../../../sdk/dag-node.js';
import type { KernelCompute, KernelOutput } from '../../../sdk/node.js';
import { ChunkSeries, type InputSeries, type Series } from '../../../sdk/series.js';
import { emptyTable, VALUE_COLUMN, type Column, type Table } from '../../../sdk/table.js';
import type { NodeComputation } from './computation.js';
import type { ViewInput } from '../../../sdk/view.js';
import { failureOf } from './failures.js';
import { locateInStack } from './location.js';

/** The inputs of a node as it reads them. */
export function namedInputs({ node, request, cross, copies, kept }: NodeComputation): readonly ViewInput[] {
  const { inputs, inputsStay } = request;
  if (inputsStay && kept?.of === inputs) return kept.named;
  const nodes = cross?.inputs ?? node.inputs;
  const copied = copies ?? false;
  const named = inputs.map((input, position) => ({ ...input, name: nodes[position]?.name ?? '', copied }));
  if (inputsStay && kept) {
    kept.of = inputs;
    kept.named = named;
    kept.series.clear();
  }
  return named;
}

/** What a kernel sees, some of which is known already. */
class KernelSeries implements Series {
  readonly length: number;
  readonly asOf: Float64Array;
  readonly opens: Float64Array;
  readonly #computation: NodeComputation;
  readonly #known: Map<DagNode, InputSeries>;

  constructor(computation: NodeComputation) {
    const { request, kept } = computation;
    this.asOf = request.asOf;
    this.opens = request.opens;
    this.length = request.asOf.length;
    this.#computation = computation;
    this.#known =
      request.inputsStay && kept?.of === request.inputs ? kept.series : new Map<DagNode, InputSeries>();
  }

  of(input: DagNode): InputSeries {
    return this.#known.get(input) ?? this.#made(input);
  }

  #made(input: DagNode): InputSeries {
    const { node, positions } = this.#computation;
    const named = namedInputs(this.#computation);
    const made = new ChunkSeries(node.name, this, named, positions, () => undefined).of(input);
    const { request, kept } = this.#computation;
    const known = request.inputsStay && kept ? kept.series : this.#known;
    known.set(input, made);
    return made;
  }
}

/** A built-in: Seamless's own code, so it is neither watched nor probed, and what it gives is kept as it is. */
export function runKernel(
  computation: NodeComputation,
  { compute, keeps }: KernelCompute<unknown>,
): ComputeResult {
  const { node, request, locate = locateInStack } = computation;
  const { opens } = request;
  if (opens.length === 0) return { table: emptyTable(), failure: null };
  try {
    const series = new KernelSeries(computation);
    const found = compute(series);
    const rows = keeps?.(series) ?? null;
    const kept = (cells: Float64Array): Float64Array =>
      rows ? cells.filter((_, row) => rows[row] === 1) : cells;
    return { table: tableOf(kept(opens), found, kept), failure: null };
  } catch (error) {
    return { table: emptyTable(), failure: failureOf({ node, request }, null, error, locate) };
  }
}

const VALUE_NAMES = [VALUE_COLUMN];

function tableOf(ts: Float64Array, found: KernelOutput, kept: (cells: Float64Array) => Float64Array): Table {
  if (found instanceof Float64Array)
    return { shape: 'value', ts, names: VALUE_NAMES, columns: [numbers(kept(found))], present: null };
  const columns = Object.values(found).map((cells) => numbers(kept(cells)));
  return { shape: 'record', ts, names: Object.keys(found), columns, present: null };
}

function numbers(values: Float64Array): Column {
  return { type: 'number', values, valid: null };
}
