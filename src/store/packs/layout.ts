import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Where a page lies: its rows, the offset in the file of its levels or else values, their bytes, their digest. */
const page = v.tuple([count, count, count, count, v.string()]);
const pages = v.array(page);

/** Where the rows of a segment lie in its pack. Short names: there is one for each segment. */
export const layoutSchema = v.object({
  /** The page with the segment's times, in which they begin at row `from`. */
  ts: page,
  /** Its times are doubles, since some are no whole seconds. */
  fine: v.optional(v.literal(true)),
  from: count,
  /** Pages of each column, none for one of nothing but nulls. */
  columns: v.array(pages),
  /** Pages of the texts, by column, that are no UTF-8. */
  exact: v.record(v.string(), pages),
  /** Flags of the rows of a record that are not null as a whole; none: all. */
  present: pages,
  /** Offset, bytes and digest of a scan's state. */
  state: v.nullable(v.tuple([count, count, v.string()])),
});

export type Layout = Readonly<v.InferOutput<typeof layoutSchema>>;
export type PagePlace = readonly [rows: number, at: number, levels: number, values: number, digest: string];

/** @throws Error for a text that is no layout. */
export function parseLayout(text: string): Layout {
  return v.parse(layoutSchema, JSON.parse(text));
}

/** All pages of a layout. */
export function placesOf({ ts, columns, exact, present }: Layout): PagePlace[] {
  return [ts, ...columns.flat(), ...Object.values(exact).flat(), ...present];
}
