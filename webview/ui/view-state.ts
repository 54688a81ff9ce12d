import * as v from 'valibot';
import type { Camera } from '../graph/camera.js';
import type { Focus } from '../graph/model.js';
import type { PanelSplit } from '../../src/panel/state.js';

/** What a person chose in the page; kept by VS Code, so that a page that is loaded again looks as it did. */
export interface ViewState {
  readonly selected: string | null;
  /** Null: as the graph is seen first. */
  readonly camera: Camera | null;
  /** Range of time chosen on the axis, to be run. */
  readonly chosen: readonly [number, number] | null;
  readonly focus: Focus;
  /** The nodes the focus is about. */
  readonly roots: readonly string[];
  /** Null: as many nodes as there are decides. */
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

/** What was kept, or the first view where it is none of ours: of another version, or none at all. */
export function parseViewState(kept: unknown): ViewState {
  const outcome = v.safeParse(viewState, kept);
  return outcome.success ? outcome.output : FIRST_VIEW;
}
