import * as v from 'valibot';

import type { PartChange } from '../engine/fingerprint/changes.js';
import type { NodeFailure } from '../engine/ports/host.js';
import type { NodeReport, RunProgress, Span, Unfired } from '../engine/run/report.js';
import type { SourceNote } from '../engine/ports/source-note.js';
import type { ErrorCode, SourceLocation } from '../sdk/errors.js';
import type { Column, RowValue, Table } from '../sdk/table.js';
import type {
  CacheLimits,
  BarResult,
  CacheReport,
  ChildMessage,
  Payload,
  RequestKind,
  DiffReport,
  Result,
  SeriesReport,
  SqlResult,
  VerifyReport,
  StrategyRef,
} from './messages.js';
import { parityReport, runResult } from './run-schemas.js';
import { isErrorCode } from './wire-error.js';

/** A schema that gives exactly `T`: the compiler holds these checks and the declared types together. */
type SchemaOf<T> = v.GenericSchema<unknown, T>;

const kind = v.picklist(['stream', 'node']);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const seconds = v.pipe(v.number(), v.finite());
const span: SchemaOf<Span> = v.tuple([v.number(), v.number()]);
const spans = v.array(span);

const location: SchemaOf<SourceLocation> = v.object({
  file: v.string(),
  line: v.number(),
  column: v.exactOptional(v.number()),
});

const strategyRef: SchemaOf<StrategyRef> = v.object({
  file: v.pipe(v.string(), v.nonEmpty()),
  className: v.nullable(v.string()),
  projectRoot: v.pipe(v.string(), v.nonEmpty()),
});

const cacheUse = {
  cacheDir: v.optional(v.string()),
  memoryMb: v.optional(v.pipe(v.number(), v.integer(), v.minValue(64))),
};
const cacheRef = { projectRoot: v.pipe(v.string(), v.nonEmpty()), ...cacheUse };
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const limits: SchemaOf<CacheLimits> = v.object({
  maxBytes: v.optional(positive),
  maxAgeDays: v.optional(positive),
});
const optionalRange = { start: v.optional(seconds), end: v.optional(seconds) };

const parts = v.array(v.object({ start: v.number(), end: v.number(), digest: v.string() }));

export const payloads: { readonly [K in RequestKind]: SchemaOf<Payload<K>> } = {
  describe: v.object({ strategy: strategyRef }),
  materialize: v.object({
    strategy: strategyRef,
    start: seconds,
    end: seconds,
    only: v.optional(v.literal('missing')),
    limits: v.optional(limits),
    parts: v.optional(v.literal(true)),
    bundle: v.optional(v.object({ code: v.string(), inputs: v.array(v.string()), begunAt: v.number() })),
    sidecar: v.optional(v.literal(true)),
    ...cacheUse,
  }),
  status: v.object({
    strategy: strategyRef,
    last: v.optional(v.literal(true)),
    thorough: v.optional(v.literal(true)),
    limitMs: v.optional(v.number()),
    ...optionalRange,
    ...cacheUse,
  }),
  bounds: v.object({ strategy: strategyRef, limitMs: v.optional(v.number()) }),
  read: v.object({
    ...cacheRef,
    strategy: v.string(),
    node: v.string(),
    ...optionalRange,
    fingerprint: v.optional(v.string()),
    last: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    parts: v.optional(parts),
  }),
  series: v.object({
    ...cacheRef,
    strategy: v.string(),
    node: v.string(),
    ...optionalRange,
    points: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  rows: v.object({
    ...cacheRef,
    strategy: v.string(),
    node: v.string(),
    ...optionalRange,
    from: v.pipe(v.number(), v.integer(), v.minValue(0)),
    count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  diff: v.object({ ...cacheRef, strategy: v.string(), node: v.string(), ...optionalRange }),
  export: v.object({
    ...cacheRef,
    judge: v.optional(strategyRef),
    strategy: v.string(),
    nodes: v.array(v.string()),
    ...optionalRange,
    format: v.picklist(['parquet', 'csv']),
    spreadsheet: v.optional(v.boolean()),
    path: v.pipe(v.string(), v.nonEmpty()),
  }),
  verify: v.object({
    strategy: strategyRef,
    nodes: v.array(v.string()),
    ...optionalRange,
    sample: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
    ...cacheUse,
  }),
  sql: v.object({
    ...cacheRef,
    judge: v.optional(v.literal(true)),
    sql: v.string(),
    strategy: v.optional(v.string()),
    most: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  refresh: v.object({ strategy: strategyRef, ...cacheUse }),
  cache: v.object({
    ...cacheRef,
    node: v.optional(v.string()),
    action: v.picklist(['show', 'clear', 'clean', 'pin', 'unpin']),
    strategy: v.optional(v.string()),
    limits: v.optional(limits),
    dryRun: v.optional(v.boolean()),
  }),
  run: v.object({
    strategy: strategyRef,
    world: v.string(),
    run: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
    resume: v.optional(v.literal(true)),
    ...cacheUse,
  }),
  parity: v.object({ ...cacheRef, run: v.string() }),
  debug: v.object({
    strategy: strategyRef,
    node: v.string(),
    bar: seconds,
    ...cacheUse,
    inspect: v.optional(v.boolean()),
  }),
};

export const failure: SchemaOf<NodeFailure> = v.object({
  code: v.string(),
  message: v.string(),
  asOf: v.nullable(v.number()),
  location: v.nullable(location),
});

const unfired: SchemaOf<Unfired> = v.object({
  slots: count,
  of: count,
  missing: v.array(v.object({ input: v.string(), slots: count })),
  text: v.string(),
});

const note: SchemaOf<SourceNote> = v.object({
  what: v.string(),
  count,
  example: v.nullable(v.string()),
});

const nodeReport: SchemaOf<NodeReport> = v.object({
  name: v.string(),
  kind,
  label: v.string(),
  state: v.picklist(['hit', 'reused', 'computed', 'partial', 'failed', 'blocked', 'stale']),
  interval: v.number(),
  rows: count,
  columns: v.array(v.string()),
  coverage: spans,
  computedRanges: spans,
  reusedRanges: spans,
  unavailable: spans,
  notYet: spans,
  unfired: v.nullable(unfired),
  notes: v.optional(v.array(note)),
  reason: v.string(),
  failure: v.nullable(failure),
});

const runReport = {
  strategy: v.string(),
  range: span,
  coverageBounds: v.nullable(span),
  nodeCount: count,
  hits: count,
  reused: count,
  computed: count,
  partial: count,
  failed: count,
  blocked: count,
  stale: count,
  elapsedMs: v.number(),
  nodes: v.array(nodeReport),
} satisfies v.ObjectEntries;

const inputs = v.array(v.object({ name: v.string(), period: v.number() }));

const mask = v.nullable(v.instance(Uint8Array));

/** A million strings are looked through in place: a schema per item would copy them. */
const strings = v.custom<readonly string[]>(
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  'Expected a list of strings',
);

const column: SchemaOf<Column> = v.variant('type', [
  v.object({ type: v.picklist(['number', 'null']), values: v.instance(Float64Array), valid: mask }),
  v.object({ type: v.literal('boolean'), values: v.instance(Uint8Array), valid: mask }),
  v.object({ type: v.picklist(['string', 'json']), values: strings, valid: mask }),
]);

export const table: SchemaOf<Table> = v.object({
  shape: v.picklist(['value', 'record']),
  ts: v.instance(Float64Array),
  names: v.array(v.string()),
  columns: v.array(column),
  present: mask,
});

const change: SchemaOf<PartChange> = v.object({
  what: v.string(),
  kind: v.picklist(['code', 'value', 'parameter', 'inputs', 'upstream', 'engine']),
  file: v.nullable(v.string()),
  before: v.nullable(v.string()),
  after: v.nullable(v.string()),
  text: v.string(),
});

const cacheReport: SchemaOf<CacheReport> = v.object({
  file: v.nullable(v.string()),
  bytes: count,
  packs: v.object({ count, bytes: count, liveBytes: count }),
  strategies: v.array(
    v.object({
      strategy: v.string(),
      rows: count,
      bytes: count,
      nodes: v.array(v.object({ name: v.string(), rows: count, bytes: count, pinned: v.boolean() })),
    }),
  ),
  freed: count,
  cleanable: v.object({ bytes: count, strategies: v.array(v.string()) }),
});

const barResult: SchemaOf<BarResult> = v.object({
  strategy: v.string(),
  node: v.string(),
  bar: v.number(),
  asOf: v.number(),
  windows: v.array(v.object({ input: v.string(), bars: count })),
  row: table,
  failure: v.nullable(failure),
});

const version = { since: v.number(), until: v.nullable(v.number()) };

const seriesReport: SchemaOf<SeriesReport> = v.object({
  interval: v.number(),
  versions: v.array(v.object({ ...version, fingerprint: v.string(), rows: count, coverage: spans, table })),
});

/** What a node emitted: checked no further, for it is shown and not used. */
const rowValue = v.custom<RowValue>((value) => value !== undefined, 'Expected a value');

/** Rows by the ten thousand are looked through in place, as strings are. */
const sqlRows = v.custom<SqlResult['rows']>(
  (value) => Array.isArray(value) && value.every((row) => Array.isArray(row)),
  'Expected rows',
);

const sqlResult: SchemaOf<SqlResult> = v.object({
  columns: v.array(v.object({ name: v.string(), type: v.string() })),
  rows: sqlRows,
  more: v.boolean(),
});

const firstDifference = v.nullable(v.object({ ts: v.number(), before: rowValue, after: rowValue }));

const verifyReport: SchemaOf<VerifyReport> = v.object({
  strategy: v.string(),
  ranges: spans,
  nodes: v.array(
    v.object({
      name: v.string(),
      state: v.picklist(['verified', 'differs', 'nondeterministic', 'failed', 'skipped']),
      rows: count,
      differing: count,
      first: firstDifference,
      reason: v.string(),
    }),
  ),
});

const diffReport: SchemaOf<DiffReport> = v.object({
  strategy: v.string(),
  node: v.string(),
  after: v.object(version),
  before: v.nullable(v.object(version)),
  compared: spans,
  difference: v.nullable(
    v.object({
      common: count,
      changed: count,
      onlyBefore: count,
      onlyAfter: count,
      largest: v.nullable(v.object({ ts: v.number(), column: v.string(), difference: v.number() })),
      first: firstDifference,
      spans,
    }),
  ),
});

export const results: { readonly [K in RequestKind]: SchemaOf<Result<K>> } = {
  describe: v.object({
    strategy: v.string(),
    nodes: v.array(
      v.object({
        name: v.string(),
        kind,
        label: v.string(),
        interval: v.number(),
        inputs,
        location: v.nullable(location),
      }),
    ),
  }),
  materialize: v.object({ ...runReport, parts: v.optional(v.array(parts)) }),
  status: v.object({
    strategy: v.string(),
    range: v.nullable(span),
    data: v.nullable(span),
    dataFiles: v.array(v.string()),
    untold: v.array(v.object({ stream: v.string(), files: v.array(v.string()) })),
    nodes: v.array(
      v.object({
        name: v.string(),
        fingerprint: v.string(),
        kind,
        label: v.string(),
        interval: v.number(),
        state: v.picklist(['fresh', 'partial', 'stale', 'empty']),
        change: v.nullable(v.picklist(['own', 'upstream', 'source', 'unhashable'])),
        inputs,
        location: v.nullable(location),
        rows: count,
        coverage: spans,
        reused: spans,
        earlier: spans,
        unavailable: spans,
        notYet: spans,
        unfired: v.nullable(unfired),
        reason: v.string(),
        failure: v.nullable(failure),
        changes: v.array(change),
      }),
    ),
    lastRanges: spans,
    files: v.array(v.string()),
  }),
  bounds: v.object({ range: v.nullable(span) }),
  read: table,
  series: seriesReport,
  rows: v.object({ fingerprint: v.string(), total: count, from: count, table }),
  diff: diffReport,
  export: v.object({
    path: v.string(),
    rows: count,
    others: v.array(v.object({ node: v.string(), version: v.picklist(['earlier', 'last-run']) })),
  }),
  verify: verifyReport,
  sql: sqlResult,
  refresh: v.object({ strategy: v.string(), streams: v.array(v.string()) }),
  cache: cacheReport,
  run: runResult,
  parity: parityReport,
  debug: barResult,
};

const requestKinds = Object.keys(payloads) as RequestKind[];

export const parentMessage = v.variant('type', [
  v.object({
    type: v.literal('request'),
    id: count,
    kind: v.picklist(requestKinds),
    payload: v.unknown(),
  }),
  v.object({ type: v.literal('cancel'), id: count }),
]);

const progress: SchemaOf<RunProgress> = v.object({
  phase: v.picklist(['loading', 'waiting', 'checking', 'reading', 'computing', 'storing']),
  node: v.nullable(v.string()),
  done: v.number(),
  total: v.number(),
  covered: v.optional(v.array(v.object({ node: v.string(), span, rows: v.number() }))),
});

export const serializedError = v.object({
  name: v.string(),
  code: v.custom<ErrorCode>(isErrorCode, 'Expected an error code'),
  message: v.string(),
  node: v.nullable(v.string()),
  asOf: v.nullable(v.number()),
  location: v.nullable(location),
  path: v.nullable(v.array(v.string())),
  stack: v.nullable(v.string()),
});

export const childMessage: SchemaOf<ChildMessage> = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('progress'), id: count, progress }),
  v.object({ type: v.literal('inspect'), id: count, url: v.string() }),
  v.object({ type: v.literal('written'), id: count }),
  v.object({ type: v.literal('result'), id: count, value: v.unknown() }),
  v.object({ type: v.literal('error'), id: count, error: serializedError }),
  v.object({ type: v.literal('log'), level: v.picklist(['info', 'warn']), text: v.string() }),
]);
