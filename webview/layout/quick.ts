import type { LayoutInput, Position } from './boxes.js';
import { measures, positionAt, type Flow } from './flow.js';
import { linksOf, rowsOf } from './layers.js';

/**
 * A layered placement of thousands of boxes in a few milliseconds, by barycentre sweeps within rows. Shown first, while the
 * layout library runs in its worker.
 */
export function quickLayout(input: LayoutInput, { direction, most }: Flow): Map<string, Position> {
  const { inputs, outputs } = linksOf(input);
  const { rows: rowOf } = rowsOf(input, most);
  const rows: number[][] = [];
  rowOf.forEach((row, at) => (rows[row] ??= []).push(at));
  const place = new Float64Array(input.ids.length);
  const settle = (row: readonly number[]): void =>
    row.forEach((at, order) => (place[at] = order - (row.length - 1) / 2));
  rows.forEach(settle);
  for (const neighbours of [inputs, outputs, inputs]) {
    const order = neighbours === inputs ? rows : rows.toReversed();
    for (const row of order) {
      const wanted = new Map(row.map((at) => [at, mean(neighbours[at] ?? [], place, place[at] ?? 0)]));
      row.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      settle(row);
    }
  }
  const { along, across, rowGap, boxGap } = measures(direction);
  return new Map(
    input.ids.map((id, at) => [
      id,
      positionAt((rowOf[at] ?? 0) * (along + rowGap), (place[at] ?? 0) * (across + boxGap), direction),
    ]),
  );
}

function mean(neighbours: readonly number[], place: Float64Array, otherwise: number): number {
  if (neighbours.length === 0) return otherwise;
  return neighbours.reduce((sum, at) => sum + (place[at] ?? 0), 0) / neighbours.length;
}
