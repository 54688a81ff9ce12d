import { SeamlessError } from '../../sdk/errors.js';
import type { GraphNode } from '../graph/graph.js';
import type { NodeFailure } from '../ports/host.js';

/** Thrown within a run when a stream's source cannot be read: its dependents are blocked, and the rest continues. */
export class StreamRefused extends Error {
  readonly node: number;
  readonly refusal: SeamlessError;

  constructor(node: number, refusal: SeamlessError) {
    super(refusal.message);
    this.node = node;
    this.refusal = refusal;
  }
}

/** Whether an error means that a source cannot be read, which only affects its dependents. */
export function isRefusal(error: unknown): error is SeamlessError {
  return error instanceof SeamlessError && (error.code === 'source' || error.code === 'source-row');
}

/** Calls a stream's source. @throws StreamRefused if it refuses */
export async function asking<T>(node: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw isRefusal(error) ? new StreamRefused(node, error) : error;
  }
}

/** The report's message about a stream whose source refused. */
export function refusalOf(node: GraphNode, { code, message, location }: SeamlessError): NodeFailure {
  return { code, message, asOf: null, location: location ?? node.description.location };
}
