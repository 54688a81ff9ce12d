import type { Span } from '../../../src/panel/state.js';
import { BOX, boundsOf, type Positions } from '../../layout/boxes.js';
import type { Placement } from '../../layout/flow.js';
import { s } from '../../ui/dom.js';
import { boxElement, drawBox } from '../drawing/box.js';
import { edgePaths } from '../drawing/edges.js';
import { NOT_LIVE } from '../items.js';
import { letteringAt } from '../drawing/lettering.js';
import { patternDefs } from '../drawing/patterns.js';
import type { Scene } from '../scene.js';

const MARGIN = 24;

/** Most pixels per side: canvases have a limit. */
const LARGEST = 8000;

/** The styles that the picture must include because the style sheet sets them. */
const SHAPE = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
];
const LETTERS = ['font-family', 'font-size', 'font-weight'];

/** What only the page needs. */
const PAGE_ONLY = ['class', 'style', 'role', 'aria-hidden', 'aria-label', 'aria-selected', 'data-id'];

/** The background of the picture. */
type Paper = 'light' | 'dark';

/**
 * The whole graph as a self-contained SVG file, whatever is in view: with fixed colours, since it is viewed without a theme, and
 * common fonts.
 */
export function svgPicture(scene: Scene, placement: Placement, range: Span | null, on: Paper): string {
  const { positions } = placement;
  const bounds = boundsOf(scene.items.flatMap(({ id }) => positions.get(id) ?? []));
  const { left, top, right, bottom } = bounds ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const [width, height] = [right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
  const paper = s('rect', { class: 'paper', x: left - MARGIN, y: top - MARGIN, width, height });
  const picture = s(
    'svg',
    { class: 'drawing', width, height, viewBox: `${left - MARGIN} ${top - MARGIN} ${width} ${height}` },
    patternDefs(),
    paper,
    s('path', { class: 'edge', d: edgePaths(scene, placement, null).plain }),
    ...boxes(scene, positions, range),
  );
  // Styles are computed only for elements in the page.
  const stage = document.createElement('div');
  stage.className = `graph stage ${on}-paper`;
  stage.append(picture);
  document.body.append(stage);
  try {
    const looks = Array.from(picture.querySelectorAll('*'), (shape) => [shape, lookOf(shape)] as const);
    for (const [shape, look] of looks) fixLook(shape, look);
  } finally {
    stage.remove();
  }
  picture.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  picture.removeAttribute('class');
  return new XMLSerializer().serializeToString(picture);
}

function boxes(scene: Scene, positions: Positions, range: Span | null): SVGGElement[] {
  return scene.items.flatMap((item) => {
    const at = positions.get(item.id);
    if (!at) return [];
    const box = boxElement(item);
    const tone = { selected: false, active: false, dim: false, found: false };
    drawBox(box, item, { live: NOT_LIVE, range, tone, lettering: letteringAt(1) });
    box.setAttribute('transform', `translate(${at.x - BOX.width / 2} ${at.y - BOX.height / 2})`);
    return [box];
  });
}

/** A shape's style. Applied once all are known, since each is found through the classes of its parents. */
function lookOf(shape: Element): readonly (readonly [string, string])[] {
  const style = getComputedStyle(shape);
  const names = shape instanceof SVGTextContentElement ? [...SHAPE, ...LETTERS] : SHAPE;
  return names.map((name) => {
    // The browser makes a pattern's address absolute; in a file it must be the name alone.
    const value = style.getPropertyValue(name).replace(/url\("?[^"#)]*#([^")]+)"?\)/, 'url(#$1)');
    return [name, value] as const;
  });
}

function fixLook(shape: Element, look: ReturnType<typeof lookOf>): void {
  for (const [name, value] of look) if (value !== '') shape.setAttribute(name, value);
  for (const name of PAGE_ONLY) shape.removeAttribute(name);
}

/** The same as a base64 PNG, at twice the screen's resolution unless that is too large. */
export async function pngPicture(svg: string): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(2, LARGEST / Math.max(image.width, image.height, 1));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').replace('data:image/png;base64,', '');
}
