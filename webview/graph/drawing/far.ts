import type { Span } from '../../../src/panel/state.js';
import { BOX, type Positions } from '../../layout/boxes.js';
import { s } from '../../ui/dom.js';
import { BAR } from './bar.js';
import { itemSegments, shownStanding, type Live } from '../items.js';
import type { Scene } from '../scene.js';

/** Pieces of a bar that is only a few pixels wide. */
const COARSE = 24;

/**
 * All boxes when zoomed out, as one path per appearance: thousands of boxes cost as much as a dozen shapes, and panning costs
 * nothing.
 */
export function farElements(
  scene: Scene,
  positions: Positions,
  live: Live,
  range: Span | null,
  isDim: (id: string) => boolean,
): SVGPathElement[] {
  const paths = new Map<string, string[]>();
  const add = (look: string, piece: string): void => {
    const pieces = paths.get(look);
    if (pieces) pieces.push(piece);
    else paths.set(look, [piece]);
  };
  for (const item of scene.items) {
    const at = positions.get(item.id);
    if (!at) continue;
    const [left, top] = [at.x - BOX.width / 2, at.y - BOX.height / 2];
    const tone = isDim(item.id) ? ' dim' : '';
    add(`far-box is-${shownStanding(item, live)}${tone}`, rectangle(left, top, BOX.width, BOX.height));
    if (!range) continue;
    const scale = BAR.width / COARSE;
    for (const { kind, from, to } of itemSegments(item, live, range, COARSE)) {
      add(
        `segment ${kind}${tone}`,
        rectangle(left + BAR.x + from * scale, top + BOX.height / 2, (to - from) * scale, BOX.height / 3),
      );
    }
  }
  const boxesFirst = [...paths].sort(
    ([a], [b]) => Number(b.startsWith('far-box')) - Number(a.startsWith('far-box')),
  );
  return boxesFirst.map(([look, pieces]) => s('path', { class: look, d: pieces.join('') }));
}

function rectangle(x: number, y: number, width: number, height: number): string {
  const [w, h] = [round(width), round(height)];
  return `M${round(x)} ${round(y)}h${w}v${h}h${-w}z`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
