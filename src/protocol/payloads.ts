import * as v from 'valibot';

import type { DataPresetSpec } from '../sdk/providers/presets.js';
import type { CacheLimits } from '../store/store.js';
import { atLeastOne, count, list, path, seconds, serviceLevel, type SchemaOf } from './shapes.js';

/*
 * What requests carry. Each type is that of its schema. Times are epoch seconds, ranges half-open, paths absolute.
 */

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
  /** What the database may take of the memory, in megabytes. Default: 256. */
  memoryMb: v.optional(v.pipe(v.number(), v.integer(), v.minValue(64))),
};
const ofStrategy = { strategy: strategyRef };
/** A folder that holds a cache. */
const ofCache = { projectRoot: path, ...cacheUse };
/** Default: all that is stored. */
const range = { start: v.optional(seconds), end: v.optional(seconds) };
/** What is stored under a strategy's name, as reports give it; the strategy is not loaded. */
const ofNode = { ...ofCache, strategy: v.string(), node: v.string(), ...range };

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const limits: SchemaOf<CacheLimits> = v.object({
  maxBytes: v.optional(positive),
  maxAgeDays: v.optional(positive),
});

/** Rows of a node as a run left them, known by what they are. See `StoredPart`. */
export const parts = list(v.object({ start: v.number(), end: v.number(), digest: v.string() }));

const exportFormat = v.picklist(['parquet', 'csv']);
export type ExportFormat = v.InferOutput<typeof exportFormat>;

/** The strategy's bundle, where the parent made it. */
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
     * `missing`: only nodes whose history over the range is absent or incomplete (never computed there, partial, failed,
     * blocked, or void since a source changed) are brought to completion, with all they depend on. Others that changed stay
     * as they are.
     */
    only: v.optional(v.literal('missing')),
    /** Kept after the run, except by what it used. */
    limits: v.optional(limits),
    /** Say which rows the run leaves, so that they can be read after a later one. */
    parts: v.optional(v.literal(true)),
    /** Also give the fingerprint of each node, by which the editor knows whether a failure still holds. */
    fingerprints: v.optional(v.literal(true)),
    /** Default: the child bundles. */
    bundle: v.optional(bundle),
    /** Write down what a hit rests on, so that a terminal can tell the next one by itself. */
    sidecar: v.optional(v.literal(true)),
  }),

  /** The bars of a preset, by its name in the project's file or as a script defines it. */
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
    /** Given both or neither. */
    ...range,
    /** Look at the range that was asked for last, when there is one. */
    last: v.optional(v.literal(true)),
    /** Read sources that changed to their end, whatever they are, to say which of their bars did. */
    thorough: v.optional(v.literal(true)),
    /**
     * Milliseconds of processor time that the author's code may take to be set up, and a provider of theirs to tell its
     * version; the child ends itself when it takes more. Default: no limit.
     */
    limitMs: v.optional(v.number()),
  }),

  /** `limitMs`: as for `status`. */
  /** What the file of a stream is read as, with its provider's options. */
  source: v.object({ ...ofStrategy, node: v.string(), limitMs: v.optional(v.number()) }),
  bounds: v.object({ ...ofStrategy, limitMs: v.optional(v.number()) }),

  read: v.object({
    ...ofNode,
    /** Rows of this version alone, of which there may be none. Default: the one that the name stands for. */
    fingerprint: v.optional(v.string()),
    /** Of these rows only the last so many. Default: all. */
    last: v.optional(atLeastOne),
    /** These rows, which a run left; `start`, `end` and `last` do not count then. Default: those that the name stands for now. */
    parts: v.optional(parts),
  }),

  /** Where rows of a node lie, for the asking process to read. `parts`: as for `read`. */
  places: v.object({ ...ofNode, parts: v.optional(parts) }),

  /** What a chart of a node shows. `points`: how many points of time it can tell apart. */
  series: v.object({ ...ofNode, points: atLeastOne }),

  /** Some rows of a node's history. `from`: the first row wanted, counted from 0 within the range. */
  rows: v.object({ ...ofNode, from: count, count: atLeastOne }),

  /** The last two versions of a node, to be compared. */
  diff: v.object(ofNode),

  export: v.object({
    ...ofCache,
    ...range,
    strategy: v.string(),
    /**
     * Where its code is: what is exported is the version that the code gives now, if the cache has it, also where a change was
     * taken back and nothing was run since. Absent, or where it cannot be loaded: the version that was run last.
     */
    judge: v.optional(strategyRef),
    /** Names of the nodes; none: all of the strategy. */
    nodes: list(v.string()),
    format: exportFormat,
    /** Of CSV: texts that a spreadsheet would run as a formula have a quote before them. */
    spreadsheet: v.optional(v.boolean()),
    /** The file to write, absolute. */
    path,
  }),

  /** To be asked of a process that has run nothing before. */
  verify: v.object({
    ...ofStrategy,
    ...cacheUse,
    ...range,
    /** Names of the nodes to compare; none: all. */
    nodes: list(v.string()),
    /** Ranges to recompute, chosen at random; null: everything. */
    sample: v.nullable(atLeastOne),
  }),

  /** A query over the nodes of a cache. Nothing can be changed by it. */
  sql: v.object({
    ...ofCache,
    sql: v.string(),
    /** Whose nodes go by their name alone; default: those of the only strategy. */
    strategy: v.optional(v.string()),
    /** Strategies that the query may name are loaded first, so that their nodes are those of the code as it is now. */
    judge: v.optional(v.literal(true)),
    /** Rows wanted at most. */
    most: atLeastOne,
  }),

  /** Forgets which versions of the strategy's sources were taken in: its next run reads them again, whatever they say. */
  refresh: v.object({ ...ofStrategy, ...cacheUse }),

  cache: v.object({
    ...ofCache,
    /** `clean`: rows that nobody needs go, and what `limits` say. `clear`: everything goes. `pin`: no clean-up takes it. */
    action: v.picklist(['show', 'clear', 'clean', 'pin', 'unpin']),
    /** Only what belongs to the strategy of this name. For all but `clean`; `pin` and `unpin` need it. */
    strategy: v.optional(v.string()),
    /** For `pin` and `unpin`: one of its nodes; default: all. */
    node: v.optional(v.string()),
    /** For `show` and `clean`. None: rows of earlier versions, and of nodes that are no more, are what goes. */
    limits: v.optional(limits),
    /** Whether `clean` is only to say what it would take. */
    dryRun: v.optional(v.boolean()),
  }),

  /** Hands a strategy to a world. Ends when its feed does, or when it is cancelled: it is then answered all the same. */
  run: v.object({
    ...ofStrategy,
    ...cacheUse,
    world: v.string(),
    /** What the run is to be called; of one that goes on, what it is called. */
    run: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
    resume: v.optional(v.literal(true)),
    /** Of a live world: whether the parent has a broker, and the world's name as somebody typed it. */
    broker: v.optional(v.literal(true)),
    confirm: v.optional(v.string()),
  }),

  /** Compares a recorded run with its materialization. */
  parity: v.object({ ...ofCache, run: v.string() }),

  /** The runs of a project, those begun last first, and its worlds. */
  runs: v.object(ofCache),
  worlds: v.object({ projectRoot: path }),

  /** What a world is: one that is elsewhere is asked. */
  world: v.object({ projectRoot: path, world: v.string() }),

  /** What a run came to, or has come to so far. */
  report: v.object({ ...ofCache, run: v.string() }),

  /** Prices of a symbol of a run with its fills. `points`: how many points of time a chart can tell apart. */
  prices: v.object({ ...ofCache, ...range, run: v.string(), symbol: v.string(), points: atLeastOne }),

  /** What a file is read as. Options of its provider are written as in a strategy. */
  inspect: v.object({ projectRoot: path, path: v.string(), options: v.optional(v.string()) }),

  /** One call of a node's `computeFn`. Nothing of it is stored. */
  debug: v.object({
    ...ofStrategy,
    ...cacheUse,
    node: v.string(),
    /** Open of the bar. */
    bar: seconds,
    /**
     * Whether a debugger is to attach before the strategy is loaded for the call. The child tells where, and waits for it.
     * Default: the function is simply called.
     */
    inspect: v.optional(v.boolean()),
  }),
};

export type RequestKind = keyof typeof payloads;
export type Payload<K extends RequestKind> = Readonly<v.InferOutput<(typeof payloads)[K]>>;

export type CacheUse = Readonly<v.InferOutput<v.ObjectSchema<typeof cacheUse, undefined>>>;
export type HistoryPart = v.InferOutput<typeof parts>[number];
