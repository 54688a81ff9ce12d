import * as v from 'valibot';

/** A person's choices in the page; VS Code keeps them, so that a reloaded page looks the same. */
const view = v.object({
  tab: v.picklist(['equity', 'months', 'trades', 'positions', 'numbers']),
  /** The symbol whose prices are shown; null: the most traded one. */
  symbol: v.nullable(v.string()),
});
export type ResultsView = Readonly<v.InferOutput<typeof view>>;
export type ResultsTab = ResultsView['tab'];

/** The saved state, or the initial one if it is invalid. */
export function parseResultsView(kept: unknown): ResultsView {
  const outcome = v.safeParse(view, kept);
  return outcome.success ? outcome.output : { tab: 'equity', symbol: null };
}
