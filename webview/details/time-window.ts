import type { Span } from '../../src/panel/state.js';

/** Moves the visible part of a range by some seconds, within the range. */
function movedBy([start, end]: Span, seconds: number, [first, last]: Span): Span {
  const move = Math.min(last - end, Math.max(first - start, seconds));
  return [start + move, end + move];
}

/** Zooms by a factor (below 1: closer). The time `at` stays in place; at least `least` seconds remain visible. */
function scaledBy([start, end]: Span, factor: number, at: number, least: number, whole: Span): Span {
  const width = Math.min(
    whole[1] - whole[0],
    Math.max(Math.min(least, whole[1] - whole[0]), (end - start) * factor),
  );
  const from = at - ((at - start) / (end - start)) * width;
  return movedBy([from, from + width], 0, whole);
}

interface TimeHandlers {
  /** The visible range. */
  readonly view: () => Span;
  readonly whole: () => Span;
  /** The shortest visible range, in seconds. */
  readonly least: () => number;
  /** The time under a point of the window, and seconds per pixel. */
  readonly timeAt: (clientX: number) => number;
  readonly perPixel: () => number;
  readonly onView: (view: Span) => void;
}

const STEP = 0.2;
const CLOSER = 0.7;

/** Wheel to zoom, drag to pan, double-click to show everything; arrow keys, + and −, and 0 do the same. */
export function timeGestures(element: HTMLElement, on: TimeHandlers): void {
  const scale = (factor: number, at: number): void =>
    on.onView(scaledBy(on.view(), factor, at, on.least(), on.whole()));
  const move = (seconds: number): void => on.onView(movedBy(on.view(), seconds, on.whole()));
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey)
        move((event.deltaX || event.deltaY) * unit * on.perPixel());
      else scale(Math.exp((event.deltaY * unit) / 300), on.timeAt(event.clientX));
    },
    { passive: false },
  );
  let last: number | null = null;
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    last = event.clientX;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    if (last === null || event.clientX === last) return;
    element.classList.add('panning');
    move((last - event.clientX) * on.perPixel());
    last = event.clientX;
  });
  const end = (): void => {
    last = null;
    element.classList.remove('panning');
  };
  element.addEventListener('pointerup', end);
  element.addEventListener('pointercancel', end);
  element.addEventListener('dblclick', () => on.onView(on.whole()));
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [start, close] = on.view();
    const middle = (start + close) / 2;
    if (event.key === 'ArrowLeft') move(-(close - start) * STEP);
    else if (event.key === 'ArrowRight') move((close - start) * STEP);
    else if (event.key === '+' || event.key === '=') scale(CLOSER, middle);
    else if (event.key === '-') scale(1 / CLOSER, middle);
    else if (event.key === '0' || event.key === 'Home') on.onView(on.whole());
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
