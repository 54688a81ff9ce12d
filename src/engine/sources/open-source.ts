import type { Deadline } from './deadline.js';
import { openStream, type GraphNode } from '../graph/graph.js';
import type { SourceDescription } from '../ports/host.js';
import type { SourceLibrary, SourceReader } from '../ports/source.js';

/** The version of a pinned source, whatever its content. */
const PINNED = 'pinned';

/**
 * How a change of a source is detected: by its version; not at all, so that each run reads it again; not asked, since it is
 * pinned; or only by a run, since it needs a server.
 */
export type VersionKind = 'version' | 'none' | 'pinned' | 'unasked';

/** @throws SeamlessError `source` when the source is missing or refused; `Overdue` after its deadline, if it has one */
export async function openSource(
  sources: SourceLibrary,
  node: GraphNode,
  source: SourceDescription,
  deadline: Deadline | null = null,
): Promise<SourceReader> {
  const stream = openStream(node, source);
  if (!deadline) return pinnedTo(source, await sources.open(stream));
  const held = { ...stream, signal: deadline.signal };
  return deadline.hold(pinnedTo(source, await deadline.within(() => sources.open(held))));
}

function pinnedTo(source: SourceDescription, reader: SourceReader): SourceReader {
  if (!source.pinned) return reader;
  return {
    whole: reader.whole,
    ...(reader.files && { files: reader.files }),
    version: () => Promise.resolve(PINNED),
    bounds: () => reader.bounds(),
    read: (range, skip) => reader.read(range, skip),
    notes: () => reader.notes?.() ?? [],
    ...(reader.taken && { taken: () => (reader.taken as NonNullable<SourceReader['taken']>)() }),
  };
}

/** @param version the source's answer when asked for its version */
export function versionKindOf(source: SourceDescription, version: string | null): VersionKind {
  if (source.pinned) return 'pinned';
  return version === null ? 'none' : 'version';
}

/** Why a stream is read again or not, as a sentence. Empty if a version decides. */
export function versionKindText(versionKind: VersionKind | undefined): string {
  switch (versionKind) {
    case 'none':
      return 'Its source cannot tell whether it changed, so each run reads it again.';
    case 'unasked':
      return 'Its source is a server: the next run asks it whether its bars changed.';
    case 'pinned':
      return 'Its source is pinned: what was read of it stays as it is until its data are refreshed.';
    default:
      return '';
  }
}
