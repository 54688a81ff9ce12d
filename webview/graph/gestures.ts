import { panned, zoomed, type Camera } from './camera.js';
import type { GraphView } from './graph-view.js';
import type { Step } from './steps.js';

/** The pointer rests on a box, at a point within it. */
export interface Hover {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly event: PointerEvent;
}

interface GestureHandlers {
  readonly onCamera: (camera: Camera) => void;
  /** Null: the background was clicked. */
  readonly onSelect: (id: string | null) => void;
  /** A box was double-clicked. */
  readonly onOpen: (id: string) => void;
  /** Null: the pointer is on no box. */
  readonly onHover: (hover: Hover | null) => void;
  readonly onStep: (step: Step) => void;
  readonly onEnter: () => void;
  readonly onFit: () => void;
  readonly onSearch: () => void;
  readonly onEscape: () => void;
}

const ARROWS: Readonly<Record<string, Step>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** Pixels that the pointer may move during a click. */
const STILL = 4;

/** Mouse, touch pad and keyboard of the graph: drag or scroll to pan, Ctrl and scroll to zoom, arrow keys along the edges. */
export function gestures(view: GraphView, on: GestureHandlers): void {
  const { element } = view;
  let drag: { x: number; y: number; moved: boolean } | null = null;
  /** What the last two clicks hit: the first click may move boxes, since it opens the details. */
  let clicks: (string | null)[] = [];

  element.addEventListener('pointerdown', (event) => {
    if (event.button > 1) return;
    drag = { x: event.clientX, y: event.clientY, moved: false };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    if (!drag) {
      const hit = view.hit(event.clientX, event.clientY);
      on.onHover(hit && { id: hit.item.id, ...hit.at, event });
      return;
    }
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < STILL) return;
    if (!drag.moved) on.onHover(null);
    drag = { x: event.clientX, y: event.clientY, moved: true };
    element.classList.add('panning');
    on.onCamera(panned(view.camera, dx, dy));
  });
  const end = (event: PointerEvent): void => {
    const clicked = drag !== null && !drag.moved && event.type === 'pointerup';
    drag = null;
    element.classList.remove('panning');
    if (!clicked) return;
    const hit = view.hit(event.clientX, event.clientY)?.item.id ?? null;
    clicks = [...clicks.slice(-1), hit];
    on.onSelect(hit);
  };
  element.addEventListener('pointerup', end);
  element.addEventListener('pointercancel', end);
  element.addEventListener('pointerleave', () => on.onHover(null));
  element.addEventListener('dblclick', () => {
    const [first = null] = clicks;
    if (first !== null) on.onOpen(first);
  });
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      on.onHover(null);
      on.onCamera(wheeled(view, event));
    },
    { passive: false },
  );
  element.addEventListener('keydown', (event) => {
    if (pressed(view, on, event)) event.preventDefault();
  });
}

function wheeled(view: GraphView, event: WheelEvent): Camera {
  const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  const [dx, dy] = [event.deltaX * scale, event.deltaY * scale];
  if (!event.ctrlKey && !event.metaKey) {
    return event.shiftKey ? panned(view.camera, -dy, -dx) : panned(view.camera, -dx, -dy);
  }
  const frame = view.element.getBoundingClientRect();
  const at = { x: event.clientX - frame.left, y: event.clientY - frame.top };
  return zoomed(view.camera, Math.exp(-dy / 300), at);
}

/** Whether the key was used. */
function pressed(view: GraphView, on: GestureHandlers, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey) {
    const far = { left: [80, 0], right: [-80, 0], up: [0, 80], down: [0, -80] }[arrow];
    on.onCamera(panned(view.camera, far[0] ?? 0, far[1] ?? 0));
    return true;
  }
  if (arrow) {
    on.onStep(arrow);
    return true;
  }
  const { width, height } = view.size;
  const middle = { x: width / 2, y: height / 2 };
  switch (event.key) {
    case 'Enter':
    case ' ':
      on.onEnter();
      return true;
    case 'f':
      on.onFit();
      return true;
    case '/':
      on.onSearch();
      return true;
    case 'Escape':
      on.onEscape();
      return true;
    case '+':
    case '=':
      on.onCamera(zoomed(view.camera, 1.25, middle));
      return true;
    case '-':
      on.onCamera(zoomed(view.camera, 0.8, middle));
      return true;
    default:
      return false;
  }
}
