import * as l10n from '@vscode/l10n';
import type { LiveValue, Span } from '../../../src/panel/state.js';
import { symbolCount, symbolsOf } from '../../../src/present/families.js';
import { formatCount, plural } from '../../../src/present/format.js';
import { shorterNumbers } from '../../../src/present/values.js';
import { BOX } from '../../layout/boxes.js';
import { glyphPaths, standingGlyph } from '../../ui/glyphs.js';
import { assign, s } from '../../ui/dom.js';
import { fitLines, fitText, widthOf } from '../../ui/measure.js';
import { shownStandingText, shortTime } from '../../ui/words.js';
import { BAR } from './bar.js';
import { itemSegments, liveValue, shownStanding, subtitleOf, withLive, type Live } from '../items.js';
import { LEADING, NAME_SIZE, type Lettering } from './lettering.js';
import type { SceneItem } from '../scene.js';

/** Width of a glyph. */
const ICON = 16;

/** Width of the mark before a value. */
const DOT = 13;

/** From a name to the value below it, in font sizes. */
const TIGHT = 1.02;

/** A box's emphasis: selected, upstream or downstream, found by the search, or dimmed. */
export interface Tone {
  readonly selected: boolean;
  readonly active: boolean;
  readonly dim: boolean;
  readonly found: boolean;
}

/** A box as SVG with its top left corner at the origin. */
export function boxElement(item: SceneItem): SVGGElement {
  const group = s('g', { role: 'option', 'data-id': item.id });
  if (item.group !== null) {
    group.append(s('rect', { class: 'shade', x: 5, y: 5, width: BOX.width, height: BOX.height, rx: 4 }));
  }
  group.append(
    s('rect', { class: 'body', width: BOX.width, height: BOX.height, rx: 4 }),
    s('rect', { class: 'edge-mark', width: 4, height: BOX.height, rx: 2 }),
    s('g', { class: 'standing' }),
    s('text', { class: 'name' }),
    // Separate texts for screen readers.
    ' ',
    s('text', { class: 'subtitle', y: 36 }),
    s('g', { class: 'bar', transform: `translate(${BAR.x} ${BAR.y})` }),
  );
  return group;
}

interface BoxLook {
  readonly live: Live;
  readonly range: Span | null;
  readonly tone: Tone;
  readonly lettering: Lettering;
}

/** Updates a box to its node. */
export function drawBox(group: SVGGElement, item: SceneItem, look: BoxLook): void {
  const { live, range, tone, lettering } = look;
  const standing = shownStanding(item, live);
  assign(group, {
    class: [
      'node',
      `is-${standing}`,
      ...toneClasses(tone),
      item.members[0]?.kind === 'stream' ? 'stream' : '',
    ]
      .filter(Boolean)
      .join(' '),
    'aria-selected': String(tone.selected),
    'aria-label': boxLabel(item, live),
  });
  drawWords(group, item, lettering, live);
  group.querySelector('.standing')?.replaceChildren(...glyphPaths(standingGlyph(standing)));
  group.querySelector('.bar')?.replaceChildren(...barParts(item, live, range));
}

function toneClasses({ selected, active, dim, found }: Tone): string[] {
  return [selected ? 'selected' : '', active ? 'active' : '', dim ? 'dim' : '', found ? 'found' : ''];
}

/** Above the bar: icon, name in one or two lines and, if there is room, what the node is or its newest value. */
function drawWords(
  group: SVGGElement,
  item: SceneItem,
  { size, lines, subtitle }: Lettering,
  live: Live,
): void {
  const scale = size / NAME_SIZE;
  const left = 11 + ICON * scale + 5;
  const room = BOX.width - left - 8;
  const name = group.querySelector<SVGTextElement>('.name');
  const words = group.querySelector('.subtitle');
  if (!name || !words) return;
  // Measured in the subtitle's font, whose letters are a little smaller than the name's.
  const newest = newestText(item, live, subtitle ? room - DOT : (room / scale) * 0.9, !subtitle);
  // Zoomed out, the value takes the name's second line.
  const isBelow = !subtitle && newest !== null && 2 * size * TIGHT <= BAR.y;
  const leading = isBelow ? TIGHT : LEADING;
  const shown = fitLines(boxTitle(item), room / scale, isBelow ? 1 : lines);
  const count = isBelow ? 2 : shown.length;
  const first = subtitle ? 20 : BAR.y / 2 + size * (0.36 - ((count - 1) * leading) / 2);
  name.style.fontSize = `${size}px`;
  name.replaceChildren(
    ...shown.map((line, at) => s('tspan', { x: left, y: first + at * leading * size }, line)),
    ...(isBelow ? [s('tspan', { class: 'live-line', x: left, y: first + leading * size }, newest)] : []),
  );
  const unfired = newest === null && unfiredText(item) !== null;
  const mark = newest !== null ? '● ' : unfired ? '▲ ' : null;
  const text = newest ?? fitText(boxSubtitle(item), mark === null ? room : room - ICON, 'subtitle');
  const marks = mark === null ? [] : [s('tspan', { class: 'mark' }, mark)];
  words.replaceChildren(...(subtitle ? [...marks, text] : []));
  const kind = newest !== null ? ' live' : unfired ? ' unfired' : '';
  assign(words, { x: left, class: `subtitle${kind}` });
  const middle = subtitle ? 16 : BAR.y / 2;
  assign(group.querySelector('.standing') as Element, {
    transform: `translate(11 ${middle - (ICON * scale) / 2}) scale(${scale})`,
  });
}

/** `23,145.2 · 14:31`: a run's last value and its time. A long value is cut, never its time. */
function newestText(item: SceneItem, live: Live, room: number, isFar: boolean): string | null {
  const newest = liveValue(item, live);
  if (!newest) return null;
  const time = timeText(newest, live);
  const left = room - widthOf(time, 'subtitle');
  // A number must not be cut: zoomed out it stands alone, and the footer has the time.
  if (isFar && widthOf(newest.text, 'subtitle') > left) return fitValue(newest.text, room);
  return `${fitValue(newest.text, left)}${time}`;
}

/** What fits of a value; a number keeps its leading digits and shows that it is shortened. */
function fitValue(text: string, room: number): string {
  const fits = (each: string): boolean => widthOf(each, 'subtitle') <= room;
  if (fits(text)) return text;
  return shorterNumbers(text).find(fits) ?? fitText(text, room, 'subtitle');
}

function timeText({ asOf }: LiveValue, { run }: Live): string {
  return ` · ${shortTime(asOf, run?.asOf ?? asOf)}`;
}

/** Slots that a node (or a group's nodes) lost because an input was missing; null: none. The tooltip names the input. */
function unfiredText({ members }: SceneItem): string | null {
  const slots = members.reduce((sum, { unfired }) => sum + unfired, 0);
  return slots > 0 ? l10n.t('{0} did not fire', plural(slots, 'slot')) : null;
}

/** A family's title includes its number of symbols: zoomed out, only the title is readable. */
function boxTitle({ id, group, members }: SceneItem): string {
  return group?.kind === 'family' ? `${id} (${formatCount(symbolsOf(members).length)})` : id;
}

function boxSubtitle(item: SceneItem): string {
  const { group, members } = item;
  const [node] = members;
  const unfired = unfiredText(item);
  if (unfired !== null) return unfired;
  if (!node || group?.kind === 'prefix') return plural(members.length, 'node');
  return group === null ? subtitleOf(node) : `${symbolCount(members)} · ${subtitleOf(node)}`;
}

/** A box's text for screen readers. */
export function boxLabel(item: SceneItem, live: Live): string {
  const rows = item.members.reduce((sum, node) => sum + withLive(node, live).rows, 0);
  const newest = liveValue(item, live);
  return l10n.t(
    '{0}, {1}, {2}, {3} rows',
    item.id,
    newest ? newest.text + timeText(newest, live) : boxSubtitle(item),
    shownStandingText(shownStanding(item, live)),
    formatCount(rows),
  );
}

function barParts(item: SceneItem, live: Live, range: Span | null): SVGElement[] {
  const ground = s('rect', { class: 'ground', width: BAR.width, height: BAR.height });
  if (!range) return [ground];
  const parts = itemSegments(item, live, range, BAR.width).map(({ kind, from, to }) =>
    s('rect', { class: `segment ${kind}`, x: from, y: 0, width: to - from, height: BAR.height }),
  );
  return [ground, ...parts];
}
