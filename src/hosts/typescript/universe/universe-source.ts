import type { SourceDescription } from '../../../engine/ports/host.js';
import type { DagNode } from '../../../sdk/dag-node.js';
import { parseInterval, type Seconds } from '../../../sdk/time/time.js';
import { Universe, universeSource, type UniverseSource } from '../../../sdk/universe/universe.js';
import { sourceOf } from '../node-facts.js';

/** A universe whose symbols must be found in its source. */
export interface UnknownSymbols {
  readonly universe: string;
  readonly interval: Seconds | null;
  readonly source: SourceDescription;
}

/** Options of a universe's source besides the symbol. */
export function symbolOptions({
  column,
  members,
}: Omit<UniverseSource, 'symbols'>): Readonly<Record<string, unknown>> {
  const place = column === null ? { symbolPath: true } : { symbolColumn: column };
  if (members === null || typeof members === 'string') return place;
  const { history, ...columns } = members;
  const { kind, options } = sourceOf(history);
  return { ...place, members: { kind, options, ...columns, ...(column !== null && { universe: column }) } };
}

/** The universes of a strategy that do not list their symbols. */
export function unknownSymbols(
  nodes: readonly DagNode[],
  interval: Seconds | null,
): readonly UnknownSymbols[] {
  return nodes.flatMap((node): UnknownSymbols[] => {
    if (!(node instanceof Universe)) return [];
    const source = universeSource(node);
    if (source.symbols) return [];
    const { kind, options } = sourceOf(node.historyProvider);
    return [
      {
        universe: node.name,
        interval:
          node.interval === undefined
            ? interval
            : parseInterval(node.interval, `The interval of ${node.name}`),
        source: { kind, options: { ...options, ...symbolOptions(source) } },
      },
    ];
  });
}
