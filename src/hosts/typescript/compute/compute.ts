import type { ComputeRequest, ComputeResult, NodeFailure, ScanState } from '../../../engine/ports/host.js';
import { SeamlessError } from '../../../sdk/errors.js';
import type { DagNode } from '../../../sdk/dag-node.js';
import { KernelCompute, Node, SlotCompute, type ColumnCompute, type ComputeFn } from '../../../sdk/node.js';
import { ScanNode } from '../../../sdk/scan-node.js';
import { CrossNode } from '../../../sdk/universe/cross-node.js';
import { emptyTable, VALUE_COLUMN } from '../../../sdk/table.js';
import type { Seconds } from '../../../sdk/time/time.js';
import { ChunkView, moveView, windowOfSlot, type ViewInput } from '../../../sdk/view.js';
import { runAgain } from './again.js';
import { runAlone } from './alone.js';
import { runColumns, type ColumnsRun } from './columns.js';
import {
  violationFailure,
  type ComputeContext,
  type ComputedNode,
  type NodeComputation,
  type NodeRun,
} from './computation.js';
import { namedInputs, runKernel } from './kernel.js';
import { failureOf, voidChunk } from './failures.js';
import { locateInStack } from './location.js';
import { authored, failureOfThrow, lastingChange, shielded, spoiltFailure } from './lasting.js';
import { Pace } from './pace.js';
import { WriteProtection, type Written } from './protection.js';
import { RowBuilder } from './rows/rows.js';
import { Scan } from './scan/scan.js';
import { sectionCompute } from '../universe/section-compute.js';

export type {
  CaptureGuard,
  ComputeContext,
  ComputedNode,
  NodeComputation,
  Violation,
} from './computation.js';

/** All computations of the process share one thread, hence one pace. */
const pace = new Pace();

/** The place of each input of a node among its inputs. */
export function inputPositions(node: ComputedNode): ReadonlyMap<DagNode, number> {
  return new Map(node.inputs.map((input, position) => [input, position]));
}

/**
 * Runs a node's `computeFn` over the firings of a request.
 *
 * Whatever the author's code does wrong comes back as the result's failure: with the rows before it when one bar is
 * to blame, without rows when the chunk as a whole cannot be trusted.
 *
 * @throws SeamlessError `cancelled` once the signal is aborted.
 */
export async function computeNode(computation: NodeComputation): Promise<ComputeResult> {
  if (pace.due) await pace.turn();
  throwIfCancelled(computation);
  const now = computeNow(computation);
  if (now) return now;
  const run = prepare(computation);
  const spoilt = spoiltFailure(run);
  if (spoilt) return nothing(spoilt);
  const { compute, scan } = callsOf(run);
  let failure: NodeFailure | null = null;
  let voided: NodeFailure | null;
  try {
    if (run.request.alone && !scan) failure = await runAlone(run, compute, () => turnOf(run));
    else
      failure =
        typeof compute === 'function' ? await runBars(run, compute) : runColumns(run, compute).failure;
  } finally {
    voided = voidedBy(run, { failure, unlooked: true });
  }
  if (voided) return nothing(voided);
  const table = run.builder.finish();
  if (!scan) {
    const { unseen } = computation;
    if (unseen === undefined || failure || run.request.alone) return { table, failure };
    const again = await runAgain(run, compute, table, unseen, () => turnOf(run));
    return again ? nothing(again) : { table, failure };
  }
  try {
    return { table, failure, state: scan.state(failure !== null) };
  } catch (error) {
    return nothing(failureOf(run, null, error, run.locate));
  }
}

/** The same for what takes one call: a kernel, a function over columns, or one bar. Null: it needs turns of the event loop. */
export function computeNow(computation: NodeComputation): ComputeResult | null {
  const { node, request, unseen } = computation;
  if (!(node instanceof Node)) return null;
  const { computeFn } = node;
  if (computeFn instanceof KernelCompute) return runKernel(computation, computeFn);
  if (computeFn instanceof SlotCompute || request.alone || unseen !== undefined) return null;
  if (typeof computeFn === 'function' && request.asOf.length !== 1) return null;
  const run = prepare(computation);
  const spoilt = spoiltFailure(run);
  if (spoilt) return nothing(spoilt);
  let ran: ColumnsRun = { failure: null, unlooked: true };
  let voided: NodeFailure | null;
  try {
    ran = typeof computeFn === 'function' ? runBar(run, computeFn) : runColumns(run, computeFn);
  } finally {
    voided = voidedBy(run, ran);
  }
  return voided ? nothing(voided) : { table: run.builder.finish(), failure: ran.failure };
}

/** Why nothing of a chunk counts, now that the author's code has run; null: it does. */
function voidedBy(run: NodeRun, { failure, unlooked }: ColumnsRun): NodeFailure | null {
  const lasting = unlooked ? lastingChange(run) : null;
  // Also when cancelled: the engine may go on with these arrays.
  const written = run.protection.restore();
  if (written) return voidChunk(run.node, 'compute', writeSentence(run, written), run.locate);
  return lasting ?? (failure?.asOf === null ? failure : null);
}

function nothing(failure: NodeFailure): ComputeResult {
  return { table: emptyTable(), failure };
}

/** Whether it is Seamless's own code, after which nothing has to be looked for. */
export function isKernel({ node }: NodeComputation): boolean {
  return node instanceof Node && node.computeFn instanceof KernelCompute;
}

/** Whether the event loop waits for a turn. */
export function turnIsDue(): boolean {
  return pace.due;
}

/** What is called for the firings: of a scan, its step with the state to go on from. */
function callsOf({ node, request, context, cross }: NodeRun): {
  compute: ComputeFn<unknown> | ColumnCompute<unknown>;
  scan: Scan | null;
} {
  if (node instanceof CrossNode) return { compute: sectionCompute(node, cross, context), scan: null };
  if (!(node instanceof ScanNode)) {
    const { computeFn } = node;
    if (computeFn instanceof SlotCompute) return { compute: slotCompute(computeFn, context), scan: null };
    return {
      compute: typeof computeFn === 'function' ? authored(context, computeFn) : computeFn,
      scan: null,
    };
  }
  const scan = new Scan(node, stateIn(request), context);
  return { compute: scan.compute, scan };
}

/** What computes a bar of ticks. Where none came within its slot, on a calendar one before it at the most, there is no bar. */
function slotCompute({ reduce }: SlotCompute<unknown>, context: ComputeContext): ComputeFn<unknown> {
  const call = authored(context, reduce);
  return (view) => {
    const { window, open, close } = windowOfSlot(view, 0);
    return window.length === 0 ? undefined : call(window, { open, close });
  };
}

/** A scan that began anew where it should go on would give rows that look right. */
function stateIn({ state, node }: ComputeRequest): ScanState {
  if (state) return state;
  throw new SeamlessError('internal', `Node ${node} is a scan, and was given no state to go on from.`);
}

function prepare(computation: NodeComputation): NodeRun {
  const { node, request, positions, context, guard, progress, signal } = computation;
  const { seed = node.name, locate = locateInStack } = computation;
  const { inputs, opens, expected } = request;
  return {
    node,
    definition: computation.definition ?? node,
    request,
    positions,
    context,
    cross: computation.cross,
    seed,
    guard,
    locate,
    progress,
    signal,
    inputs: namedInputs(computation),
    protection: new WriteProtection(inputs),
    builder: new RowBuilder({ node: node.name, opens, expected }),
  };
}

/** The per-bar form for one bar. */
function runBar(run: NodeRun, computeFn: ComputeFn<unknown>): ColumnsRun {
  const { node, context, seed } = run;
  const view = viewOf(run);
  const compute = authored(context, computeFn);
  const { failure } = context.compute({ node: node.name, seed }, (setBar) =>
    runSlice(run, compute, view, setBar, { from: 0, to: 1 }),
  );
  return { failure, unlooked: true };
}

function viewOf({ node, inputs, positions, context, protection }: NodeRun): ChunkView {
  return new ChunkView(node.name, inputs, positions, shielded(context, protection.handedOut));
}

/** The per-bar form: calls the function bar by bar, with a turn of the event loop now and then. */
async function runBars(run: NodeRun, compute: ComputeFn<unknown>): Promise<NodeFailure | null> {
  const { node, request, context, seed } = run;
  const view = viewOf(run);
  const firings = request.asOf.length;
  let done = 0;
  while (done < firings) {
    const bars = done === 0 ? 1 : firings;
    const stop = context.compute({ node: node.name, seed }, (setBar) =>
      runSlice(run, compute, view, setBar, { from: done, to: Math.min(firings, done + bars) }),
    );
    done = stop.done;
    if (done === firings) break;
    // Before the event loop runs on: with a built-in changed, its turn may never end.
    const failure = lastingChange(run) ?? stop.failure;
    if (failure) return failure;
    // One bar alone: a flag that each bar flips may look unchanged after the last one.
    if (done === 1) continue;
    run.progress(done);
    await pace.turn();
    throwIfCancelled(run);
  }
  return null;
}

async function turnOf(run: NodeRun): Promise<void> {
  if (pace.due) await pace.turn();
  throwIfCancelled(run);
}

interface Stop {
  readonly done: number;
  readonly failure: NodeFailure | null;
}

/** Bars `from` to `to`, exclusive, until all are done, one fails, or time is up. */
function runSlice(
  run: NodeRun,
  compute: ComputeFn<unknown>,
  view: ChunkView,
  setBar: (asOf: Seconds) => void,
  { from, to }: { readonly from: number; readonly to: number },
): Stop {
  const { context, builder } = run;
  const { asOf, opens } = run.request;
  const glance = pace.glance();
  let firing = from;
  try {
    while (firing < to) {
      const bar = asOf[firing] as Seconds;
      setBar(bar);
      moveView(view, firing, bar, opens[firing] as Seconds);
      const value = compute(view);
      const violation = context.takeViolation();
      if (violation) return { done: firing, failure: violationFailure(bar, violation) };
      builder.add(bar, value);
      firing++;
      if (glance.timeIsUp()) break;
    }
    return { done: firing, failure: null };
  } catch (error) {
    return { done: firing, failure: failureOfThrow(run, firing, error) };
  }
}

function writeSentence({ node, inputs }: NodeRun, { input, column }: Written): string {
  const source = inputs[input] as ViewInput;
  const name = source.table.names[column] ?? VALUE_COLUMN;
  const [what, call] =
    column < 0
      ? ['the times (ts)', 'window.ts']
      : [`column ${name}`, `window.column(${name === VALUE_COLUMN ? '' : JSON.stringify(name)})`];
  return `Node ${node.name} wrote to ${what} of its input ${source.name}: inputs are read-only, as other nodes read the same memory, so nothing of this chunk was kept. Copy before writing: Float64Array.from(${call}).`;
}

function throwIfCancelled({ node, signal }: NodeComputation): void {
  if (!signal.aborted) return;
  throw new SeamlessError(
    'cancelled',
    `Cancelled while node ${node.name} was computing. What was computed before is kept.`,
    {
      node: node.name,
    },
  );
}
