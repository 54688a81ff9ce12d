import type { NodeFailure } from '../../../engine/ports/host.js';
import type { ColumnCompute, ComputeFn } from '../../../sdk/node.js';
import { ChunkSeries } from '../../../sdk/series.js';
import type { Seconds } from '../../../sdk/time/time.js';
import { ChunkView, moveView } from '../../../sdk/view.js';
import { violationFailure, type NodeRun } from './computation.js';
import { failureOf } from './failures.js';
import { outputOf } from './columns.js';
import { authored, failureOfThrow, lastingChange } from './lasting.js';
import { valueAt } from './rows/outputs.js';
import { truncate } from './probe/probe.js';

/** Bars between two turns of the event loop. */
const BLOCK = 256;

/**
 * Computes each firing from a copy of its windows, in an order that time does not have, so that neither what lies around a window
 * nor what an earlier call left behind can enter. Rows go to the run's builder.
 * @param turn lets messages in; throws where the run is cancelled.
 */
export async function runAlone(
  run: NodeRun,
  compute: ComputeFn<unknown> | ColumnCompute<unknown>,
  turn: () => Promise<void>,
): Promise<NodeFailure | null> {
  const { asOf } = run.request;
  const values = new Array<unknown>(asOf.length);
  let failed: { readonly firing: number; readonly failure: NodeFailure } | null = null;
  const step = strideFor(asOf.length);
  for (let done = 0, firing = 0; done < asOf.length; done++, firing = (firing + step) % asOf.length) {
    const failure = computeOne(run, compute, firing, (value) => (values[firing] = value));
    if (failure && (!failed || firing < failed.firing)) failed = { firing, failure };
    if (done % BLOCK !== BLOCK - 1) continue;
    // Before the event loop runs on: with a built-in changed, its turn may never end.
    const change = lastingChange(run);
    if (change) return change;
    run.progress(done + 1);
    await turn();
  }
  const change = lastingChange(run);
  if (change) return change;
  for (let firing = 0; firing < (failed?.firing ?? asOf.length); firing++) {
    try {
      run.builder.add(asOf[firing] as Seconds, values[firing]);
    } catch (error) {
      return failureOf(run, firing, error, run.locate);
    }
  }
  return failed?.failure ?? null;
}

function computeOne(
  run: NodeRun,
  compute: ComputeFn<unknown> | ColumnCompute<unknown>,
  firing: number,
  give: (value: unknown) => void,
): NodeFailure | null {
  const { node, request, context, seed } = run;
  const bar = request.asOf[firing] as Seconds;
  const open = request.opens[firing] as Seconds;
  const inputs = truncate(run.inputs, firing, firing, 'window');
  const ignore = (): void => undefined;
  try {
    const value = context.compute({ node: node.name, seed }, (setBar) => {
      setBar(bar);
      if (typeof compute === 'function') {
        const view = new ChunkView(node.name, inputs, run.positions, ignore);
        moveView(view, 0, bar, open);
        return compute(view);
      }
      const times = { length: 1, asOf: Float64Array.of(bar), opens: Float64Array.of(open) };
      const series = new ChunkSeries(node.name, times, inputs, run.positions, ignore);
      return valueAt(outputOf(node.name, 1, authored(context, compute.compute)(series)), 0);
    });
    const violation = context.takeViolation();
    if (violation) return violationFailure(bar, violation);
    give(value);
    return null;
  } catch (error) {
    return failureOfThrow(run, firing, error);
  }
}

/** About 0.6 of the length, and without a common divisor: steps of it come to each place once. */
function strideFor(length: number): number {
  let step = Math.max(1, Math.floor(length * 0.618));
  while (divisor(step, length) > 1) step += 1;
  return step;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
