import type { NodeFailure } from '../../../engine/ports/host.js';
import { ScanNode } from '../../../sdk/scan-node.js';
import type { Seconds } from '../../../sdk/time/time.js';
import { violationFailure, type CapturedChange, type ComputeContext, type NodeRun } from './computation.js';
import { failureOf, voidChunk, withLocation } from './failures.js';

/** A function of the author's, to be called by the host. */
export function authored<A extends readonly unknown[], R>(
  { wall }: ComputeContext,
  fn: (...given: A) => R,
): (...given: A) => R {
  return wall ? wall.authored(fn) : fn;
}

/** A function of the host's, to be called by the author's code. */
export function shielded<A extends readonly unknown[], R>(
  { wall }: ComputeContext,
  fn: (...given: A) => R,
): (...given: A) => R {
  return wall ? wall.shielded(fn) : fn;
}

/** What came of a call that threw. What the code did to built-in objects comes first: describing the rest uses them. */
export function failureOfThrow(run: NodeRun, firing: number | null, error: unknown): NodeFailure {
  const lasting = lastingChange(run);
  const violation = run.context.takeViolation();
  if (lasting) return lasting;
  const asOf = firing === null ? null : (run.request.asOf[firing] as Seconds);
  return violation ? violationFailure(asOf, violation) : failureOf(run, firing, error, run.locate);
}

/** What the author's code did that outlives the call, to built-in objects or to what it captured; null: nothing. */
export function lastingChange(run: NodeRun): NodeFailure | null {
  const { wall } = run.context;
  // First: what looks at the rest works with built-in objects.
  const name = wall?.meddling('core') ?? null;
  const changed = run.guard?.changed();
  wall?.undo();
  if (changed) return stateFailure(run, changed);
  return name === null ? null : meddlingFailure(run, name);
}

/** Why nothing can be computed any more; null: it can. */
export function spoiltFailure({ node, locate, context }: NodeRun): NodeFailure | null {
  const spoilt = context.wall?.spoilt ?? null;
  if (spoilt === null) return null;
  const sentence = `Node ${node.name} was not computed: code of the strategy has changed ${spoilt}, which is built in, for good. Change built-ins at the top of the module alone, and leave them configurable`;
  return voidChunk(node, 'compute', sentence, locate);
}

function meddlingFailure({ node, locate }: NodeRun, name: string): NodeFailure {
  const sentence = `Node ${node.name} changed ${name}, which is built in and belongs to all nodes, so nothing of this chunk was kept. Change it at the top of the module, where it counts in the fingerprint of every node, or write a function of your own`;
  return voidChunk(node, 'compute', sentence, locate);
}

function stateFailure({ node, locate }: NodeRun, { variable, location }: CapturedChange): NodeFailure {
  const place = location ?? locate(node.origin);
  const scan = node instanceof ScanNode;
  const rule = scan ? 'its windows and the state that its step is given' : 'its windows';
  const way = scan
    ? 'Carry it in that state'
    : 'Declare inside computeFn what a bar works with, and work it out from view.window(...); for what must be carried from bar to bar, make the node a ScanNode { init, step }';
  const sentence = `Node ${node.name} keeps state between bars: while it computed, it changed ${variable}. A bar's value may depend on nothing but ${rule}, so nothing of this chunk was kept. ${way}`;
  return { code: 'compute', message: withLocation(sentence, place), asOf: null, location: place };
}
