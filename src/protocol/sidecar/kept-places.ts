import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Range } from '../../sdk/time/time.js';
import type { Places } from '../../store/segments/places.js';
import { classOf } from '../../store/names/strategy-names.js';
import { cacheText, isRecent, PACKS, PLACES, readKept, writeKept, type Kept } from './kept-file.js';

/*
 * Where the rows of a strategy's nodes lie, kept beside the catalog: a script that reads them needs no child and no DuckDB, as long as
 * the cache is as it was. See docs/decisions/sidecar.md.
 */

/** Raised when the file says something else than before. */
const FORMAT = 1;

/** All rows of each node, by its name. */
export type PlacesByNode = Readonly<Record<string, Places['parts']>>;

interface KeptPlaces extends Kept {
  /** `file#Class` */
  readonly strategy: string;
  /** Whether its class alone names it, too. */
  readonly alone: boolean;
  readonly nodes: PlacesByNode;
}

/**
 * Writes down where rows lie. To be called by who has the cache to itself, after its last change.
 * @throws what the file system has to say.
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
 * Where the rows of a strategy's nodes lie now; null where only the catalog can tell.
 * @param strategy its name, or its class alone
 */
export async function readPlaces(dir: string, strategy: string): Promise<PlacesByNode | null> {
  try {
    const kept = readKept(pathOf(dir, strategy), FORMAT) as KeptPlaces | null;
    if (!kept || !isRecent(kept.writtenAt)) return null;
    if (kept.strategy !== strategy && !(kept.alone && classOf(kept.strategy) === strategy)) return null;
    return kept.cache === (await cacheText(dir)) ? kept.nodes : null;
  } catch {
    // Whatever cannot be looked at: a child says what is wrong with it.
    return null;
  }
}

/** Those of one node within a range; null where it has none. */
export function placesIn(dir: string, all: PlacesByNode, node: string, range: Range): Places | null {
  if (!Object.hasOwn(all, node)) return null;
  const parts = (all[node] ?? []).flatMap(({ segment, ...part }) => {
    const start = Math.max(part.start, range.start);
    const end = Math.min(part.end, range.end);
    return start < end ? [{ start, end, segment }] : [];
  });
  return { folder: join(dir, PACKS), parts };
}

/** A file for each class: of two strategies with the same one, it holds what was run last. */
function pathOf(dir: string, strategy: string): string {
  const key = createHash('sha256').update(classOf(strategy)).digest('hex').slice(0, 32);
  return join(dir, PLACES, `${key}.json`);
}
