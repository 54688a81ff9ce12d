import { inspect } from 'node:util';
import type { ComputeRequest, NodeFailure } from '../../../engine/ports/host.js';
import { SeamlessError, type SourceLocation } from '../../../sdk/errors.js';
import { formatTime, type Seconds } from '../../../sdk/time/time.js';
import type { Locate } from './location.js';

/** The node that failed, for the sentence and the place to show it at. */
interface FailingNode {
  readonly name: string;
  readonly origin: Error;
}

/** A computation that failed: of what node, over which firings. */
interface FailingRun {
  readonly node: FailingNode;
  readonly request: Pick<ComputeRequest, 'opens' | 'asOf'>;
}

/** A firing's bar, by the open that rows, tables and charts show it by, and what its code saw as `asOf`. */
export function barText(open: Seconds, asOf: Seconds): string {
  return `bar ${formatTime(open)} (asOf ${formatTime(asOf)})`;
}

/**
 * What became of a `computeFn` that threw `error`, in words.
 *
 * @param firing the one it failed at; null when it saw a whole chunk at once.
 */
export function failureOf(
  { node, request }: FailingRun,
  firing: number | null,
  error: unknown,
  locate: Locate,
): NodeFailure {
  const asOf = firing === null ? null : (request.asOf[firing] as Seconds);
  const location = locationOf(error, locate) ?? locate(node.origin);
  const at =
    firing === null || asOf === null ? '' : ` at the ${barText(request.opens[firing] as Seconds, asOf)}`;
  // Errors of Seamless that name the node are whole sentences already.
  const said = isSentenceAbout(node, error)
    ? error.message
    : `Node ${node.name} failed${at}: ${reasonOf(error)}`;
  const code = error instanceof SeamlessError ? error.code : 'compute';
  return { code, message: withLocation(said, location), asOf, location };
}

/** A failure that voids all rows of a chunk. `sentence` names the node. */
export function voidChunk(
  node: FailingNode,
  code: SeamlessError['code'],
  sentence: string,
  locate: Locate,
): NodeFailure {
  const location = locate(node.origin);
  return { code, message: withLocation(sentence, location), asOf: null, location };
}

/** A sentence with the place it is about before its full stop. */
export function withLocation(sentence: string, location: SourceLocation | null): string {
  if (!location) return endsSentence(sentence) ? sentence : `${sentence}.`;
  const open = sentence.endsWith('.') ? sentence.slice(0, -1) : sentence;
  return `${open} (${location.file}:${location.line}).`;
}

/** What was thrown, in words: an error's message, or anything else as it is written in code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${show(error)}, which is not an Error`;
  const name = error.name === 'Error' || error instanceof SeamlessError ? '' : `${error.name}: `;
  return `${name}${error.message || 'it threw an Error without a message'}`;
}

/** A value as it is written in code, in one line, without running any code of its own. */
export function show(value: unknown): string {
  return inspect(value, {
    depth: 2,
    breakLength: Infinity,
    compact: true,
    customInspect: false,
    maxStringLength: 200,
  });
}

function isSentenceAbout(node: FailingNode, error: unknown): error is SeamlessError {
  return error instanceof SeamlessError && error.node === node.name;
}

function locationOf(error: unknown, locate: Locate): SourceLocation | null {
  return error instanceof SeamlessError && error.location ? error.location : locate(error);
}

function endsSentence(text: string): boolean {
  return /[.!?]$/.test(text);
}
