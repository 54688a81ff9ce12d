import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A page: its rows, the file offset of its levels (or else its values), the bytes of each, and its digest. */
const page = v.tuple([count, count, count, count, v.string()]);
const pages = v.array(page);

/** Where a segment's rows are in its pack. Short names: every segment has one. */
export const layoutSchema = v.object({
  /** The page of times; the segment begins at row `from` in it. */
  ts: page,
  /** Its times are doubles, since some are not whole seconds. */
  fine: v.optional(v.literal(true)),
  from: count,
  /** Pages of each column; an all-null column has none. */
  columns: v.array(pages),
  /** Pages of texts that are not valid UTF-8, by column. */
  exact: v.record(v.string(), pages),
  /** Flags of the rows whose record is not null; none: all. */
  present: pages,
  /** Offset, length and digest of a scan's state. */
  state: v.nullable(v.tuple([count, count, v.string()])),
});

export type Layout = Readonly<v.InferOutput<typeof layoutSchema>>;
export type PagePlace = readonly [rows: number, at: number, levels: number, values: number, digest: string];

/** @throws Error for a text that is no layout */
export function parseLayout(text: string): Layout {
  return v.parse(layoutSchema, JSON.parse(text));
}

/** All pages of a layout. */
export function placesOf({ ts, columns, exact, present }: Layout): PagePlace[] {
  return [ts, ...columns.flat(), ...Object.values(exact).flat(), ...present];
}
