import type { Position } from '../layout/boxes.js';
import { acrossOf, alongOf, type Placement } from '../layout/flow.js';
import type { Scene } from './scene.js';

/** An arrow key. */
export type Step = 'left' | 'right' | 'up' | 'down';

/** The meaning of each key when edges lead right, and when they lead down. */
const WAYS = {
  right: { left: 'back', right: 'on', up: 'before', down: 'after' },
  down: { up: 'back', down: 'on', left: 'before', right: 'after' },
} as const;

/**
 * Where an arrow key leads from a box: against the edges to its nearest input, along them to its nearest reader, across them
 * within its row. If no edge leads there, to the nearest box on that side.
 */
export function stepFrom(
  scene: Scene,
  { positions, direction }: Pick<Placement, 'positions' | 'direction'>,
  from: string | null,
  step: Step,
): string | null {
  const at = from === null ? undefined : positions.get(from);
  const along = (position: Position): number => alongOf(position, direction);
  const across = (position: Position): number => acrossOf(position, direction);
  if (from === null || !at) return firstOf();
  const way = WAYS[direction][step];
  const joined = new Set(
    scene.edges.flatMap((edge) => {
      if (way === 'back' && edge.to === from) return [edge.from];
      return way === 'on' && edge.from === from ? [edge.to] : [];
    }),
  );
  let [best, cost] = [null as string | null, Infinity];
  for (const { id } of scene.items) {
    const to = positions.get(id);
    if (!to || id === from) continue;
    const [on, after] = [along(to) - along(at), across(to) - across(at)];
    const ahead = { back: -on, on, before: -after, after }[way];
    if (ahead <= 1 && !joined.has(id)) continue;
    const aside = way === 'back' || way === 'on' ? Math.abs(after) : Math.abs(on) * 8;
    const price = Math.abs(ahead) + aside + (joined.size > 0 && !joined.has(id) ? 1e9 : 0);
    if (price < cost) [best, cost] = [id, price];
  }
  return best;

  function firstOf(): string | null {
    const placed = scene.items.flatMap(({ id }) => {
      const position = positions.get(id);
      return position ? [{ id, position }] : [];
    });
    placed.sort((a, b) => along(a.position) - along(b.position) || across(a.position) - across(b.position));
    return placed[0]?.id ?? null;
  }
}
