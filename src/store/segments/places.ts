import * as v from 'valibot';
import { layoutSchema } from '../packs/layout.js';
import type { PlacedCover, Segment } from './catalog.js';
import { schemaSchema } from './schemas.js';

const placedSegment = v.object({
  start: v.number(),
  end: v.number(),
  rows: v.number(),
  digest: v.string(),
  schema: schemaSchema,
  pack: v.nullable(v.string()),
  layout: layoutSchema,
});

/** Where rows of a node are in the packs folder, ascending: another process can read them without the catalog. */
export const placesSchema = v.object({
  folder: v.string(),
  parts: v.pipe(
    v.array(v.object({ start: v.number(), end: v.number(), segment: placedSegment })),
    v.readonly(),
  ),
});
export type Places = Readonly<v.InferOutput<typeof placesSchema>>;

export function placesOf(
  folder: string,
  covers: readonly Pick<PlacedCover, 'start' | 'end' | 'segment'>[],
): Places {
  return {
    folder,
    parts: covers.map(({ start, end, segment }) => ({ start, end, segment: placed(segment) })),
  };
}

function placed({
  start,
  end,
  rows,
  digest,
  schema,
  pack,
  layout,
}: Segment): v.InferOutput<typeof placedSegment> {
  return { start, end, rows, digest, schema, pack, layout: layout() };
}
