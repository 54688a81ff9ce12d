import * as v from 'valibot';

import { mode, runPrices, tradingReport } from '../../protocol/live-results.js';
import { atLeastOne, list, span } from '../../protocol/shapes.js';
import { anyPage, type Protocol, type ResultSchemas, type ToPage } from '../protocol.js';
import { name } from '../state.js';

/* The messages between the Results panel's page and the extension host. Times are epoch seconds, ranges half-open. */

const runState = v.picklist(['running', 'finished', 'failed', 'cut off', 'unreadable']);

/** A run in the list. */
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

/** Everything that the panel shows. Sent whole, so that a page that was hidden or reloaded is always up to date. */
const resultsState = v.object({
  projectRoot: v.string(),
  /** Latest first; null: not read yet. */
  runs: v.nullable(list(listedRun)),
  /** The shown run, and the run that it is compared with. */
  run: v.nullable(name),
  other: v.nullable(name),
  /** Null while it is read, or if it cannot be: `problem` says why. */
  report: v.nullable(tradingReport),
  compared: v.nullable(tradingReport),
  problem: v.nullable(v.string()),
  /** Whether this window can stop the run. */
  stoppable: v.boolean(),
  /** False in an untrusted workspace: nothing is read. */
  trusted: v.boolean(),
  /** Translated texts by their English ones; null: English. */
  texts: v.nullable(v.record(v.string(), v.string())),
});
export type ResultsState = Readonly<v.InferOutput<typeof resultsState>>;

const nothing = v.strictObject({});

const payloads = {
  /** Shows another run; the next state includes it. */
  choose: v.object({ run: name }),
  /** Null: with none. */
  compare: v.object({ run: v.nullable(name) }),
  /** `range` null: everything. `maxPoints`: how many points in time the chart can show. */
  prices: v.object({ run: name, symbol: name, range: v.nullable(span), maxPoints: atLeastOne }),
  /** Writes the report as HTML and opens it. */
  openHtml: nothing,
  exportTrades: nothing,
  start: nothing,
  stop: nothing,
  /** Reads the runs and the shown one again. In an untrusted workspace, asks for trust first. */
  retry: nothing,
  ...anyPage,
};

const results = {
  prices: runPrices,
  /** `saved` is false when the person cancelled. */
  exportTrades: v.object({ saved: v.boolean() }),
} satisfies ResultSchemas<typeof payloads>;

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
