import { computeNode, inputPositions } from '../../../../src/hosts/typescript/compute/compute.js';
import type {
  CaptureGuard,
  ComputeContext,
  Violation,
} from '../../../../src/hosts/typescript/compute/compute.js';
import type { ComputeInput, ComputeResult, NodeFailure, Schema } from '../../../../src/engine/ports/host.js';
import { Node, StreamInput, type NodeOptions } from '../../../../src/sdk/node.js';
import { rowValue, type RowValue, type Table } from '../../../../src/sdk/table.js';

export const MINUTE = 60;

/** A context that lets everything through, and keeps the bars it was told of. */
export class OpenContext implements ComputeContext {
  readonly bars: number[] = [];
  violation: Violation | null = null;

  compute<T>(_what: { node: string; seed: string }, body: (setBar: (asOf: number) => void) => T): T {
    return body((asOf) => this.bars.push(asOf));
  }

  takeViolation(): Violation | null {
    const { violation } = this;
    this.violation = null;
    return violation;
  }
}

export function stream<T = number>(name = 'price'): StreamInput<T> {
  return new StreamInput<T>({ name, tags: [name], historyProvider: { kind: 'made', options: {} } });
}

/** A table of one number per minute. */
export function numbers(values: readonly number[], from = 0): Table {
  return {
    shape: 'value',
    ts: Float64Array.from(values, (_, i) => from + i * MINUTE),
    names: ['value'],
    columns: [{ type: 'number', values: Float64Array.from(values), valid: null }],
    present: null,
  };
}

/** A table of records of numbers, one per minute. */
export function records(fields: Readonly<Record<string, readonly number[]>>): Table {
  const columns = Object.values(fields).map((values) => ({
    type: 'number' as const,
    values: Float64Array.from(values),
    valid: null,
  }));
  const ts = Float64Array.from(columns[0]?.values ?? [], (_, i) => i * MINUTE);
  return { shape: 'record', ts, names: Object.keys(fields), columns, present: null };
}

/** An input whose windows of `lookback` rows move on by one row per firing. */
export function sliding(table: Table, lookback: number, period = lookback): ComputeInput {
  const firings = Math.max(0, table.ts.length - lookback + 1);
  const end = Int32Array.from({ length: firings }, (_, i) => lookback + i);
  return { table, interval: MINUTE, lookback, period, end };
}

interface RunOptions {
  readonly context?: OpenContext;
  readonly guard?: CaptureGuard;
  readonly expected?: Schema;
  readonly asOf?: Float64Array;
  readonly progress?: (done: number) => void;
  readonly signal?: AbortSignal;
  readonly alone?: boolean;
}

/** Runs a `computeFn` over inputs; a firing closes when the last row of its first input does. */
export function run(
  computeFn: NodeOptions<unknown>['computeFn'],
  streams: NodeOptions<unknown>['input'],
  inputs: readonly ComputeInput[],
  options: RunOptions = {},
): Promise<ComputeResult> {
  const node = new Node({ name: 'fast', input: streams, computeFn });
  const [first] = inputs as readonly [ComputeInput];
  const asOf = options.asOf ?? Float64Array.from(first.end, (end) => (first.table.ts[end - 1] ?? 0) + MINUTE);
  return computeNode({
    node,
    positions: inputPositions(node),
    request: {
      node: 1,
      interval: MINUTE,
      opens: opensOf(asOf),
      asOf,
      inputs,
      expected: options.expected ?? null,
      ...(options.alone && { alone: true }),
    },
    context: options.context ?? new OpenContext(),
    ...(options.guard ? { guard: options.guard } : {}),
    progress: options.progress ?? (() => undefined),
    signal: options.signal ?? new AbortController().signal,
  });
}

export function opensOf(asOf: Float64Array): Float64Array {
  return asOf.map((close) => close - MINUTE);
}

export function valuesOf(table: Table): RowValue[] {
  return Array.from(table.ts, (_, index) => rowValue(table, index));
}

/** The failure of a result that must have one. */
export function failureIn(result: ComputeResult): NodeFailure {
  if (result.failure) return result.failure;
  throw new Error('the node did not fail');
}

export function schemaOf(table: Table): Schema {
  return { shape: table.shape, names: table.names, types: table.columns.map(({ type }) => type) };
}
