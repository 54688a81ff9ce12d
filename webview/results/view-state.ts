import * as v from 'valibot';

const TABS = ['equity', 'months', 'trades', 'positions', 'numbers'] as const;
export type ResultsTab = (typeof TABS)[number];

/** A person's choices in the page; VS Code keeps them, so that a reloaded page looks the same. */
export interface ResultsView {
  readonly tab: ResultsTab;
  /** The symbol whose prices are shown; null: the most traded one. */
  readonly symbol: string | null;
}

const view: v.GenericSchema<unknown, ResultsView> = v.object({
  tab: v.picklist(TABS),
  symbol: v.nullable(v.string()),
});

/** The saved state, or the initial one if it is invalid. */
export function parseResultsView(kept: unknown): ResultsView {
  const outcome = v.safeParse(view, kept);
  return outcome.success ? outcome.output : { tab: 'equity', symbol: null };
}
