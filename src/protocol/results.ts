import * as v from 'valibot';

import type { HistoryDifference } from '../engine/history/difference.js';
import type { OtherVersion } from '../engine/plan/judged.js';
import type { StrategyStatus } from '../engine/plan/status.js';
import type { SourceTaken } from '../engine/ports/source.js';
import type { RunReport } from '../engine/run/reporting/report.js';
import { placesSchema } from '../store/segments/places.js';
import type { CleanPlan, SqlResult } from '../store/store.js';
import {
  mode,
  parityReport,
  runPrices,
  runResult,
  runSummary,
  tradingReport,
  worldSummary,
} from './live-results.js';
import { describedNode, nodeReports, note } from './nodes/reports.js';
import { nodeStatuses } from './nodes/statuses.js';
import { parts, type RequestKind } from './payloads.js';
import {
  count,
  failure,
  list,
  rowValue,
  serviceOutcome,
  span,
  spans,
  table,
  type SchemaOf,
} from './shapes.js';

/**
 * The answers to requests. A type declared by the engine, the store or the live side has a matching schema; every other type is
 * inferred from its schema.
 */

/** A strategy's graph, loaded but not run. `nodes`: inputs before their dependents. */
const graphSummary = v.object({ strategy: v.string(), nodes: list(describedNode) });
export type GraphSummary = v.InferOutput<typeof graphSummary>;

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
  nodes: nodeReports,
} satisfies { readonly [K in keyof RunReport]: SchemaOf<RunReport[K]> };

/**
 * A run's report; if `parts` was requested, the rows of each node, and where they are unless that is long; if `fingerprints` was,
 * those by node name.
 */
const materializeResult = v.object({
  ...runReport,
  parts: v.optional(list(parts)),
  places: v.optional(list(placesSchema)),
  fingerprints: v.optional(v.record(v.string(), v.string())),
});

const strategyStatus = {
  strategy: v.string(),
  range: v.nullable(span),
  data: v.nullable(span),
  dataFiles: list(v.string()),
  untold: list(v.object({ stream: v.string(), files: list(v.string()) })),
  nodes: nodeStatuses,
} satisfies { readonly [K in keyof StrategyStatus]: SchemaOf<StrategyStatus[K]> };

/** A strategy's stored state over the requested range; null: everything stored. */
const statusReport = v.object({
  ...strategyStatus,
  /** Recent ranges, latest first. */
  lastRanges: spans,
  /** The strategy's own files, absolute; without packages. */
  files: list(v.string()),
});
export type StatusReport = v.InferOutput<typeof statusReport>;

const versionSummary = v.object({
  /** When this version became current, in epoch seconds. */
  since: v.number(),
  /** When it was replaced; null: it is the current one. */
  until: v.nullable(v.number()),
});
export type VersionSummary = v.InferOutput<typeof versionSummary>;

/** A node's history over a range, for a chart: the current version first, then the previous one, if any. */
const seriesReport = v.object({
  interval: v.number(),
  versions: list(
    v.object({
      ...versionSummary.entries,
      fingerprint: v.string(),
      /** Rows within the range, before thinning. */
      rows: count,
      coverage: spans,
      table,
    }),
  ),
});
export type SeriesReport = v.InferOutput<typeof seriesReport>;

/** Rows `[from, from + table.ts.length)` of `total`, of the version with this fingerprint. */
const rowsReport = v.object({ fingerprint: v.string(), total: count, from: count, table });
export type RowsReport = v.InferOutput<typeof rowsReport>;

const firstDifference: SchemaOf<HistoryDifference['first']> = v.nullable(
  v.object({ ts: v.number(), before: rowValue, after: rowValue }),
);

const difference: SchemaOf<HistoryDifference> = v.object({
  common: count,
  changed: count,
  onlyBefore: count,
  onlyAfter: count,
  largest: v.nullable(v.object({ ts: v.number(), column: v.string(), difference: v.number() })),
  first: firstDifference,
  spans,
});

/** A node's last two versions, compared where both are complete. */
const diffReport = v.object({
  strategy: v.string(),
  node: v.string(),
  after: versionSummary,
  /** Null: there was no previous version. */
  before: v.nullable(versionSummary),
  /** The ranges compared. */
  compared: spans,
  /** Null: there is nothing to compare. */
  difference: v.nullable(difference),
});
export type DiffReport = v.InferOutput<typeof diffReport>;

const otherVersion: SchemaOf<OtherVersion> = v.picklist(['earlier', 'last-run']);

const exportReport = v.object({
  path: v.string(),
  rows: count,
  /** Nodes that have no rows for the current code. Empty if that was not requested. */
  others: list(v.object({ node: v.string(), version: otherVersion })),
});
export type ExportReport = v.InferOutput<typeof exportReport>;

const verifiedNode = v.object({
  name: v.string(),
  /**
   * - `verified`: the stored rows equal the recomputed ones, bit for bit. `differs`: they do not. `nondeterministic`: they do
   * not, and the code gives other values each time. `failed`: the code fails now.
   * - `skipped`: nothing is stored there, it is computed each time, or a source has changed since.
   */
  state: v.picklist(['verified', 'differs', 'nondeterministic', 'failed', 'skipped']),
  /** Rows compared, and how many of them differ. */
  rows: count,
  differing: count,
  /** The first differing bar: `before` is stored, `after` recomputed; null: no such row. */
  first: firstDifference,
  /** Why, as a sentence. */
  reason: v.string(),
});
export type VerifiedNode = v.InferOutput<typeof verifiedNode>;

const verifyReport = v.object({
  strategy: v.string(),
  /** The ranges that were recomputed. */
  ranges: spans,
  nodes: list(verifiedNode),
});
export type VerifyReport = v.InferOutput<typeof verifyReport>;

/** Tens of thousands of rows are validated in place, as strings are. */
const sqlRows = v.custom<SqlResult['rows']>(
  (value) => Array.isArray(value) && value.every((row) => Array.isArray(row)),
  'Expected rows',
);

const sqlResult: SchemaOf<SqlResult> = v.object({
  columns: v.array(v.object({ name: v.string(), type: v.string() })),
  rows: sqlRows,
  more: v.boolean(),
});

const cleanPlan: SchemaOf<CleanPlan> = v.object({ bytes: count, strategies: v.array(v.string()) });

const cacheReport = v.object({
  /** The cache's file; null when there is none yet. */
  file: v.nullable(v.string()),
  /** Bytes of the whole cache on disk, after the action. */
  bytes: count,
  /** The files that hold rows, and how many of their bytes are covered. */
  packs: v.object({ count, bytes: count, liveBytes: count }),
  strategies: list(
    v.object({
      strategy: v.string(),
      rows: count,
      /** Approximate: strategies may share stored rows. */
      bytes: count,
      /** `pinned`: clean-ups leave it alone. */
      nodes: list(
        v.object({
          name: v.string(),
          family: v.exactOptional(v.string()),
          rows: count,
          bytes: count,
          pinned: v.boolean(),
        }),
      ),
    }),
  ),
  /** Bytes freed by `clear` or `clean`; 0 for `show` and a dry run. */
  freed: count,
  /** What `clean` with these limits would delete after the action. */
  cleanable: cleanPlan,
});
export type CacheReport = v.InferOutput<typeof cacheReport>;

const taken = {
  time: v.string(),
  timeWords: v.string(),
  otherTimes: list(v.string()),
  columns: list(v.object({ name: v.string(), type: v.string() })),
  details: list(v.string()),
};
const sourceTaken: SchemaOf<SourceTaken> = v.object(taken);

const inspection = v.object({
  ...taken,
  interval: v.number(),
  phase: v.number(),
  anchor: v.nullable(v.string()),
  rows: count,
  first: v.nullable(v.number()),
  last: v.nullable(v.number()),
  gaps: count,
  longest: spans,
  notes: list(note),
  bad: count,
  faults: list(v.string()),
  line: v.string(),
  when: v.string(),
  others: list(v.object({ when: v.string(), line: v.string() })),
});

const barResult = v.object({
  strategy: v.string(),
  node: v.string(),
  /** Open of the bar. */
  bar: v.number(),
  /** Its close. */
  asOf: v.number(),
  /** What the function saw: the bars in each input's window. */
  windows: list(v.object({ input: v.string(), bars: count })),
  /** The emitted row; absent when it emitted none or failed. */
  row: table,
  failure: v.nullable(failure),
});
export type BarResult = v.InferOutput<typeof barResult>;

const fetchResult = v.object({
  preset: v.string(),
  range: span,
  table,
  coverage: spans,
  unavailable: spans,
  notYet: spans,
  fingerprint: v.string(),
  asOf: v.number(),
  fetched: spans,
  flags: v.array(note),
  sla: v.nullable(serviceOutcome),
});

export const results = {
  describe: graphSummary,
  materialize: materializeResult,
  bars: fetchResult,
  status: statusReport,
  /** The bounds of a strategy's sources: from the first bar to the end of the last; null: unknown. */
  source: v.object({ taken: v.nullable(sourceTaken) }),
  bounds: v.object({ range: v.nullable(span) }),
  read: table,
  places: placesSchema,
  series: seriesReport,
  rows: rowsReport,
  diff: diffReport,
  export: exportReport,
  verify: verifyReport,
  sql: sqlResult,
  /** `streams`: those that the strategy's next run reads again. */
  refresh: v.object({ strategy: v.string(), streams: list(v.string()) }),
  cache: cacheReport,
  run: runResult,
  parity: parityReport,
  runs: list(runSummary),
  worlds: list(worldSummary),
  world: v.object({ mode }),
  report: tradingReport,
  prices: runPrices,
  inspect: inspection,
  debug: barResult,
} satisfies { readonly [K in RequestKind]: v.GenericSchema };

export type Result<K extends RequestKind> = v.InferOutput<(typeof results)[K]>;
