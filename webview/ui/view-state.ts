import * as v from 'valibot';
import type { Camera } from '../graph/camera.js';
import type { Focus } from '../graph/model.js';
import type { PanelSplit } from '../../src/panel/state.js';

/** A person's choices in the page; VS Code keeps them, so that a reloaded page looks the same. */
export interface ViewState {
  readonly selected: string | null;
  /** Null: the first view. */
  readonly camera: Camera | null;
  /** The range chosen on the axis, to be run. */
  readonly chosen: readonly [number, number] | null;
  readonly focus: Focus;
  /** The nodes in focus. */
  readonly roots: readonly string[];
  /** Null: decided by the number of nodes. */
  readonly collapsed: boolean | null;
  readonly open: readonly string[];
  readonly search: string;
  readonly tab: 'chart' | 'rows' | 'difference' | 'about';
  readonly split: PanelSplit;
}

export const FIRST_VIEW: ViewState = {
  selected: null,
  camera: null,
  chosen: null,
  focus: 'all',
  roots: [],
  collapsed: null,
  open: [],
  search: '',
  tab: 'chart',
  split: { beside: null, below: null },
};

const finite = v.pipe(v.number(), v.finite());

const viewState: v.GenericSchema<unknown, ViewState> = v.object({
  selected: v.nullable(v.string()),
  camera: v.nullable(v.object({ x: finite, y: finite, zoom: v.pipe(finite, v.minValue(0.001)) })),
  chosen: v.nullable(v.tuple([finite, finite])),
  focus: v.picklist(['all', 'around', 'up', 'down']),
  roots: v.array(v.string()),
  collapsed: v.nullable(v.boolean()),
  open: v.array(v.string()),
  search: v.string(),
  tab: v.picklist(['chart', 'rows', 'difference', 'about']),
  split: v.object({ beside: v.nullable(finite), below: v.nullable(finite) }),
});

/** The saved state, or the initial one if it is missing or of another version. */
export function parseViewState(kept: unknown): ViewState {
  const outcome = v.safeParse(viewState, kept);
  return outcome.success ? outcome.output : FIRST_VIEW;
}
