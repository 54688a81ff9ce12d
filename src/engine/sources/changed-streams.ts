import { SeamlessError } from '../../sdk/errors.js';
import { gridOf } from '../../sdk/time/grid.js';
import type { Fingerprint } from '../fingerprint/fingerprints.js';
import type { GraphNode } from '../graph/graph.js';
import type { SourceDescription } from '../ports/host.js';
import type { SourceLibrary, SourceReader } from '../ports/source.js';
import type { NodeStore, SourceState } from '../ports/store.js';
import { openSource, versionKindOf, type VersionKind } from './open-source.js';
import { isRefusal } from './refusals.js';
import { compareSource, sourceName, type ChangedSource } from './source-change.js';

/**
 * How thoroughly a changed source is compared, to find which bars changed: `files` reads files of moderate size, `all`
 * everything, even through custom providers.
 */
export type SourceLook = 'files' | 'all';

/** Most rows of a changed file that are compared. */
const MOST_ROWS = 200_000;

const FILES: ReadonlySet<string> = new Set(['csv', 'parquet']);

/** Kinds whose version needs a server, which may take long: not asked at each edit of a strategy. */
const SERVERS: ReadonlySet<string> = new Set(['postgres']);

/** The current sources of a strategy's streams, compared with when they were last read. */
export interface LookedStreams {
  /** Files that sources read, absolute, and the patterns that found them. */
  readonly files: readonly string[];
  /** Of these, files of sources that cannot tell whether they changed, by stream name. */
  readonly untold: readonly { readonly stream: string; readonly files: readonly string[] }[];
  /** By node position, like the next one. */
  readonly changed: ReadonlyMap<number, ChangedSource>;
  readonly versionKinds: ReadonlyMap<number, VersionKind>;
}

export async function changedStreams(
  { sources, store }: { readonly sources: SourceLibrary; readonly store: NodeStore },
  nodes: readonly GraphNode[],
  prints: readonly Fingerprint[],
  known: ReadonlyMap<string, SourceState>,
  look: SourceLook,
): Promise<LookedStreams> {
  const changed = new Map<number, ChangedSource>();
  const versionKinds = new Map<number, VersionKind>();
  const files = new Set<string>();
  const untold: { readonly stream: string; readonly files: readonly string[] }[] = [];
  const differing: {
    readonly node: GraphNode;
    readonly source: SourceDescription;
    readonly reader: SourceReader;
  }[] = [];
  for (const node of nodes) {
    const fingerprint = (prints[node.index] as Fingerprint).hash;
    const state = known.get(fingerprint);
    const { source } = node.description;
    if (!state || !source) continue;
    const { index, name } = node;
    if (look === 'files' && SERVERS.has(source.kind) && !source.pinned) {
      versionKinds.set(index, 'unasked');
      continue;
    }
    const opened = await openAt(sources, node, source, state.version);
    if (opened instanceof SeamlessError) {
      changed.set(index, { name: sourceName(name, source), change: null, refusal: opened });
      continue;
    }
    const { reader, version } = opened;
    for (const file of reader.files ?? []) files.add(file);
    if (version === null && reader.files) untold.push({ stream: name, files: reader.files });
    if (version === null || version === state.version) {
      versionKinds.set(index, versionKindOf(source, version));
      continue;
    }
    changed.set(index, { name: sourceName(name, source), change: null });
    if (look === 'all' || FILES.has(source.kind)) differing.push({ node, source, reader });
  }
  // A table of many symbols is read for those that were looked at: all of them, before one is compared.
  for (const { source, reader } of differing) if (FILES.has(source.kind)) await reader.bounds();
  const most = look === 'all' ? Infinity : MOST_ROWS;
  for (const { node, source, reader } of differing) {
    const { hash: fingerprint } = prints[node.index] as Fingerprint;
    const change = await compareSource(reader, store, { fingerprint, ...gridOf(node) }, most);
    changed.set(node.index, { name: sourceName(node.name, source), change });
  }
  return { changed, versionKinds, files: [...files], untold };
}

/** A source and its version; or why it cannot be read. */
async function openAt(
  sources: SourceLibrary,
  node: GraphNode,
  source: SourceDescription,
  before: string | null,
): Promise<{ readonly reader: SourceReader; readonly version: string | null } | SeamlessError> {
  try {
    const reader = await openSource(sources, node, source);
    return { reader, version: await reader.version(before) };
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}
