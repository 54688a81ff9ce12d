import * as v from 'valibot';

const TABS = ['equity', 'months', 'trades', 'positions', 'numbers'] as const;
export type ResultsTab = (typeof TABS)[number];

/** What a person chose in the page; kept by VS Code, so that a page that is loaded again looks as it did. */
export interface ResultsView {
  readonly tab: ResultsTab;
  /** Whose prices are shown; null: those of the symbol that most money was traded in. */
  readonly symbol: string | null;
}

const view: v.GenericSchema<unknown, ResultsView> = v.object({
  tab: v.picklist(TABS),
  symbol: v.nullable(v.string()),
});

/** What was kept, or the first view where it is none of ours. */
export function parseResultsView(kept: unknown): ResultsView {
  const outcome = v.safeParse(view, kept);
  return outcome.success ? outcome.output : { tab: 'equity', symbol: null };
}
