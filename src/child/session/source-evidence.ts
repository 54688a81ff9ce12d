import type { SourceDescription } from '../../engine/ports/host.js';
import { fileEvidence, type FileEvidence } from '../../protocol/sidecar/evidence.js';
import type { ContentHints } from '../../sources/library.js';

/** A source as a run opened it. */
export interface OpenedSource {
  readonly source: SourceDescription;
  /** Absolute paths of its files, and of the patterns they were found by. */
  readonly files: readonly string[];
}

/** Kinds of sources whose bars come from their files and options alone. */
const OF_FILES = new Set(['csv', 'parquet']);
const OF_OPTIONS = new Set(['demo']);
/** Kinds whose bars stay as they were taken: once all of a range is covered, the cache alone says so. */
const OF_CACHE = new Set(['http', 'ccxt']);

/**
 * The files that sources were read from, as they were when their content was hashed; null where there is more to a source.
 * @param complete whether no more bars can come within the range
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
      // Whether it changed just now is for the hints to say: they know none that did.
      const file = fileEvidence(path, Infinity, true);
      if (file.signature === null || hints.get(`${path}|${file.signature}`) === undefined) return null;
      found.push(file);
    }
  }
  return found;
}

/** Who is a member may be told by a source of another kind. */
function membersOfFiles({ options: { members } }: SourceDescription): boolean {
  if (members === undefined) return true;
  return (
    typeof members === 'object' && members !== null && 'kind' in members && OF_FILES.has(String(members.kind))
  );
}
