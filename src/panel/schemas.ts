import * as v from 'valibot';

import type { Span } from '../engine/run/report.js';
import { SeamlessError } from '../sdk/errors.js';
import type { Column, Table } from '../sdk/table.js';
import type {
  HostToPage,
  PageToHost,
  PanelNode,
  PanelPayload,
  PanelProgress,
  PanelRequestKind,
  PanelResult,
  PanelSplit,
  PanelState,
} from './messages.js';

/** A schema that gives exactly `T`: the compiler holds these checks and the declared types together. */
type SchemaOf<T> = v.GenericSchema<unknown, T>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const span: SchemaOf<Span> = v.tuple([finite, finite]);
const spans = v.array(span);
const name = v.pipe(v.string(), v.nonEmpty());

/** As the page sends it, and as it was kept. */
export const panelSplit: SchemaOf<PanelSplit> = v.object({
  beside: v.nullable(finite),
  below: v.nullable(finite),
});

const progress: SchemaOf<PanelProgress> = v.object({
  fraction: v.nullable(finite),
  percent: v.nullable(v.string()),
  what: v.string(),
  left: v.nullable(v.string()),
  bars: v.nullable(v.string()),
  node: v.nullable(v.string()),
});

const node: SchemaOf<PanelNode> = v.object({
  name,
  version: v.string(),
  kind: v.picklist(['stream', 'node']),
  label: v.string(),
  interval: v.pipe(v.number(), v.minValue(1)),
  inputs: v.array(v.object({ name, period: count })),
  standing: v.picklist([
    'fresh',
    'partial',
    'empty',
    'changed',
    'maybe-stale',
    'uncached',
    'failed',
    'blocked',
  ]),
  why: v.string(),
  changes: v.array(v.object({ text: v.string(), file: v.nullable(v.string()) })),
  rows: count,
  coverage: spans,
  reused: spans,
  unavailable: spans,
  notYet: spans,
  stale: spans,
  failed: spans,
  unfired: count,
  located: v.boolean(),
});

const state: SchemaOf<PanelState> = v.object({
  key: v.string(),
  strategy: v.string(),
  nodes: v.nullable(v.array(node)),
  range: v.nullable(span),
  data: v.nullable(span),
  edited: v.boolean(),
  problem: v.nullable(
    v.object({
      kind: v.picklist(['cycle', 'deleted', 'failed']),
      message: v.string(),
      path: v.array(v.string()),
    }),
  ),
  checking: v.nullable(progress),
  running: v.nullable(progress),
  result: v.nullable(v.string()),
  trusted: v.boolean(),
  texts: v.nullable(v.record(v.string(), v.string())),
  split: panelSplit,
});

const mask = v.nullable(v.instance(Uint8Array));
const column: SchemaOf<Column> = v.variant('type', [
  v.object({ type: v.picklist(['number', 'null']), values: v.instance(Float64Array), valid: mask }),
  v.object({ type: v.literal('boolean'), values: v.instance(Uint8Array), valid: mask }),
  v.object({ type: v.picklist(['string', 'json']), values: v.array(v.string()), valid: mask }),
]);
const table: SchemaOf<Table> = v.object({
  shape: v.picklist(['value', 'record']),
  ts: v.instance(Float64Array),
  names: v.array(v.string()),
  columns: v.array(column),
  present: mask,
});

const nothing = v.strictObject({});
const range = { start: finite, end: finite };

export const payloads: { readonly [K in PanelRequestKind]: SchemaOf<PanelPayload<K>> } = {
  materialize: v.object({ ...range, only: v.exactOptional(v.literal('missing')) }),
  cancel: nothing,
  setRange: v.object({ range: v.nullable(span) }),
  readNode: v.object({ node: name, ...range, maxPoints: v.pipe(count, v.minValue(1)) }),
  rows: v.object({ node: name, ...range, from: count, count }),
  reveal: v.object({ node: name }),
  exportNode: v.object({ node: name }),
  keepSplit: panelSplit,
  copy: v.object({ text: v.string() }),
  saveFile: v.object({ name, content: v.string(), encoding: v.picklist(['utf8', 'base64']) }),
  showProblem: nothing,
  retry: nothing,
  log: v.object({ message: v.string(), stack: v.nullable(v.string()) }),
};

const difference = v.object({
  compared: spans,
  common: count,
  changed: count,
  onlyBefore: count,
  onlyAfter: count,
  largest: v.nullable(v.object({ ts: finite, column: v.string(), difference: finite })),
  first: v.nullable(v.object({ ts: finite, before: v.nullable(v.string()), after: v.nullable(v.string()) })),
  spans,
});

const results: { readonly [K in PanelRequestKind]: SchemaOf<PanelResult<K>> } = {
  materialize: v.object({ summary: v.string() }),
  cancel: v.null(),
  setRange: v.null(),
  readNode: v.object({
    interval: v.number(),
    versions: v.array(
      v.object({
        judged: v.boolean(),
        since: finite,
        until: v.nullable(finite),
        rows: count,
        coverage: spans,
        table,
      }),
    ),
    difference: v.nullable(difference),
  }),
  rows: v.object({ judged: v.boolean(), total: count, from: count, table }),
  reveal: v.null(),
  exportNode: v.null(),
  keepSplit: v.null(),
  copy: v.null(),
  saveFile: v.object({ saved: v.boolean() }),
  showProblem: v.null(),
  retry: v.null(),
  log: v.null(),
};

const pageToHost: SchemaOf<PageToHost> = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({
    type: v.literal('request'),
    id: count,
    kind: v.picklist(Object.keys(payloads) as PanelRequestKind[]),
    payload: v.unknown(),
  }),
]);

const hostToPage: SchemaOf<HostToPage> = v.variant('type', [
  v.object({ type: v.literal('state'), state }),
  v.object({
    type: v.literal('progress'),
    progress,
    coverage: v.array(v.object({ name, coverage: spans, rows: count })),
  }),
  v.object({ type: v.literal('select'), node: name }),
  v.object({ type: v.literal('ok'), id: count, value: v.unknown() }),
  v.object({
    type: v.literal('err'),
    id: count,
    error: v.object({ code: v.string(), message: v.string() }),
  }),
]);

/** Checks what the host received; the payload of a request is checked by `parsePayload`. @throws SeamlessError `internal`. */
export function parsePageMessage(raw: unknown): PageToHost {
  return check(pageToHost, raw, 'A message of the DAG panel');
}

/** Checks what the page received; the value of an answer is checked by `parseResult`. @throws SeamlessError `internal`. */
export function parseHostMessage(raw: unknown): HostToPage {
  return check(hostToPage, raw, 'A message to the DAG panel');
}

/** Checks what a request of the page carries. @throws SeamlessError `internal`. */
export function parsePayload<K extends PanelRequestKind>(kind: K, payload: unknown): PanelPayload<K> {
  const schema: v.GenericSchema<unknown, PanelPayload<K>> = payloads[kind];
  return check(schema, payload, `The DAG panel's request ${kind}`);
}

/** Checks the answer to a request. @throws SeamlessError `internal`. */
export function parseResult<K extends PanelRequestKind>(kind: K, value: unknown): PanelResult<K> {
  const schema: v.GenericSchema<unknown, PanelResult<K>> = results[kind];
  return check(schema, value, `The answer to the DAG panel's request ${kind}`);
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): T {
  const outcome = v.safeParse(schema, value, { abortEarly: true });
  if (outcome.success) return outcome.output;
  const [issue] = outcome.issues;
  const path = v.getDotPath(issue);
  throw new SeamlessError(
    'internal',
    `${what} is malformed${path ? ` at ${path}` : ''}: ${issue.message}. Close the panel, reload the window, and open it again.`,
  );
}
