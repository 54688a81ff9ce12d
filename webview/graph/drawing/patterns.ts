import { s } from '../../ui/dom.js';

/** Patterns that distinguish ranges of a bar without colour, by their id in the style sheet. */
export function patternDefs(): SVGDefsElement {
  return s(
    'defs',
    {},
    pattern('hatch-stale', 6, s('path', { d: 'M-1 7L7 -1M-1 1L1 -1M5 7L7 5' })),
    pattern('hatch-failed', 6, s('path', { d: 'M0 0L6 6M6 0L0 6' })),
    pattern('dots-unavailable', 4, s('circle', { cx: 2, cy: 2, r: 0.9 })),
    pattern('dashes-not-yet', 6, s('path', { d: 'M0 4.5h4' })),
  );
}

function pattern(id: string, size: number, mark: SVGElement): SVGPatternElement {
  const ground = s('rect', { width: size, height: size, class: 'pattern-ground' });
  return s('pattern', { id, width: size, height: size, patternUnits: 'userSpaceOnUse' }, ground, mark);
}
