import { s } from './dom.js';
import type { ShownStanding } from './words.js';

/** Strokes of the current colour in a square of 16; a path that begins with `!` is filled. */
const GLYPHS = {
  check: ['M3 8.5 6.5 12 13 4.5'],
  half: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11', '!M8 2.5v11a5.5 5.5 0 0 1 0-11'],
  circle: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11'],
  pencil: ['M3 13l.8-3.2L10.6 3l2.4 2.4-6.8 6.8z', 'M9 4.6l2.4 2.4'],
  question: ['M5.5 6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.8-1.1 1.7', '!M7.2 12h1.6v1.6H7.2z'],
  again: ['M13 8a5 5 0 1 1-1.5-3.6', 'M13 2.5v3h-3'],
  cross: ['M4 4l8 8M12 4l-8 8'],
  stop: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11', 'M4.2 4.2l7.6 7.6'],
  run: ['!M5 3v10l8-5z'],
  fit: ['M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10'],
  plus: ['M8 3v10M3 8h10'],
  minus: ['M3 8h10'],
  search: ['M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9', 'M10.5 10.5 14 14'],
  save: ['M8 2v8M4.5 6.5 8 10l3.5-3.5', 'M2.5 11v2.5h11V11'],
  copy: ['M5.5 5.5h8v8h-8z', 'M10.5 5.5v-3h-8v8h3'],
  source: ['M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4'],
  group: ['M2.5 5h11v8.5h-11z', 'M4.5 2.5h7'],
  warning: ['M8 2.5 14 13.5H2z', 'M8 6.5v3.5', '!M7.4 11.2h1.2v1.2H7.4z'],
  info: ['M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11', 'M8 7.5v3.5', '!M7.3 4.6h1.4V6H7.3z'],
} as const satisfies Record<string, readonly string[]>;

export type GlyphName = keyof typeof GLYPHS;

/** A decorative glyph: the element it belongs to has the accessible name. */
export function glyph(name: GlyphName, size = 16): SVGSVGElement {
  const element = s('svg', {
    class: 'glyph',
    viewBox: '0 0 16 16',
    width: size,
    height: size,
    'aria-hidden': 'true',
  });
  element.append(...glyphPaths(name));
  return element;
}

export function glyphPaths(name: GlyphName): SVGPathElement[] {
  return GLYPHS[name].map((path: string) =>
    path.startsWith('!')
      ? s('path', { d: path.slice(1), class: 'filled' })
      : s('path', { d: path, class: 'stroked' }),
  );
}

const STANDING_GLYPHS: Readonly<Record<ShownStanding, GlyphName>> = {
  fresh: 'check',
  partial: 'half',
  empty: 'circle',
  changed: 'pencil',
  'maybe-stale': 'question',
  uncached: 'again',
  failed: 'cross',
  blocked: 'stop',
  running: 'run',
  checking: 'search',
};

/** The glyph of a node's state. */
export function standingGlyph(standing: ShownStanding): GlyphName {
  return STANDING_GLYPHS[standing];
}
