import * as v from 'valibot';

import type { DataPresetSpec } from '../sdk/providers/presets.js';
import type { CacheLimits } from '../store/store.js';
import { atLeastOne, count, list, path, seconds, serviceLevel, type SchemaOf } from './shapes.js';

/* The payloads of requests. Each type is inferred from its schema. Times are epoch seconds, ranges half-open, paths absolute. */

/** Where a strategy is. */
const strategyRef = v.object({
  /** The author's file, absolute. */
  file: path,
  /** Name of the class or of its export; null: the only strategy in the file. */
  className: v.nullable(v.string()),
  projectRoot: path,
});
export type StrategyRef = Readonly<v.InferOutput<typeof strategyRef>>;

/** How a cache is opened. */
const cacheUse = {
  /** Absolute. Default: `.seamless` in the project root. */
  cacheDir: v.optional(v.string()),
  /** The database's memory limit in megabytes. Default: 256. */
  memoryMb: v.optional(v.pipe(v.number(), v.integer(), v.minValue(64))),
};
const ofStrategy = { strategy: strategyRef };
/** A folder with a cache. */
const ofCache = { projectRoot: path, ...cacheUse };
/** Default: everything stored. */
const range = { start: v.optional(seconds), end: v.optional(seconds) };
/** Stored rows under a strategy's name, as reports give it; the strategy is not loaded. */
const ofNode = { ...ofCache, strategy: v.string(), node: v.string(), ...range };

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const limits: SchemaOf<CacheLimits> = v.object({
  maxBytes: v.optional(positive),
  maxAgeDays: v.optional(positive),
});

/** Rows of a node as a run left them. See `StoredPart`. */
export const parts = list(v.object({ start: v.number(), end: v.number(), digest: v.string() }));

const exportFormat = v.picklist(['parquet', 'csv']);
export type ExportFormat = v.InferOutput<typeof exportFormat>;

/** The strategy's bundle, if the parent made it. */
const bundle = v.object({ code: v.string(), inputs: list(v.string()), begunAt: v.number() });

const presetSpec: SchemaOf<DataPresetSpec> = v.object({
  id: v.string(),
  intervalMs: positive,
  slaPreset: v.exactOptional(v.string()),
  sla: v.exactOptional(serviceLevel),
  provider: v.picklist(['csv', 'parquet', 'sql', 'demo', 'http', 'postgres', 'ccxt']),
  options: v.record(v.string(), v.unknown()),
  pinned: v.exactOptional(v.boolean()),
});

export const payloads = {
  describe: v.object(ofStrategy),

  materialize: v.object({
    ...ofStrategy,
    ...cacheUse,
    start: seconds,
    end: seconds,
    /**
     * `missing`: only nodes with missing or incomplete history over the range (never computed, partial, failed, blocked, or
     * invalidated by a source) are completed, with everything they depend on. Other changed nodes stay as they are.
     */
    only: v.optional(v.literal('missing')),
    /** Limits that are applied after the run; what it used is kept. */
    limits: v.optional(limits),
    /** Return which rows the run leaves, so that they can be read after a later run. */
    parts: v.optional(v.literal(true)),
    /** Also return each node's fingerprint, by which the editor knows whether a failure still applies. */
    fingerprints: v.optional(v.literal(true)),
    /** Default: the child bundles. */
    bundle: v.optional(bundle),
    /** Write a sidecar, so that a terminal can answer the next hit by itself. */
    sidecar: v.optional(v.literal(true)),
  }),

  /** A preset's bars: by its name in the project's file, or as defined in a script. */
  bars: v.object({
    ...ofCache,
    preset: v.string(),
    spec: v.optional(presetSpec),
    start: seconds,
    end: seconds,
  }),

  status: v.object({
    ...ofStrategy,
    ...cacheUse,
    /** Both or neither. */
    ...range,
    /** Default: the child bundles. */
    bundle: v.optional(bundle),
    /** Use the last requested range, if there is one. */
    last: v.optional(v.literal(true)),
    /** Read changed sources completely, whatever they are, to find which bars changed. */
    thorough: v.optional(v.literal(true)),
    /**
     * Milliseconds of processor time for the author's setup, and for a custom provider's version; when exceeded, the child ends
     * itself. Default: no limit.
     */
    limitMs: v.optional(v.number()),
  }),

  /** `limitMs`: as for `status`. */
  /** How a stream's file is read, with its provider's options. */
  source: v.object({ ...ofStrategy, node: v.string(), limitMs: v.optional(v.number()) }),
  bounds: v.object({ ...ofStrategy, limitMs: v.optional(v.number()) }),

  read: v.object({
    ...ofNode,
    /** Only rows of this version, if any. Default: the current one. */
    fingerprint: v.optional(v.string()),
    /** Only the last rows, this many. Default: all. */
    last: v.optional(atLeastOne),
    /** The rows that a run left; `start`, `end` and `last` are then ignored. Default: the current ones. */
    parts: v.optional(parts),
  }),

  /** Where rows of a node are on disk, for the caller to read. `parts`: as for `read`. */
  places: v.object({ ...ofNode, parts: v.optional(parts) }),

  /** Data for a node's chart. `points`: how many points in time it can show. */
  series: v.object({ ...ofNode, points: atLeastOne }),

  /** Some rows of a node's history. `from`: the first row, counted from 0 within the range. */
  rows: v.object({ ...ofNode, from: count, count: atLeastOne }),

  /** A node's last two versions, to compare. */
  diff: v.object(ofNode),

  export: v.object({
    ...ofCache,
    ...range,
    strategy: v.string(),
    /**
     * Where its code is: the version of the current code is exported, if cached, even if a change was undone without a run since.
     * If absent, or if it cannot be loaded: the version of the last run.
     */
    judge: v.optional(strategyRef),
    /** Names of the nodes; none: all of the strategy. */
    nodes: list(v.string()),
    format: exportFormat,
    /** For CSV: texts that a spreadsheet would run as formulas get a leading quote. */
    spreadsheet: v.optional(v.boolean()),
    /** The file to write, absolute. */
    path,
  }),

  /** Must be sent to a process that has run nothing before. */
  verify: v.object({
    ...ofStrategy,
    ...cacheUse,
    ...range,
    /** Names of the nodes to compare; empty: all. */
    nodes: list(v.string()),
    /** Ranges to recompute, chosen at random; null: everything. */
    sample: v.nullable(atLeastOne),
  }),

  /** A read-only query over a cache's nodes. */
  sql: v.object({
    ...ofCache,
    sql: v.string(),
    /** The strategy whose nodes need no prefix; default: the only one. */
    strategy: v.optional(v.string()),
    /** Load the strategies that the query may name first, so that their nodes are those of the current code. */
    judge: v.optional(v.literal(true)),
    /** Most rows to return. */
    most: atLeastOne,
  }),

  /** Forgets the known versions of the strategy's sources: its next run reads them all again. */
  refresh: v.object({ ...ofStrategy, ...cacheUse }),

  cache: v.object({
    ...ofCache,
    /**
     * `clean`: deletes rows that nobody needs, and enforces `limits`. `clear`: deletes everything. `pin`: protects from
     * clean-ups.
     */
    action: v.picklist(['show', 'clear', 'clean', 'pin', 'unpin']),
    /** Only this strategy's data. Not for `clean`; required for `pin` and `unpin`. */
    strategy: v.optional(v.string()),
    /** For `pin` and `unpin`: one of its nodes; default: all. */
    node: v.optional(v.string()),
    /** For `show` and `clean`. Without limits, rows of earlier versions and of removed nodes are deleted. */
    limits: v.optional(limits),
    /** Whether `clean` only reports what it would delete. */
    dryRun: v.optional(v.boolean()),
  }),

  /** Starts a strategy in a world. Answered when its feed ends, also when it is cancelled. */
  run: v.object({
    ...ofStrategy,
    ...cacheUse,
    world: v.string(),
    /** The run's name; to resume a run, its existing name. */
    run: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
    resume: v.optional(v.literal(true)),
    /** For a live world: whether the parent has a broker, and the world's typed name. */
    broker: v.optional(v.literal(true)),
    confirm: v.optional(v.string()),
  }),

  /** Compares a recorded run with its materialization. */
  parity: v.object({ ...ofCache, run: v.string() }),

  /** A project's runs, latest first, and its worlds. */
  runs: v.object(ofCache),
  worlds: v.object({ projectRoot: path }),

  /** A world's settings; a remote one is asked. */
  world: v.object({ projectRoot: path, world: v.string() }),

  /** A run's results so far. */
  report: v.object({ ...ofCache, run: v.string() }),

  /** Prices of a run's symbol with its fills. `points`: how many points in time a chart can show. */
  prices: v.object({ ...ofCache, ...range, run: v.string(), symbol: v.string(), points: atLeastOne }),

  /** How a file is read. Provider options are written as in a strategy. */
  inspect: v.object({ projectRoot: path, path: v.string(), options: v.optional(v.string()) }),

  /** One call of a node's `computeFn`. Nothing is stored. */
  debug: v.object({
    ...ofStrategy,
    ...cacheUse,
    node: v.string(),
    /** Open of the bar. */
    bar: seconds,
    /** Whether to wait for a debugger before the strategy is loaded. The child reports its address and waits. Default: false. */
    inspect: v.optional(v.boolean()),
  }),
};

export type RequestKind = keyof typeof payloads;
export type Payload<K extends RequestKind> = Readonly<v.InferOutput<(typeof payloads)[K]>>;

export type CacheUse = Readonly<v.InferOutput<v.ObjectSchema<typeof cacheUse, undefined>>>;
export type HistoryPart = v.InferOutput<typeof parts>[number];
