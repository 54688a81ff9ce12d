import * as v from 'valibot';

import type { Span } from '../engine/run/reporting/report.js';
import type { NodeStanding } from '../present/freshness.js';
import type { Table } from '../sdk/table.js';
import { mode } from '../protocol/live-results.js';
import { count, kind, list, seconds, span, spans, type SchemaOf } from '../protocol/shapes.js';

/* What the DAG panel shows of a strategy. Each type is inferred from its schema. Times are epoch seconds, ranges half-open. */

/** What the page knows of the rest. */
export type { NodeStanding, Span, Table };

const finite = v.pipe(v.number(), v.finite());
export const name = v.pipe(v.string(), v.nonEmpty());

/** Sizes of the details in pixels: beside the graph, and below it. Null: default. */
export const panelSplit = v.object({ beside: v.nullable(finite), below: v.nullable(finite) });
export type PanelSplit = Readonly<v.InferOutput<typeof panelSplit>>;

/** An active run, in the words of the status bar. Null: nothing to report yet. */
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
  /** The node being computed. */
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
  /** Changes whenever its stored rows may: with its code, data or the cache. */
  version: v.string(),
  kind,
  /** What made it: `csv`, `sma`, `node`. */
  label: v.string(),
  /** For a node over a universe: its name in the source, and its symbol. */
  family: v.exactOptional(v.string()),
  symbol: v.exactOptional(v.string()),
  /** Interval in seconds. */
  interval: v.pipe(v.number(), v.minValue(1)),
  /** Inputs by name, with the window's length in bars. */
  inputs: list(v.object({ name, period: count, span: v.exactOptional(v.number()) })),
  standing,
  /** Why, a sentence. */
  why: v.string(),
  /** Everything that changed since it was stored, a clause each, with the author's file if known. */
  changes: list(v.object({ text: v.string(), file: v.nullable(v.string()) })),
  /** Rows stored within the range. */
  rows: count,
  /** Complete parts of the range. */
  coverage: spans,
  /** Of these, ranges reused from an earlier version with the same inputs. */
  reused: spans,
  /** Ranges before the sources begin. */
  unavailable: spans,
  /** Ranges after the last bar of the sources. */
  notYet: spans,
  /** Ranges that only an earlier version covers. */
  stale: spans,
  /** Ranges that the last run could not complete, from the failing bar on. */
  failed: spans,
  /** Slots that did not fire after warm-up, if there are more than a few; `why` names the missing input. */
  unfired: count,
  /** Whether its line in the source is known. */
  located: v.boolean(),
});
export type PanelNode = Readonly<v.InferOutput<typeof panelNode>>;

const panelProblem = v.object({
  /**
   * - `cycle`: nodes depend on each other; `path` names them in order.
   * - `deleted`: the file or its class no longer exists.
   * - `failed`: describing the strategy failed for another reason.
   */
  kind: v.picklist(['cycle', 'deleted', 'failed']),
  /** A sentence. */
  message: v.string(),
  /** Names of the nodes concerned, in order; empty: none. */
  path: list(v.string()),
});
export type PanelProblem = Readonly<v.InferOutput<typeof panelProblem>>;

/** What the host knows about a strategy. Sent whole, so that a page that was hidden or reloaded is always up to date. */
export const panelState = v.object({
  /** The host's key of the strategy; the page keeps it, so that a restored panel knows what it shows. */
  key: v.string(),
  /** Its class name, with its file if another one has the same class name. */
  strategy: v.string(),
  /** Inputs before their dependents; null: never described. */
  nodes: v.nullable(list(panelNode)),
  /** The range of the shown coverage; null when nothing is stored and the sources have no bounds. */
  range: v.nullable(span),
  /** From the first bar to the end of the last one of the sources; null if unknown. */
  data: v.nullable(span),
  /** The text was edited since it was described: nodes are as last saved. */
  edited: v.boolean(),
  /** Why `nodes` is null or out of date; null: all is well. */
  problem: v.nullable(panelProblem),
  /** Code and data are being checked: what is shown is from before. Null: up to date. */
  checking: v.nullable(panelProgress),
  /** The active run; null: none. */
  running: v.nullable(panelProgress),
  /** The last run's line in the status bar. */
  result: v.nullable(v.string()),
  /** False in an untrusted workspace: the panel runs nothing. */
  trusted: v.boolean(),
  /** Translated texts by their English ones; null: English. */
  texts: v.nullable(v.record(v.string(), v.string())),
  /** The last sizes of the details, in any panel. */
  split: panelSplit,
});
export type PanelState = Readonly<v.InferOutput<typeof panelState>>;

/** A node's progress during a run. `rows`: stored so far within the panel's range. */
export const liveCoverage = v.object({ name, coverage: spans, rows: count });
export type LiveCoverage = Readonly<v.InferOutput<typeof liveCoverage>>;

/** A node's last value in a run. For a family: how many of its symbols have a row of that time. */
const liveValue = v.object({ name, asOf: seconds, text: v.string() });
export type LiveValue = Readonly<v.InferOutput<typeof liveValue>>;

/** A strategy's run in a world, while it is active and after it ended. */
export const liveRun = v.object({
  run: name,
  world: name,
  mode,
  /** It has ended. */
  ended: v.boolean(),
  /** Close of the last slot; null: it warms up, or is an active backtest, whose rows come from the cache. */
  asOf: v.nullable(seconds),
  /** Nodes that changed since the last message about this run; the first message after a state without one has all. */
  values: list(liveValue),
});
export type LiveRun = Readonly<v.InferOutput<typeof liveRun>>;
