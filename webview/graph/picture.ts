import type { Span } from '../../src/panel/messages.js';
import { BOX, boundsOf, type Positions } from '../layout/boxes.js';
import { s } from '../ui/dom.js';
import { boxElement, drawBox } from './box.js';
import { edgePaths } from './edges.js';
import type { Placement } from './graph-view.js';
import { NOT_LIVE } from './items.js';
import { patternDefs } from './patterns.js';
import type { Scene } from './scene.js';

const MARGIN = 24;

/** Pixels that a picture has at most on a side: more than browsers can hold in a canvas. */
const LARGEST = 8000;

/** What of a shape's look the style sheet decides, and a picture must carry itself. */
const LOOK = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
];

/** The whole graph as an SVG file that needs nothing else: in the colours of the theme, whatever is in view. */
export function svgPicture(scene: Scene, { positions, bends }: Placement, range: Span | null): string {
  const bounds = boundsOf(scene.items.flatMap(({ id }) => positions.get(id) ?? []));
  const { left, top, right, bottom } = bounds ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const [width, height] = [right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
  const paper = s('rect', { class: 'paper', x: left - MARGIN, y: top - MARGIN, width, height });
  const picture = s(
    'svg',
    { class: 'drawing', width, height, viewBox: `${left - MARGIN} ${top - MARGIN} ${width} ${height}` },
    patternDefs(),
    paper,
    s('path', { class: 'edge', d: edgePaths(scene, positions, bends, null).plain }),
    ...boxes(scene, positions, range),
  );
  // Looks are computed only of what is in the page.
  const stage = document.createElement('div');
  stage.className = 'graph stage';
  stage.append(picture);
  document.body.append(stage);
  try {
    for (const shape of picture.querySelectorAll('*')) fixLook(shape);
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
    drawBox(box, item, NOT_LIVE, range, { selected: false, active: false, dim: false, found: false });
    box.setAttribute('transform', `translate(${at.x - BOX.width / 2} ${at.y - BOX.height / 2})`);
    return [box];
  });
}

function fixLook(shape: Element): void {
  const style = getComputedStyle(shape);
  const found = LOOK.map((name) => [name, style.getPropertyValue(name)] as const);
  for (const [name, value] of found) {
    // A pattern's address is made absolute by the browser; in a file it is the name alone.
    if (value !== '') shape.setAttribute(name, value.replace(/url\("?[^"#)]*#([^")]+)"?\)/, 'url(#$1)'));
  }
  for (const name of ['class', 'role', 'aria-hidden', 'aria-label', 'aria-selected', 'data-id'])
    shape.removeAttribute(name);
}

/** The same as a PNG, in base64: twice as fine as a screen, unless that is too large. */
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
