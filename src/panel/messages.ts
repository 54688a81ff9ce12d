import type { NodeStanding } from '../present/freshness.js';
import type { Span } from '../engine/run/report.js';
import type { Table } from '../sdk/table.js';

export type { NodeStanding, Span, Table };

/*
 * What the DAG panel's page and the extension host say to each other. The page sends `ready` once it listens; the host answers
 * with the full state, and again on every later `ready`. Every request of the page is answered exactly once, by `ok` or `err`.
 * Messages cross VS Code as JSON with typed arrays beside it: NaN and ±Infinity survive in typed arrays alone, so numbers
 * elsewhere are finite. Times are epoch seconds, ranges half-open.
 */

/** What the host knows of a strategy; sent whole, so that a page that was hidden or reloaded is never behind. */
export interface PanelState {
  /** What the host knows the strategy by: the page keeps it, so that a panel that is brought back knows what it shows. */
  readonly key: string;
  /** Name of the class, and of its file where another has a class of that name. */
  readonly strategy: string;
  /** Inputs before what depends on them; null: not described yet, or never successfully. */
  readonly nodes: readonly PanelNode[] | null;
  /** What coverage is shown over; null when nothing is stored and the sources cannot tell. */
  readonly range: Span | null;
  /** From the first bar to past the last one of the sources; null when they cannot tell, or were not asked yet. */
  readonly data: Span | null;
  /** The text was edited since it was described: nodes are as they were when it was last saved. */
  readonly edited: boolean;
  /** Why `nodes` is null or out of date; null when all is well. */
  readonly problem: PanelProblem | null;
  /** What the code and data are now is being looked at: what is told here is of before. Null: it is as told. */
  readonly checking: PanelProgress | null;
  /** The run in work; null when there is none. */
  readonly running: PanelProgress | null;
  /** The line of the last run, as the status bar shows it. */
  readonly result: string | null;
  /** False where the workspace is not trusted: the panel shows, and runs nothing. */
  readonly trusted: boolean;
  /** Translated texts by their English ones; null: English. */
  readonly texts: Readonly<Record<string, string>> | null;
  /** Sizes that a person last gave to the details, in whatever panel. */
  readonly split: PanelSplit;
}

/** Sizes of the details in pixels: beside the graph, and below it. Null: as they come. */
export interface PanelSplit {
  readonly beside: number | null;
  readonly below: number | null;
}

/**
 * - `cycle`: nodes depend on each other; `path` names them in order.
 * - `deleted`: the file, or the class in it, is gone.
 * - `failed`: describing the strategy failed in another way.
 */
export interface PanelProblem {
  readonly kind: 'cycle' | 'deleted' | 'failed';
  /** A sentence. */
  readonly message: string;
  /** Names of the nodes concerned, in order; none where no node is. */
  readonly path: readonly string[];
}

export interface PanelNode {
  readonly name: string;
  /** Another one whenever what is stored of it may be: its code, its data or the cache changed. */
  readonly version: string;
  readonly kind: 'stream' | 'node';
  /** What it is made by: `csv`, `sma`, `node`. */
  readonly label: string;
  /** Interval in seconds. */
  readonly interval: number;
  /** Inputs by name, with the bars of each that a window holds. */
  readonly inputs: readonly { readonly name: string; readonly period: number }[];
  readonly standing: NodeStanding;
  /** Why, a sentence. */
  readonly why: string;
  /** All that changed of it since it was stored, a clause each, and the author's file it is in, where that is known. */
  readonly changes: readonly { readonly text: string; readonly file: string | null }[];
  /** Rows stored within the range. */
  readonly rows: number;
  /** Complete parts of the range. */
  readonly coverage: readonly Span[];
  /** Of these, what was reused from an earlier version, whose inputs came to the same. */
  readonly reused: readonly Span[];
  /** Ranges before the sources begin. */
  readonly unavailable: readonly Span[];
  /** Ranges past the last bar of the sources. */
  readonly notYet: readonly Span[];
  /** Ranges that an earlier version covers and the current one does not. */
  readonly stale: readonly Span[];
  /** Ranges that the last run could not complete, from the bar that failed on. */
  readonly failed: readonly Span[];
  /** Slots that did not fire though the node was warm, where they are more than a few; `why` says which input was missing. */
  readonly unfired: number;
  /** Whether its line in the source is known. */
  readonly located: boolean;
}

/** A run in work, in the words of the status bar. Null: nothing to say of that yet. */
export interface PanelProgress {
  /** Between 0 and 1. */
  readonly fraction: number | null;
  /** `34 %` */
  readonly percent: string | null;
  /** `computing fast` */
  readonly what: string;
  /** `12 s left` */
  readonly left: string | null;
  /** `3,400 of 10,000 bars` */
  readonly bars: string | null;
  /** The node in work. */
  readonly node: string | null;
}

/** How far a node has come while a run is in work. */
export interface LiveCoverage {
  readonly name: string;
  readonly coverage: readonly Span[];
  /** Rows stored within the panel's range so far. */
  readonly rows: number;
}

/** A node's values over a range, thinned out for a screen: the current version first, then the one before, if any. */
export interface PanelSeries {
  /** Interval in seconds. */
  readonly interval: number;
  readonly versions: readonly PanelVersion[];
  /** The two versions compared where both are complete; null where there is nothing to compare. */
  readonly difference: PanelDifference | null;
}

export interface PanelVersion {
  /** Whether it is the version that the node's standing is about; else one of before. */
  readonly judged: boolean;
  /** When this version became the node of its name, in epoch seconds. */
  readonly since: number;
  /** When another took its place; null: it is the current one. */
  readonly until: number | null;
  /** Rows within the range, before they were thinned out. */
  readonly rows: number;
  readonly coverage: readonly Span[];
  readonly table: Table;
}

export interface PanelDifference {
  /** Ranges in which both versions are complete. */
  readonly compared: readonly Span[];
  /** Bars that both versions have, those of them whose values differ, and bars of one version alone. */
  readonly common: number;
  readonly changed: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** The greatest absolute difference of two finite numbers; null when no number differs. */
  readonly largest: { readonly ts: number; readonly column: string; readonly difference: number } | null;
  /** The first bar that differs, its values as a person reads them; null: a version has no such row. */
  readonly first: {
    readonly ts: number;
    readonly before: string | null;
    readonly after: string | null;
  } | null;
  /** Ranges that differ. */
  readonly spans: readonly Span[];
}

/** Rows `[from, from + table.ts.length)` of all that are stored within a range. */
export interface PanelRows {
  /** See `PanelVersion`. */
  readonly judged: boolean;
  readonly total: number;
  readonly from: number;
  readonly table: Table;
}

type Nothing = Readonly<Record<string, never>>;

interface RangePayload {
  readonly start: number;
  readonly end: number;
}

interface NodePayload {
  readonly node: string;
}

/** Every request of the page, with what it carries and what answers it. */
export interface PanelRequests {
  /** Answered when the run ended, by its line as the status bar shows it. */
  readonly materialize: {
    readonly payload: RangePayload & { readonly only?: 'missing' };
    readonly result: { readonly summary: string };
  };
  readonly cancel: { readonly payload: Nothing; readonly result: null };
  /** Shows coverage over another range; null: over all there is. The state that follows has it. */
  readonly setRange: { readonly payload: { readonly range: Span | null }; readonly result: null };
  readonly readNode: {
    /** `maxPoints`: how many points of time the chart can tell apart, at least 1. */
    readonly payload: NodePayload & RangePayload & { readonly maxPoints: number };
    readonly result: PanelSeries;
  };
  readonly rows: {
    readonly payload: NodePayload & RangePayload & { readonly from: number; readonly count: number };
    readonly result: PanelRows;
  };
  readonly reveal: { readonly payload: NodePayload; readonly result: null };
  readonly exportNode: { readonly payload: NodePayload; readonly result: null };
  /** Remembers the sizes of the details for panels to come. */
  readonly keepSplit: { readonly payload: PanelSplit; readonly result: null };
  /** Puts a text on the clipboard. */
  readonly copy: { readonly payload: { readonly text: string }; readonly result: null };
  /** Asks where to, and writes; `saved` is false when the person changed their mind. */
  readonly saveFile: {
    readonly payload: {
      readonly name: string;
      readonly content: string;
      readonly encoding: 'utf8' | 'base64';
    };
    readonly result: { readonly saved: boolean };
  };
  /** Goes to where the state's problem is: its line, or the log. */
  readonly showProblem: { readonly payload: Nothing; readonly result: null };
  /** Describes the strategy once more. */
  readonly retry: { readonly payload: Nothing; readonly result: null };
  /** An error nobody foresaw, for the log. */
  readonly log: {
    readonly payload: { readonly message: string; readonly stack: string | null };
    readonly result: null;
  };
}

export type PanelRequestKind = keyof PanelRequests;
export type PanelPayload<K extends PanelRequestKind> = PanelRequests[K]['payload'];
export type PanelResult<K extends PanelRequestKind> = PanelRequests[K]['result'];

/** An error as it crosses: `code` is that of a `SeamlessError`, the message a sentence. */
export interface PanelError {
  readonly code: string;
  readonly message: string;
}

export type PageToHost =
  /** Sent when the page listens, first and again after each reload. */
  | { readonly type: 'ready' }
  | {
      readonly type: 'request';
      readonly id: number;
      readonly kind: PanelRequestKind;
      readonly payload: unknown;
    };

export type Answer =
  | { readonly type: 'ok'; readonly id: number; readonly value: unknown }
  | { readonly type: 'err'; readonly id: number; readonly error: PanelError };

export type HostToPage =
  | { readonly type: 'state'; readonly state: PanelState }
  /** A run went on; its end is told by a state. `coverage` holds the nodes that came further. */
  | {
      readonly type: 'progress';
      readonly progress: PanelProgress;
      readonly coverage: readonly LiveCoverage[];
    }
  /** Selects a node, and brings it into view. */
  | { readonly type: 'select'; readonly node: string }
  | Answer;
