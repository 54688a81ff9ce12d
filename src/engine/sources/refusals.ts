import { SeamlessError } from '../../sdk/errors.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { NodeFailure } from '../ports/host.js';

/** Thrown within a run when a stream's source refuses to be read: its dependents are blocked, and the rest goes on. */
export class StreamRefused extends Error {
  readonly node: number;
  readonly refusal: SeamlessError;

  constructor(node: number, refusal: SeamlessError) {
    super(refusal.message);
    this.node = node;
    this.refusal = refusal;
  }
}

/** Whether an error says that a source cannot be read, which concerns nothing but what depends on it. */
export function isRefusal(error: unknown): error is SeamlessError {
  return error instanceof SeamlessError && (error.code === 'source' || error.code === 'source-row');
}

/** Asks a stream's source for something. @throws StreamRefused where it refuses */
export async function asking<T>(node: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw isRefusal(error) ? new StreamRefused(node, error) : error;
  }
}

/** What the report says of a stream whose source refused. */
export function refusalOf(node: GraphNode, { code, message, location }: SeamlessError): NodeFailure {
  return { code, message, asOf: null, location: location ?? node.description.location };
}

/** Some streams, and all nodes that depend on them. */
export function downstream(graph: Graph, streams: Iterable<number>): ReadonlySet<number> {
  const found = new Set(streams);
  for (const index of graph.order) {
    if ((graph.nodes[index] as GraphNode).edges.some((edge) => found.has(edge.node))) found.add(index);
  }
  return found;
}
