import type { Graph } from '../../../engine/graph/graph.js';
import type { SourceLibrary, SourceReader } from '../../../engine/ports/source.js';
import { openSource } from '../../../engine/sources/open-source.js';
import type { Feed } from '../../../live/feed/feed.js';
import { replayFeed } from '../../../live/feed/replay.js';
import { wsFeed } from '../../../live/feed/ws.js';
import type { World } from '../../../live/world/schema.js';
import { SeamlessError } from '../../../sdk/errors.js';
import { closeOf } from '../../../sdk/time/grid.js';
import { floorToGrid, type Range, type Seconds } from '../../../sdk/time/time.js';
import { openCcxtFeed } from './ccxt-feed.js';
import { tokenOf } from './find-world.js';

/** The bounds of a strategy's sources, by stream. */
export async function extentsOf(graph: Graph, sources: SourceLibrary): Promise<Range[]> {
  const extents: Range[] = [];
  for (const node of graph.nodes) {
    const { source } = node.description;
    if (!source) continue;
    const bounds = await (await openSource(sources, node, source)).bounds();
    if (bounds) extents.push({ start: bounds.first, end: closeOf(bounds.last, node) });
  }
  return extents;
}

/** The world's feed, and the time it is requested from. */
export async function feedOf(
  { world, projectRoot }: { readonly world: World; readonly projectRoot: string },
  graph: Graph,
  sources: SourceLibrary,
  onTrouble: (text: string) => void,
): Promise<{ feed: Feed; since: Seconds }> {
  const { feed } = world;
  if (!feed) throw new SeamlessError('internal', `World ${world.name} has no feed.`);
  if (feed.kind === 'ws' || feed.kind === 'ccxt') {
    const ends = (await extentsOf(graph, sources)).map(({ end }) => end);
    const since = ends.length > 0 ? Math.min(...ends) : -Infinity;
    if (feed.kind === 'ccxt')
      return { feed: await openCcxtFeed(world, feed, graph, projectRoot, onTrouble), since };
    const { url, silence, tokenFrom } = feed;
    const token = tokenFrom === undefined ? undefined : tokenOf(`The feed of world ${world.name}`, tokenFrom);
    return { feed: wsFeed({ url, silence, token, tokenFrom, onTrouble }), since };
  }
  const recording = new Map<string, SourceReader>();
  const streams = graph.nodes.filter(({ kind }) => kind === 'stream');
  for (const [position, node] of streams.entries()) {
    const own = node.description.source;
    const made = { kind: 'demo', options: { seed: feed.kind === 'demo' ? feed.seed + position : 1 } };
    const source = feed.kind === 'demo' ? made : own;
    if (source) recording.set(node.name, await openSource(sources, node, source));
  }
  const finest = Math.min(...streams.map(({ interval }) => interval));
  const now = feed.kind === 'demo' ? floorToGrid(Date.now() / 1000, finest, 0) : -Infinity;
  return { feed: replayFeed(recording, feed.speed, feed.end), since: feed.start ?? now };
}
