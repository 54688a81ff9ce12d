import { resolveGraph } from '../graph/graph.js';
import type { StrategyHost } from '../ports/host.js';
import type { SourceLibrary, SourceTaken } from '../ports/source.js';
import { openSource } from './open-source.js';

/**
 * How a stream's file is read, with its provider's options; null: the node is no stream, or its bars come from no file.
 * @throws SeamlessError `source` when the source is missing or refused
 */
export async function takenOf(
  ports: { readonly host: StrategyHost; readonly sources: SourceLibrary },
  name: string,
): Promise<SourceTaken | null> {
  const graph = resolveGraph(await ports.host.describe());
  const node = graph.nodes.find((each) => each.name === name);
  const { source } = node?.description ?? {};
  if (!node || !source) return null;
  const reader = await openSource(ports.sources, node, source);
  return (await reader.taken?.()) ?? null;
}
