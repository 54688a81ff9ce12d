import type { ComputeInput, ComputeResult } from '../../../engine/ports/host.js';
import type { DagNode } from '../../../sdk/dag-node.js';
import type { KernelCompute, KernelOutput } from '../../../sdk/node.js';
import { ChunkSeries, type InputSeries, type Series, type SeriesTimes } from '../../../sdk/series.js';
import { emptyTable, VALUE_COLUMN, type Column, type Table } from '../../../sdk/table.js';
import type { NodeComputation } from './computation.js';
import type { ViewInput } from '../../../sdk/view.js';
import { failureOf } from './failures.js';
import { locateInStack } from './location.js';

/** What was worked out for a node's inputs. In the Core Loop they are the same from slot to slot, with other rows in them. */
export interface KeptInputs {
  of: readonly ComputeInput[] | null;
  named: readonly ViewInput[];
  /** Of a built-in. */
  series: KernelSeries | null;
}

/** The inputs of a node as it reads them. */
export function namedInputs({ node, request, cross, copies, kept }: NodeComputation): readonly ViewInput[] {
  const { inputs, inputsStay } = request;
  if (inputsStay && kept?.of === inputs) return kept.named;
  const nodes = cross?.inputs ?? node.inputs;
  const copied = copies ?? false;
  const named = inputs.map((input, position) => ({ ...input, name: nodes[position]?.name ?? '', copied }));
  if (inputsStay && kept) Object.assign(kept, { of: inputs, named, series: null });
  return named;
}

/** What a kernel sees. */
export class KernelSeries implements Series {
  readonly #of: ChunkSeries;
  readonly #known = new Map<DagNode, InputSeries>();
  #times: SeriesTimes;

  constructor(of: ChunkSeries, times: SeriesTimes) {
    this.#of = of;
    this.#times = times;
  }

  at(times: SeriesTimes): this {
    this.#times = times;
    return this;
  }

  get length(): number {
    return this.#times.length;
  }

  get asOf(): Float64Array {
    return this.#times.asOf;
  }

  get opens(): Float64Array {
    return this.#times.opens;
  }

  of(input: DagNode): InputSeries {
    const known = this.#known.get(input);
    if (known) return known;
    const made = this.#of.of(input);
    this.#known.set(input, made);
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
    const series = seriesOf(computation);
    const found = compute(series);
    const rows = keeps?.(series) ?? null;
    const kept = (cells: Float64Array): Float64Array =>
      rows ? cells.filter((_, row) => rows[row] === 1) : cells;
    return { table: tableOf(kept(opens), found, kept), failure: null };
  } catch (error) {
    return { table: emptyTable(), failure: failureOf({ node, request }, null, error, locate) };
  }
}

function seriesOf(computation: NodeComputation): KernelSeries {
  const { node, request, positions, kept } = computation;
  const { asOf, opens, inputsStay } = request;
  const times = { length: asOf.length, asOf, opens };
  const named = namedInputs(computation);
  if (inputsStay && kept?.series) return kept.series.at(times);
  const series = new KernelSeries(
    new ChunkSeries(node.name, times, named, positions, () => undefined),
    times,
  );
  if (inputsStay && kept) kept.series = series;
  return series;
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
