import { prepare } from '../plan/prepare.js';
import type { StrategyHost } from '../ports/host.js';
import type { NodeStore } from '../ports/store.js';

/**
 * Forgets each source's known version, so that the next run reads and compares all of them, even if they report no change. Rows
 * and coverage stay until then. Returns the names of the streams.
 */
export async function forgetSourceVersions(ports: {
  readonly host: StrategyHost;
  readonly store: NodeStore;
}): Promise<{ readonly strategy: string; readonly streams: readonly string[] }> {
  const { graph, fingerprints: prints } = await prepare(ports, 'refresh');
  const streams = graph.nodes.filter(({ kind }) => kind === 'stream');
  const known = await ports.store.sources(streams.map(({ index }) => prints[index]?.hash ?? ''));
  const sources = [...known].map(([fingerprint, state]) => ({
    fingerprint,
    state: { ...state, version: null },
  }));
  await ports.store.commit({ invalidations: [], segments: [], reuses: [], sources });
  return { strategy: graph.strategy, streams: streams.map(({ name }) => name) };
}
