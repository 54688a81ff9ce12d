import * as v from 'valibot';

import { mode, runPrices, tradingReport } from '../../protocol/live-results.js';
import { atLeastOne, list, span } from '../../protocol/shapes.js';
import type { Protocol, ToPage } from '../protocol.js';
import { name } from '../state.js';

/* What the page of the Results panel and the extension host say to each other. Times are epoch seconds, ranges half-open. */

const runState = v.picklist(['running', 'finished', 'failed', 'cut off', 'unreadable']);

/** A run as it is chosen from. */
const listedRun = v.object({
  run: name,
  strategy: v.string(),
  world: v.string(),
  mode: v.nullable(mode),
  state: runState,
  /** Null: it has none yet, or cannot be read. */
  totalReturn: v.nullable(v.number()),
});
export type ListedRun = Readonly<v.InferOutput<typeof listedRun>>;

/** All that the panel shows; sent whole, so that a page that was hidden or reloaded is never behind. */
const resultsState = v.object({
  projectRoot: v.string(),
  /** Those begun last come first; null: not looked for yet. */
  runs: v.nullable(list(listedRun)),
  /** The run that is shown, and the one that it is compared with. */
  run: v.nullable(name),
  other: v.nullable(name),
  /** Null while it is read, or where it cannot be: `problem` says why. */
  report: v.nullable(tradingReport),
  compared: v.nullable(tradingReport),
  problem: v.nullable(v.string()),
  /** Whether this window can stop the run. */
  stoppable: v.boolean(),
  /** False where the workspace is not trusted: nothing is read. */
  trusted: v.boolean(),
  /** Translated texts by their English ones; null: English. */
  texts: v.nullable(v.record(v.string(), v.string())),
});
export type ResultsState = Readonly<v.InferOutput<typeof resultsState>>;

const nothing = v.strictObject({});

const payloads = {
  /** Shows another run; the state that follows has it. */
  choose: v.object({ run: name }),
  /** Null: with none. */
  compare: v.object({ run: v.nullable(name) }),
  /** `range` null: all there is. `maxPoints`: how many points of time the chart can tell apart. */
  prices: v.object({ run: name, symbol: name, range: v.nullable(span), maxPoints: atLeastOne }),
  /** Writes the report as HTML, and opens it. */
  openHtml: nothing,
  exportTrades: nothing,
  start: nothing,
  stop: nothing,
  /** Looks for runs, and at the one shown, once more. Where the workspace is not trusted, asks for trust first. */
  retry: nothing,
  copy: v.object({ text: v.string() }),
  /** An error nobody foresaw, for the log. */
  log: v.object({ message: v.string(), stack: v.nullable(v.string()) }),
};

const results = {
  choose: v.null(),
  compare: v.null(),
  prices: runPrices,
  openHtml: v.null(),
  /** `saved` is false when the person changed their mind. */
  exportTrades: v.object({ saved: v.boolean() }),
  start: v.null(),
  stop: v.null(),
  retry: v.null(),
  copy: v.null(),
  log: v.null(),
} satisfies { readonly [K in keyof typeof payloads]: v.GenericSchema };

const told = v.variant('type', [v.object({ type: v.literal('state'), state: resultsState })]);
type Told = Readonly<v.InferOutput<typeof told>>;

export const resultsProtocol = { name: 'Results panel', payloads, results, told } satisfies Protocol<
  typeof payloads,
  typeof results,
  Told
>;

export type ResultsRequests = typeof payloads;
export type ResultsAnswers = typeof results;
export type ToResultsPage = ToPage<Told>;
