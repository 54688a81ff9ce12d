/** What stands in a row: boxes, and passages of edges between them. */
interface RowItem {
  readonly name: string;
  readonly width: number;
  /** Room to be left between it and its like. */
  readonly gap: number;
}

/** Sweeps over all rows, down and up in turns: each brings items nearer to what they are joined to. */
const SWEEPS = 8;

/**
 * Places along the rows, in the order given, no wider than the widest row needs: items stand as near to what they are joined to
 * as that allows.
 * @param joined neighbours of an item in the rows beside its own.
 * @returns middles by name; 0 is the middle of all rows.
 */
export function compacted(
  rows: readonly (readonly RowItem[])[],
  joined: (name: string) => readonly string[],
): { readonly places: Map<string, number>; readonly width: number } {
  const width = Math.max(0, ...rows.map(extentOf));
  const places = new Map<string, number>();
  for (const row of rows) {
    let next = -extentOf(row) / 2;
    for (const { name, width: own, gap } of row) {
      places.set(name, next + (own + gap) / 2);
      next += own + gap;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 === 0 ? rows : rows.toReversed()) {
      const wanted = row.map(({ name }) => {
        const near = joined(name).flatMap((each) => places.get(each) ?? []);
        return near.length === 0
          ? (places.get(name) ?? 0)
          : near.reduce((sum, at) => sum + at, 0) / near.length;
      });
      settled(row, wanted, width).forEach((at, index) => places.set((row[index] as RowItem).name, at));
    }
  }
  return { places, width };
}

function extentOf(row: readonly RowItem[]): number {
  return row.reduce((sum, { width, gap }) => sum + width + gap, 0);
}

/** The mean of two placements without overlaps, one pushed to the right where it must be and one to the left, has none either. */
function settled(row: readonly RowItem[], wanted: readonly number[], width: number): number[] {
  const room = row.map((item) => (item.width + item.gap) / 2);
  const to = (direction: 1 | -1): number[] => {
    const places = [...wanted];
    const order = [...row.keys()];
    push(places, room, direction === 1 ? order : order.toReversed(), direction, width);
    push(places, room, direction === 1 ? order.toReversed() : order, -direction as 1 | -1, width);
    return places;
  };
  const [right, left] = [to(1), to(-1)];
  return right.map((at, index) => (at + (left[index] ?? at)) / 2);
}

/** Moves what stands too near to the one before it, or past the edge, in one direction. */
function push(
  places: number[],
  room: readonly number[],
  order: readonly number[],
  direction: 1 | -1,
  width: number,
): void {
  let edge = (-direction * width) / 2;
  for (const at of order) {
    const least = edge + direction * (room[at] ?? 0);
    const place = places[at] ?? 0;
    places[at] = direction === 1 ? Math.max(place, least) : Math.min(place, least);
    edge = (places[at] ?? 0) + direction * (room[at] ?? 0);
  }
}
