import { join } from 'node:path';
import type { UnknownSymbols } from '../../hosts/typescript/universe/universe-source.js';
import { CACHE_FOLDER } from '../../protocol/project.js';
import { parseInterval } from '../../sdk/time/time.js';
import { openSourceLibrary } from '../../sources/library.js';
import { SourceHints } from '../requests/source-hints.js';

/** If neither universe nor strategy has an interval, the graph reports it. */
const ANY_INTERVAL = parseInterval('1d');

/**
 * The symbols of universes that do not list them, by universe name. They are part of the graph, so a new symbol changes the
 * graph.
 * @throws SeamlessError `source` when a source has none, or cannot be read
 */
export async function findUniverses(
  projectRoot: string,
  unknown: readonly UnknownSymbols[],
): Promise<readonly (readonly [string, readonly string[]])[]> {
  if (unknown.length === 0) return [];
  const hints = await SourceHints.load(join(projectRoot, CACHE_FOLDER));
  const library = openSourceLibrary({ projectRoot, hints });
  try {
    const found: [string, readonly string[]][] = [];
    for (const { universe, interval, source } of unknown) {
      const stream = {
        node: 0,
        name: universe,
        interval: interval ?? ANY_INTERVAL,
        phase: 0,
        calendar: null,
        source,
        location: null,
      };
      found.push([universe, await library.symbols(stream)]);
    }
    await hints.save();
    return found;
  } finally {
    library.close();
  }
}
