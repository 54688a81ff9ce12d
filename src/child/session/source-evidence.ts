import type { SourceDescription } from '../../engine/ports/host.js';
import { fileEvidence, type FileEvidence } from '../../protocol/sidecar/evidence.js';
import type { ContentHints } from '../../sources/library.js';

/** A source as a run opened it. */
export interface OpenedSource {
  readonly source: SourceDescription;
  /** Absolute paths of its files, and of the patterns that found them. */
  readonly files: readonly string[];
}

/** Kinds of sources whose bars depend on files and options only. */
const OF_FILES = new Set(['csv', 'parquet']);
const OF_OPTIONS = new Set(['demo']);
/** Kinds whose bars never change once read: if a range is covered, the cache is enough. */
const OF_CACHE = new Set(['http', 'ccxt']);

/**
 * The files of sources as they were when hashed; null if a source depends on anything else.
 * @param complete whether no more bars can appear in the range
 */
export function sourceEvidence(
  sources: readonly OpenedSource[],
  hints: Pick<ContentHints, 'get'>,
  complete: boolean,
): readonly FileEvidence[] | null {
  const found: FileEvidence[] = [];
  for (const { source, files } of sources) {
    if (source.pinned) return null;
    if (OF_OPTIONS.has(source.kind) || (complete && OF_CACHE.has(source.kind))) continue;
    if (!OF_FILES.has(source.kind) || files.length === 0 || !membersOfFiles(source)) return null;
    for (const path of files) {
      // Recent changes are handled by the hints: they do not know such files.
      const file = fileEvidence(path, Infinity, true);
      if (file.signature === null || hints.get(`${path}|${file.signature}`) === undefined) return null;
      found.push(file);
    }
  }
  return found;
}

/** Membership may come from a source of another kind. */
function membersOfFiles({ options: { members } }: SourceDescription): boolean {
  if (members === undefined) return true;
  return (
    typeof members === 'object' && members !== null && 'kind' in members && OF_FILES.has(String(members.kind))
  );
}
