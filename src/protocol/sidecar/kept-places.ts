import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Range } from '../../sdk/time/time.js';
import type { Places } from '../../store/segments/places.js';
import { classOf } from '../../store/names/strategy-names.js';
import { cacheText, isRecent, PACKS, PLACES, readKept, writeKept, type Kept } from './kept-file.js';

/**
 * Where the rows of a strategy's nodes are on disk, kept beside the catalog: while the cache is unchanged, a script reads them
 * without a child and without DuckDB. See docs/decisions/sidecar.md.
 */

/** Raised when the file's content changes meaning. */
const FORMAT = 1;

/** All rows of each node, by its name. */
export type PlacesByNode = Readonly<Record<string, Places['parts']>>;

interface KeptPlaces extends Kept {
  /** `file#Class` */
  readonly strategy: string;
  /** Whether its class name alone is unique. */
  readonly alone: boolean;
  readonly nodes: PlacesByNode;
}

/**
 * Writes where rows are. Only for the process that has the cache open, after its last change.
 * @throws the file system's error
 */
export async function writePlaces(
  dir: string,
  { strategy, alone, nodes }: Pick<KeptPlaces, 'strategy' | 'alone' | 'nodes'>,
): Promise<void> {
  const kept: KeptPlaces = {
    format: FORMAT,
    cache: await cacheText(dir),
    writtenAt: Date.now(),
    strategy,
    alone,
    nodes,
  };
  writeKept(pathOf(dir, strategy), kept);
}

/**
 * Where the rows of a strategy's nodes are now; null: only the catalog knows.
 * @param strategy its name, or its class alone
 */
export async function readPlaces(dir: string, strategy: string): Promise<PlacesByNode | null> {
  try {
    const kept = readKept(pathOf(dir, strategy), FORMAT) as KeptPlaces | null;
    if (!kept || !isRecent(kept.writtenAt)) return null;
    if (kept.strategy !== strategy && !(kept.alone && classOf(kept.strategy) === strategy)) return null;
    return kept.cache === (await cacheText(dir)) ? kept.nodes : null;
  } catch {
    // Unreadable: a child reports what is wrong.
    return null;
  }
}

/** The places of one node within a range; null: it has none. */
export function placesIn(dir: string, all: PlacesByNode, node: string, range: Range): Places | null {
  if (!Object.hasOwn(all, node)) return null;
  const parts = (all[node] ?? []).flatMap(({ segment, ...part }) => {
    const start = Math.max(part.start, range.start);
    const end = Math.min(part.end, range.end);
    return start < end ? [{ start, end, segment }] : [];
  });
  return { folder: join(dir, PACKS), parts };
}

/** A file per class: for two strategies with one class name, it holds the last run. */
function pathOf(dir: string, strategy: string): string {
  const key = createHash('sha256').update(classOf(strategy)).digest('hex').slice(0, 32);
  return join(dir, PLACES, `${key}.json`);
}
