import type { Positions } from '../layout/boxes.js';
import type { Scene } from './scene.js';

export type Direction = 'left' | 'right' | 'up' | 'down';

/**
 * Where an arrow key leads from a box: left to its nearest input, right to the nearest box that reads it, up and down within
 * its layer. Where no edge leads on, left and right go to the nearest box on that side.
 */
export function stepFrom(
  scene: Scene,
  positions: Positions,
  from: string | null,
  direction: Direction,
): string | null {
  const at = from === null ? undefined : positions.get(from);
  if (from === null || !at) return firstOf(scene, positions);
  const joined = new Set(
    scene.edges.flatMap((edge) => {
      if (direction === 'left' && edge.to === from) return [edge.from];
      return direction === 'right' && edge.from === from ? [edge.to] : [];
    }),
  );
  let [best, cost] = [null as string | null, Infinity];
  for (const { id } of scene.items) {
    const to = positions.get(id);
    if (!to || id === from) continue;
    const [dx, dy] = [to.x - at.x, to.y - at.y];
    const along = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    if (along <= 1 && !joined.has(id)) continue;
    const aside = direction === 'left' || direction === 'right' ? Math.abs(dy) : Math.abs(dx) * 8;
    const price = Math.abs(along) + aside + (joined.size > 0 && !joined.has(id) ? 1e9 : 0);
    if (price < cost) [best, cost] = [id, price];
  }
  return best;
}

function firstOf(scene: Scene, positions: Positions): string | null {
  const placed = scene.items.flatMap(({ id }) => {
    const at = positions.get(id);
    return at ? [{ id, ...at }] : [];
  });
  return placed.sort((a, b) => a.x - b.x || a.y - b.y)[0]?.id ?? null;
}
