import { basename } from 'node:path';
import { PACKS_UNKNOWN } from '../duckdb/schema.js';
import type { Row } from '../duckdb/schema.js';
import { filesIn } from '../names/contents.js';
import { readFooter } from '../packs/read-pack.js';
import { atomically, type StoreContext } from '../segments/catalog.js';
import { segmentRow } from '../segments/commit.js';
import { segmentsOf, type PackedSegment } from '../segments/packing.js';

/**
 * Adds the folder's packs to a new catalog. Their segments can be reused if code and inputs are the same, but cover nothing: a
 * pack cannot tell whether its sources have changed. Returns how many packs were found.
 */
export async function takePacksIn(context: StoreContext): Promise<number> {
  const { session, catalog, folder } = context;
  const asked = await session.select({ key: 'text' }, 'SELECT key FROM meta WHERE key = $1', [PACKS_UNKNOWN]);
  if (asked.length === 0) return 0;
  return atomically(context, async () => {
    const packs: Row<'packs'>[] = [];
    const segments: Row<'segments'>[] = [];
    for (const path of filesIn(folder)) {
      const found = packAt(path);
      if (!found) continue;
      const id = await catalog.take('packs');
      packs.push({ id, name: basename(path), row_count: found.rows, bytes: found.bytes });
      for (const segment of found.segments)
        segments.push(segmentRow(segment, await catalog.take('segments'), id));
    }
    await session.append('packs', packs);
    await session.append('segments', segments);
    await session.run('DELETE FROM meta WHERE key = $1', [PACKS_UNKNOWN]);
    return packs.length;
  });
}

/** What a pack says about itself; null for a file that is no pack, or of another format. */
function packAt(
  path: string,
): { readonly rows: number; readonly bytes: number; readonly segments: readonly PackedSegment[] } | null {
  if (!path.endsWith('.parquet')) return null;
  try {
    const { rows, bytes, metadata } = readFooter(path);
    const segments = segmentsOf(metadata);
    return segments && { rows, bytes, segments };
  } catch {
    // The next clean-up deletes it.
    return null;
  }
}
