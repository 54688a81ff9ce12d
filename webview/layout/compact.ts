/** An item of a row: a box, or an edge passing through. */
interface RowItem {
  readonly name: string;
  readonly width: number;
  /** Space to leave around it. */
  readonly gap: number;
}

/** Sweeps over all rows, alternately down and up: each moves items closer to their neighbours. */
const SWEEPS = 8;

/**
 * Positions along the rows in the given order, no wider than the widest row needs: items are as close to their neighbours as
 * possible.
 * @param joined an item's neighbours in the adjacent rows
 * @returns middles by name; 0 is the middle of all rows
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

/** The mean of two placements without overlaps (one shifted right where needed, one left) has none either. */
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

/** Moves items that are too close to the previous one, or beyond the edge, in one direction. */
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
