import * as v from 'valibot';

import type { Span } from '../engine/run/reporting/report.js';
import type { NodeStanding } from '../present/freshness.js';
import type { Table } from '../sdk/table.js';
import { mode } from '../protocol/live-results.js';
import { count, kind, list, seconds, span, spans, type SchemaOf } from '../protocol/shapes.js';

/*
 * What the DAG panel shows of a strategy. Each type is that of its schema. Times are epoch seconds, ranges half-open.
 */

/** What the page knows of the rest. */
export type { NodeStanding, Span, Table };

const finite = v.pipe(v.number(), v.finite());
export const name = v.pipe(v.string(), v.nonEmpty());

/** Sizes of the details in pixels: beside the graph, and below it. Null: as they come. */
export const panelSplit = v.object({ beside: v.nullable(finite), below: v.nullable(finite) });
export type PanelSplit = Readonly<v.InferOutput<typeof panelSplit>>;

/** A run in work, in the words of the status bar. Null: nothing to say of that yet. */
export const panelProgress = v.object({
  /** Between 0 and 1. */
  fraction: v.nullable(finite),
  /** `34 %` */
  percent: v.nullable(v.string()),
  /** `computing fast` */
  what: v.string(),
  /** `12 s left` */
  left: v.nullable(v.string()),
  /** `3,400 of 10,000 bars` */
  bars: v.nullable(v.string()),
  /** The node in work. */
  node: v.nullable(v.string()),
});
export type PanelProgress = Readonly<v.InferOutput<typeof panelProgress>>;

const standing: SchemaOf<NodeStanding> = v.picklist([
  'fresh',
  'partial',
  'empty',
  'changed',
  'maybe-stale',
  'uncached',
  'failed',
  'blocked',
]);

const panelNode = v.object({
  name,
  /** Another one whenever what is stored of it may be: its code, its data or the cache changed. */
  version: v.string(),
  kind,
  /** What it is made by: `csv`, `sma`, `node`. */
  label: v.string(),
  /** Of a node over a universe: the name its author gave it, and whose it is. */
  family: v.exactOptional(v.string()),
  symbol: v.exactOptional(v.string()),
  /** Interval in seconds. */
  interval: v.pipe(v.number(), v.minValue(1)),
  /** Inputs by name, with the bars of each that a window holds. */
  inputs: list(v.object({ name, period: count, span: v.exactOptional(v.number()) })),
  standing,
  /** Why, a sentence. */
  why: v.string(),
  /** All that changed of it since it was stored, a clause each, and the author's file it is in, where that is known. */
  changes: list(v.object({ text: v.string(), file: v.nullable(v.string()) })),
  /** Rows stored within the range. */
  rows: count,
  /** Complete parts of the range. */
  coverage: spans,
  /** Of these, what was reused from an earlier version, whose inputs came to the same. */
  reused: spans,
  /** Ranges before the sources begin. */
  unavailable: spans,
  /** Ranges past the last bar of the sources. */
  notYet: spans,
  /** Ranges that an earlier version covers and the current one does not. */
  stale: spans,
  /** Ranges that the last run could not complete, from the bar that failed on. */
  failed: spans,
  /** Slots that did not fire though the node was warm, where they are more than a few; `why` says which input was missing. */
  unfired: count,
  /** Whether its line in the source is known. */
  located: v.boolean(),
});
export type PanelNode = Readonly<v.InferOutput<typeof panelNode>>;

const panelProblem = v.object({
  /**
   * - `cycle`: nodes depend on each other; `path` names them in order.
   * - `deleted`: the file, or the class in it, is gone.
   * - `failed`: describing the strategy failed in another way.
   */
  kind: v.picklist(['cycle', 'deleted', 'failed']),
  /** A sentence. */
  message: v.string(),
  /** Names of the nodes concerned, in order; none where no node is. */
  path: list(v.string()),
});
export type PanelProblem = Readonly<v.InferOutput<typeof panelProblem>>;

/** What the host knows of a strategy; sent whole, so that a page that was hidden or reloaded is never behind. */
export const panelState = v.object({
  /** What the host knows the strategy by: the page keeps it, so that a panel that is brought back knows what it shows. */
  key: v.string(),
  /** Name of the class, and of its file where another has a class of that name. */
  strategy: v.string(),
  /** Inputs before what depends on them; null: not described yet, or never successfully. */
  nodes: v.nullable(list(panelNode)),
  /** What coverage is shown over; null when nothing is stored and the sources cannot tell. */
  range: v.nullable(span),
  /** From the first bar to past the last one of the sources; null when they cannot tell, or were not asked yet. */
  data: v.nullable(span),
  /** The text was edited since it was described: nodes are as they were when it was last saved. */
  edited: v.boolean(),
  /** Why `nodes` is null or out of date; null when all is well. */
  problem: v.nullable(panelProblem),
  /** What the code and data are now is being looked at: what is shown is of before. Null: it is up to date. */
  checking: v.nullable(panelProgress),
  /** The run in work; null when there is none. */
  running: v.nullable(panelProgress),
  /** The line of the last run, as the status bar shows it. */
  result: v.nullable(v.string()),
  /** False where the workspace is not trusted: the panel shows, and runs nothing. */
  trusted: v.boolean(),
  /** Translated texts by their English ones; null: English. */
  texts: v.nullable(v.record(v.string(), v.string())),
  /** Sizes that a person last gave to the details, in whatever panel. */
  split: panelSplit,
});
export type PanelState = Readonly<v.InferOutput<typeof panelState>>;

/** How far a node has come while a run is in work. `rows`: stored within the panel's range so far. */
export const liveCoverage = v.object({ name, coverage: spans, rows: count });
export type LiveCoverage = Readonly<v.InferOutput<typeof liveCoverage>>;

/** What a run said last of a node. Of a family: how many of its symbols have a row of that time. */
const liveValue = v.object({ name, asOf: seconds, text: v.string() });
export type LiveValue = Readonly<v.InferOutput<typeof liveValue>>;

/** A run of the strategy in a world, while it goes on, and as it ended. */
export const liveRun = v.object({
  run: name,
  world: name,
  mode,
  /** It goes on no more. */
  ended: v.boolean(),
  /** Close of the last slot; null: it warms up, or is a backtest at work, whose rows come from the cache. */
  asOf: v.nullable(seconds),
  /** Those that changed since the last message about this run; the first message after a state with none has all. */
  values: list(liveValue),
});
export type LiveRun = Readonly<v.InferOutput<typeof liveRun>>;
