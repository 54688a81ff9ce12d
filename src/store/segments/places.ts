import type { Layout } from '../packs/layout.js';
import type { Cover, Segment } from './catalog.js';

interface PlacedSegment extends Pick<Segment, 'start' | 'end' | 'rows' | 'digest' | 'schema' | 'pack'> {
  readonly layout: Layout;
}

/** Where rows of a node are in the packs folder, ascending: another process can read them without the catalog. */
export interface Places {
  readonly folder: string;
  readonly parts: readonly {
    readonly start: number;
    readonly end: number;
    readonly segment: PlacedSegment;
  }[];
}

export function placesOf(
  folder: string,
  covers: readonly Pick<Cover, 'start' | 'end' | 'segment'>[],
): Places {
  return {
    folder,
    parts: covers.map(({ start, end, segment }) => ({ start, end, segment: placed(segment) })),
  };
}

function placed({ start, end, rows, digest, schema, pack, layout }: Segment): PlacedSegment {
  return { start, end, rows, digest, schema, pack, layout: layout() };
}
