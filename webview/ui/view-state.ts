import * as v from 'valibot';
import { panelSplit } from '../../src/panel/state.js';

const finite = v.pipe(v.number(), v.finite());
const names = v.pipe(v.array(v.string()), v.readonly());

/** A person's choices in the page; VS Code keeps them, so that a reloaded page looks the same. */
const viewState = v.object({
  selected: v.nullable(v.string()),
  /** Null: the first view. */
  camera: v.nullable(v.object({ x: finite, y: finite, zoom: v.pipe(finite, v.minValue(0.001)) })),
  /** The range chosen on the axis, to be run. */
  chosen: v.nullable(v.pipe(v.tuple([finite, finite]), v.readonly())),
  focus: v.picklist(['all', 'around', 'up', 'down']),
  /** The nodes in focus. */
  roots: names,
  /** Null: decided by the number of nodes. */
  collapsed: v.nullable(v.boolean()),
  /** Prefixes that stay expanded. */
  open: names,
  search: v.string(),
  tab: v.picklist(['chart', 'rows', 'difference', 'about']),
  split: panelSplit,
});
export type ViewState = Readonly<v.InferOutput<typeof viewState>>;

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

/** The saved state, or the initial one if it is missing or of another version. */
export function parseViewState(kept: unknown): ViewState {
  const outcome = v.safeParse(viewState, kept);
  return outcome.success ? outcome.output : FIRST_VIEW;
}
