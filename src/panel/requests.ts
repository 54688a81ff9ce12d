import * as v from 'valibot';

import { atLeastOne, count, list, seconds, span, spans, table } from '../protocol/shapes.js';
import { anyPage, type ResultOf, type ResultSchemas } from './protocol.js';
import { name, panelSplit } from './state.js';

/* The requests of the DAG panel's page with their payloads and results. Each type is inferred from its schema. */

const nothing = v.strictObject({});
const ofNode = { node: name };
const range = { start: seconds, end: seconds };

export const payloads = {
  /** Answered when the run has ended, with its line in the status bar. */
  materialize: v.object({ ...range, only: v.exactOptional(v.literal('missing')) }),
  cancel: nothing,
  /** Shows coverage over another range; null: over everything. The next state includes it. */
  setRange: v.object({ range: v.nullable(span) }),
  /** `maxPoints`: how many points in time the chart can show. */
  readNode: v.object({ ...ofNode, ...range, maxPoints: atLeastOne }),
  rows: v.object({ ...ofNode, ...range, from: count, count }),
  /** How a stream's file is read: lines, none if its bars come from no file. */
  source: v.object(ofNode),
  reveal: v.object(ofNode),
  exportNode: v.object(ofNode),
  /** Saves the sizes of the details for later panels. */
  keepSplit: panelSplit,
  /** Asks for a file, and exports. */
  saveFile: v.object({ name, content: v.string(), encoding: v.picklist(['utf8', 'base64']) }),
  /** Opens the place of the state's problem: its line, or the log. */
  showProblem: nothing,
  /** Describes the strategy again. */
  retry: nothing,
  ...anyPage,
};

export type PanelRequestKind = keyof typeof payloads;
export type PanelPayload<K extends PanelRequestKind> = v.InferOutput<(typeof payloads)[K]>;

/** Whether it is the version that the node's state describes; else an earlier one. */
const judged = v.boolean();

const panelVersion = v.object({
  judged,
  /** When this version became the current one, in epoch seconds. */
  since: seconds,
  /** When it was replaced; null: it is the current one. */
  until: v.nullable(seconds),
  /** Rows within the range, before thinning. */
  rows: count,
  coverage: spans,
  table,
});
export type PanelVersion = Readonly<v.InferOutput<typeof panelVersion>>;

const panelDifference = v.object({
  /** Ranges in which both versions are complete. */
  compared: spans,
  /** Bars that both versions have, those with different values, and bars of one version only. */
  common: count,
  changed: count,
  onlyBefore: count,
  onlyAfter: count,
  /** The largest absolute difference of two finite numbers; null: no number differs. */
  largest: v.nullable(
    v.object({ ts: seconds, column: v.string(), difference: v.pipe(v.number(), v.finite()) }),
  ),
  /** The first differing bar, with its values as text; null: a version has no such row. */
  first: v.nullable(v.object({ ts: seconds, before: v.nullable(v.string()), after: v.nullable(v.string()) })),
  /** Ranges that differ. */
  spans,
});
export type PanelDifference = Readonly<v.InferOutput<typeof panelDifference>>;

/** A node's values over a range, thinned for the screen: the current version first, then the previous one, if any. */
const panelSeries = v.object({
  /** Interval in seconds. */
  interval: v.number(),
  versions: list(panelVersion),
  /** The two versions compared where both are complete; null: nothing to compare. */
  difference: v.nullable(panelDifference),
});
export type PanelSeries = Readonly<v.InferOutput<typeof panelSeries>>;

/** Rows `[from, from + table.ts.length)` of those stored within a range. */
const panelRows = v.object({ judged, total: count, from: count, table });
export type PanelRows = Readonly<v.InferOutput<typeof panelRows>>;

export const results = {
  materialize: v.object({ summary: v.string() }),
  readNode: panelSeries,
  rows: panelRows,
  source: v.object({ lines: list(v.string()) }),
  /** `saved` is false when the person cancelled. */
  saveFile: v.object({ saved: v.boolean() }),
} satisfies ResultSchemas<typeof payloads>;

export type PanelResult<K extends PanelRequestKind> = ResultOf<typeof results, K>;
