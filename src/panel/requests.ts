import * as v from 'valibot';

import { atLeastOne, count, list, seconds, span, spans, table } from '../protocol/shapes.js';
import { name, panelSplit } from './state.js';

/*
 * Every request of the DAG panel's page, with what it carries and what answers it. Each type is that of its schema.
 */

const nothing = v.strictObject({});
const ofNode = { node: name };
const range = { start: seconds, end: seconds };

export const payloads = {
  /** Answered when the run ended, by its line as the status bar shows it. */
  materialize: v.object({ ...range, only: v.exactOptional(v.literal('missing')) }),
  cancel: nothing,
  /** Shows coverage over another range; null: over all there is. The state that follows has it. */
  setRange: v.object({ range: v.nullable(span) }),
  /** `maxPoints`: how many points of time the chart can tell apart. */
  readNode: v.object({ ...ofNode, ...range, maxPoints: atLeastOne }),
  rows: v.object({ ...ofNode, ...range, from: count, count }),
  /** What the file of a stream is read as: lines, none where its bars come from no file. */
  source: v.object(ofNode),
  reveal: v.object(ofNode),
  exportNode: v.object(ofNode),
  /** Remembers the sizes of the details for panels to come. */
  keepSplit: panelSplit,
  /** Puts a text on the clipboard. */
  copy: v.object({ text: v.string() }),
  /** Asks where to, and writes. */
  saveFile: v.object({ name, content: v.string(), encoding: v.picklist(['utf8', 'base64']) }),
  /** Goes to where the state's problem is: its line, or the log. */
  showProblem: nothing,
  /** Describes the strategy once more. */
  retry: nothing,
  /** An error nobody foresaw, for the log. */
  log: v.object({ message: v.string(), stack: v.nullable(v.string()) }),
};

export type PanelRequestKind = keyof typeof payloads;
export type PanelPayload<K extends PanelRequestKind> = v.InferOutput<(typeof payloads)[K]>;

/** Whether it is the version that the node's standing is about; else one of before. */
const judged = v.boolean();

const panelVersion = v.object({
  judged,
  /** When this version became the node of its name, in epoch seconds. */
  since: seconds,
  /** When another took its place; null: it is the current one. */
  until: v.nullable(seconds),
  /** Rows within the range, before they were thinned out. */
  rows: count,
  coverage: spans,
  table,
});
export type PanelVersion = Readonly<v.InferOutput<typeof panelVersion>>;

const panelDifference = v.object({
  /** Ranges in which both versions are complete. */
  compared: spans,
  /** Bars that both versions have, those of them whose values differ, and bars of one version alone. */
  common: count,
  changed: count,
  onlyBefore: count,
  onlyAfter: count,
  /** The greatest absolute difference of two finite numbers; null when no number differs. */
  largest: v.nullable(
    v.object({ ts: seconds, column: v.string(), difference: v.pipe(v.number(), v.finite()) }),
  ),
  /** The first bar that differs, its values as a person reads them; null: a version has no such row. */
  first: v.nullable(v.object({ ts: seconds, before: v.nullable(v.string()), after: v.nullable(v.string()) })),
  /** Ranges that differ. */
  spans,
});
export type PanelDifference = Readonly<v.InferOutput<typeof panelDifference>>;

/** A node's values over a range, thinned out for a screen: the current version first, then the one before, if any. */
const panelSeries = v.object({
  /** Interval in seconds. */
  interval: v.number(),
  versions: list(panelVersion),
  /** The two versions compared where both are complete; null where there is nothing to compare. */
  difference: v.nullable(panelDifference),
});
export type PanelSeries = Readonly<v.InferOutput<typeof panelSeries>>;

/** Rows `[from, from + table.ts.length)` of all that are stored within a range. */
const panelRows = v.object({ judged, total: count, from: count, table });
export type PanelRows = Readonly<v.InferOutput<typeof panelRows>>;

export const results = {
  materialize: v.object({ summary: v.string() }),
  cancel: v.null(),
  setRange: v.null(),
  readNode: panelSeries,
  rows: panelRows,
  source: v.object({ lines: list(v.string()) }),
  reveal: v.null(),
  exportNode: v.null(),
  keepSplit: v.null(),
  copy: v.null(),
  /** `saved` is false when the person changed their mind. */
  saveFile: v.object({ saved: v.boolean() }),
  showProblem: v.null(),
  retry: v.null(),
  log: v.null(),
} satisfies { readonly [K in PanelRequestKind]: v.GenericSchema };

export type PanelResult<K extends PanelRequestKind> = v.InferOutput<(typeof results)[K]>;
