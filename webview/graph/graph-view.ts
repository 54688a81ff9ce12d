import * as l10n from '@vscode/l10n';
import type { Span } from '../../src/panel/state.js';
import { BOX, boundsOf, type Position } from '../layout/boxes.js';
import type { Placement } from '../layout/flow.js';
import { assign, framed, h, s } from '../ui/dom.js';
import { boxElement, boxLabel, drawBox, type Tone } from './drawing/box.js';
import {
  between,
  EDGE,
  fills,
  fitted,
  isWhole,
  opening,
  showing,
  toDrawing,
  type Camera,
  type Size,
} from './camera.js';
import { edgePaths } from './drawing/edges.js';
import { farElements } from './drawing/far.js';
import { letteringAt, type Lettering } from './drawing/lettering.js';
import { NOT_LIVE, type Live } from './items.js';
import { patternDefs } from './drawing/patterns.js';
import type { Scene, SceneItem } from './scene.js';

/** Below this zoom, text in boxes is unreadable and boxes are drawn in the simplified form. */
const NEAR = 0.42;

/** With more boxes in view, they are simplified at any zoom. */
const MOST_NEAR = 400;

/** The drawing extends beyond its frame by this share on each side, as in the style sheet. */
const MARGIN = 0.2;

/** Milliseconds without movement until the drawing is made again for its new position. */
const STILL = 120;

/** A drawing scaled by more than this looks coarse. */
const COARSE = 1.6;

/** What is emphasized. */
interface Emphasis {
  readonly selected: string | null;
  readonly active: string | null;
  /** The selected box with everything upstream and downstream; null: no selection. */
  readonly lit: ReadonlySet<string> | null;
  /** The search results; null: no search. */
  readonly found: ReadonlySet<string> | null;
}

const PLAIN: Emphasis = { selected: null, active: null, lit: null, found: null };

/** Draws a scene as laid out: boxes in view one by one, or all as a few shapes when zoomed out. */
export class GraphView {
  readonly element: HTMLDivElement;
  readonly #svg = s('svg', { class: 'drawing', role: 'presentation' });
  readonly #world = s('g', { role: 'presentation' });
  readonly #plain = s('path', { class: 'edge', 'aria-hidden': 'true' });
  readonly #bright = s('path', { class: 'edge lit', 'aria-hidden': 'true' });
  readonly #far = s('g', { 'aria-hidden': 'true' });
  readonly #near = s('g', { role: 'presentation' });
  readonly #boxes = new Map<string, SVGGElement>();
  /** Represents the active box to screen readers when boxes are simplified. */
  readonly #spoken = h('div', { class: 'unseen', role: 'option', id: 'active-option' });
  #scene: Scene | null = null;
  #placement: Placement = { positions: new Map(), bends: new Map(), direction: 'right' };
  #range: Span | null = null;
  #live: Live = NOT_LIVE;
  #emphasis: Emphasis = PLAIN;
  #camera: Camera = { x: 0, y: 0, zoom: 1 };
  /** The camera that the drawing was made for, while it is only moved. */
  #drawn: Camera = this.#camera;
  #lettering: Lettering = letteringAt(1);
  #still = 0;
  #farIsCurrent = false;
  #isBusy = true;
  readonly #draw = framed(() => {
    this.#sync();
    if (!this.#isBusy) assign(this.element, { 'aria-busy': 'false' });
  });

  /** @param onResize called when the room for the drawing changed */
  constructor(onResize: () => void) {
    this.#world.append(this.#plain, this.#bright, this.#far, this.#near);
    this.#svg.append(patternDefs(), this.#world);
    this.element = h('div', { class: 'graph', tabindex: '0', role: 'listbox' }, this.#svg, this.#spoken);
    new ResizeObserver(() => {
      onResize();
      this.setCamera(this.#camera);
    }).observe(this.element);
  }

  get size(): Size {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  get camera(): Camera {
    return this.#camera;
  }

  /** Whether boxes are about to move; `aria-busy` ends once they are drawn in place. */
  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    if (isBusy) assign(this.element, { 'aria-busy': 'true' });
    else this.#draw();
  }

  setName(strategy: string): void {
    assign(this.element, { 'aria-label': l10n.t('Nodes of {0}', strategy) });
  }

  /** Another scene, or the same boxes with other facts. */
  show(scene: Scene, { positions, bends, direction }: Placement, range: Span | null): void {
    const moved = positions !== this.#placement.positions || scene.shape !== this.#scene?.shape;
    this.#scene = scene;
    this.#placement = { positions, bends, direction };
    this.#range = range;
    this.#farIsCurrent = false;
    if (moved) this.#drawEdges();
    this.#redraw();
  }

  /** Progress of an active run; only boxes in view are redrawn. */
  setLive(live: Live): void {
    this.#live = live;
    this.#farIsCurrent = false;
    this.#redraw();
  }

  setEmphasis(emphasis: Emphasis): void {
    const litChanged = emphasis.lit !== this.#emphasis.lit;
    const dimChanged = litChanged || emphasis.found !== this.#emphasis.found;
    this.#emphasis = emphasis;
    if (dimChanged) this.#farIsCurrent = false;
    if (litChanged) this.#drawEdges();
    this.#redraw();
  }

  /** While panning, the drawing is only moved; it is made again when the pointer rests or an edge is near. */
  move(camera: Camera): void {
    const { x, y, zoom } = between(this.#drawn, camera);
    if (zoom > COARSE || zoom * COARSE < 1 || !fills({ x, y, zoom }, this.size, MARGIN)) {
      this.setCamera(camera);
      return;
    }
    this.#camera = camera;
    this.#svg.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    clearTimeout(this.#still);
    this.#still = window.setTimeout(() => this.setCamera(this.#camera), STILL);
  }

  setCamera(camera: Camera): void {
    clearTimeout(this.#still);
    this.#camera = camera;
    this.#drawn = camera;
    const { x, y, zoom } = camera;
    const { width, height } = this.size;
    this.#svg.style.transform = '';
    const [left, top] = [x + MARGIN * width, y + MARGIN * height];
    this.#world.setAttribute('transform', `translate(${left} ${top}) scale(${zoom})`);
    // Lines keep their width at any zoom.
    this.#world.style.setProperty('--line', String(Math.min(6, Math.max(1, 1 / zoom))));
    const lettering = letteringAt(zoom);
    const { size, subtitle } = this.#lettering;
    if (lettering.size !== size || lettering.subtitle !== subtitle) {
      this.#lettering = lettering;
      this.#redraw();
    } else this.#draw();
  }

  /** Shows everything, however small. */
  fit(): Camera | null {
    const bounds = boundsOf(this.#shownPositions());
    return this.#see(bounds && fitted(bounds, this.size));
  }

  /** Shows the first view. @param wanted a box that must be visible */
  open(wanted: string | null): void {
    const { positions, direction } = this.#placement;
    const at = (wanted === null ? null : positions.get(wanted)) ?? null;
    this.#see(opening(this.#shownPositions(), this.size, direction, at));
    // Rows stay in place, so only across them can it be outside.
    if (at && !isWhole(this.#camera, at, this.size))
      this.#see(showing(this.#camera, at, BOX, this.size, EDGE));
  }

  reveal(id: string): Camera | null {
    const at = this.#placement.positions.get(id);
    if (!at) return null;
    this.setCamera(showing(this.#camera, at, BOX, this.size));
    return this.#camera;
  }

  /** The box under a point of the window, with the point within the box. */
  hit(clientX: number, clientY: number): { readonly item: SceneItem; readonly at: Position } | null {
    const frame = this.element.getBoundingClientRect();
    const point = toDrawing(this.#camera, { x: clientX - frame.left, y: clientY - frame.top });
    for (const item of this.#scene?.items ?? []) {
      const middle = this.#placement.positions.get(item.id);
      if (!middle) continue;
      const [x, y] = [point.x - middle.x + BOX.width / 2, point.y - middle.y + BOX.height / 2];
      if (x >= 0 && x <= BOX.width && y >= 0 && y <= BOX.height) return { item, at: { x, y } };
    }
    return null;
  }

  #see(camera: Camera | null): Camera | null {
    if (!camera || this.size.width === 0) return null;
    this.setCamera(camera);
    return camera;
  }

  #shownPositions(): Position[] {
    return (this.#scene?.items ?? []).flatMap(({ id }) => this.#placement.positions.get(id) ?? []);
  }

  #drawEdges(): void {
    if (!this.#scene) return;
    const { plain, lit } = edgePaths(this.#scene, this.#placement, this.#emphasis.lit);
    assign(this.#plain, { d: plain, class: lit ? 'edge dim' : 'edge' });
    assign(this.#bright, { d: lit });
  }

  /** Redraws all boxes in view on the next frame. */
  #redraw(): void {
    for (const box of this.#boxes.values()) box.dataset['old'] = 'true';
    this.#draw();
  }

  #sync(): void {
    if (!this.#scene) return;
    const near = this.#camera.zoom >= NEAR && this.#inView(0).length <= MOST_NEAR;
    assign(this.#far, { display: near ? 'none' : null });
    assign(this.#near, { display: near ? null : 'none' });
    this.#syncBoxes(near ? this.#inView(MARGIN) : []);
    if (!near && !this.#farIsCurrent) {
      const elements = farElements(this.#scene, this.#placement.positions, this.#live, this.#range, (id) =>
        this.#isDim(id),
      );
      this.#far.replaceChildren(...elements);
      this.#farIsCurrent = true;
    }
    this.#speak(near);
  }

  /** Boxes in the frame and in the margin around it. */
  #inView(margin: number): SceneItem[] {
    const { width, height } = this.size;
    const [mx, my] = [margin * width, margin * height];
    const from = toDrawing(this.#drawn, { x: -mx, y: -my });
    const to = toDrawing(this.#drawn, { x: width + mx, y: height + my });
    return (this.#scene?.items ?? []).filter(({ id }) => {
      const at = this.#placement.positions.get(id);
      if (!at) return false;
      const [x, y] = [BOX.width / 2 + 8, BOX.height / 2 + 8];
      return at.x + x >= from.x && at.x - x <= to.x && at.y + y >= from.y && at.y - y <= to.y;
    });
  }

  #syncBoxes(inView: readonly SceneItem[]): void {
    const wanted = new Set(inView.map(({ id }) => id));
    for (const [id, box] of this.#boxes) {
      if (wanted.has(id)) continue;
      box.remove();
      this.#boxes.delete(id);
    }
    const ids = [...(this.#scene?.byId.keys() ?? [])];
    const order = new Map(ids.map((id, at) => [id, at + 1]));
    for (const item of inView) {
      let box = this.#boxes.get(item.id);
      if (!box) {
        box = boxElement(item);
        assign(box, { 'aria-setsize': ids.length });
        this.#boxes.set(item.id, box);
        this.#near.append(box);
        box.dataset['old'] = 'true';
      }
      const at = this.#placement.positions.get(item.id) as Position;
      assign(box, {
        id: `node-${order.get(item.id) ?? 0}`,
        transform: `translate(${at.x - BOX.width / 2} ${at.y - BOX.height / 2})`,
        'aria-posinset': order.get(item.id),
      });
      if (box.dataset['old'] === undefined) continue;
      delete box.dataset['old'];
      drawBox(box, item, {
        live: this.#live,
        range: this.#range,
        tone: this.#toneOf(item.id),
        lettering: this.#lettering,
      });
    }
  }

  #toneOf(id: string): Tone {
    const { selected, active, found } = this.#emphasis;
    return {
      selected: id === selected,
      active: id === active,
      dim: this.#isDim(id),
      found: found?.has(id) ?? false,
    };
  }

  #isDim(id: string): boolean {
    const { lit, found } = this.#emphasis;
    return found ? !found.has(id) : lit !== null && !lit.has(id);
  }

  /** Names the active box to a screen reader. */
  #speak(near: boolean): void {
    const { active } = this.#emphasis;
    const item = active === null ? undefined : this.#scene?.byId.get(active);
    const box = near && active !== null ? this.#boxes.get(active) : undefined;
    this.#spoken.textContent = item && !box ? boxLabel(item, this.#live) : '';
    assign(this.#spoken, {
      'aria-selected': item ? String(item.id === this.#emphasis.selected) : 'false',
      hidden: item !== undefined && !box ? null : true,
    });
    assign(this.element, { 'aria-activedescendant': box?.id ?? (item ? this.#spoken.id : null) });
  }
}
