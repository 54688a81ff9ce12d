import * as v from 'valibot';

import { serializedError } from '../protocol/wire-error.js';
import type { SerializedError } from '../protocol/wire-error.js';
import type { NodeAtPosition } from './node-at.js';
import type { DiscoveredStrategy } from './strategies.js';
import type { IndexCounts, IndexedFile } from './strategy-index.js';

/** The result of a scan, and its milliseconds. */
export interface ScanSummary {
  readonly files: number;
  readonly strategies: number;
  readonly ms: number;
}

/** Requests to the worker, by kind: each gets a result or an error. */
interface DiscoveryRequests {
  readonly scan: { readonly payload: { readonly folders: readonly string[] }; readonly result: ScanSummary };
  readonly nodeAt: {
    readonly payload: {
      readonly file: string;
      readonly text: string;
      /** Both counted from 1. */
      readonly line: number;
      readonly column: number;
    };
    readonly result: NodeAtPosition | null;
  };
  /** Answered when everything sent before is processed. */
  readonly settled: { readonly payload: Record<string, never>; readonly result: IndexCounts };
}

export type DiscoveryKind = keyof DiscoveryRequests;
export type DiscoveryPayload<K extends DiscoveryKind> = DiscoveryRequests[K]['payload'];
export type DiscoveryResult<K extends DiscoveryKind> = DiscoveryRequests[K]['result'];

/** What the editor's end sends. */
export type ToDiscovery =
  | { readonly type: 'request'; readonly id: number; readonly kind: DiscoveryKind; readonly payload: unknown }
  | { readonly type: 'changed'; readonly files: readonly string[] }
  | { readonly type: 'removed'; readonly file: string }
  | { readonly type: 'edited'; readonly file: string; readonly text: string | null };

/** What the worker sends. */
export type FromDiscovery =
  | { readonly type: 'file'; readonly file: IndexedFile }
  | { readonly type: 'removed'; readonly file: string }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError }
  /** An error outside of any request. */
  | { readonly type: 'fault'; readonly error: SerializedError };

/** A schema for exactly `T`: the compiler keeps the check and the declared type in step. */
type SchemaOf<T> = v.GenericSchema<unknown, T>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const position = v.pipe(v.number(), v.integer(), v.minValue(1));
const path = v.pipe(v.string(), v.nonEmpty());

export const payloads: { readonly [K in DiscoveryKind]: SchemaOf<DiscoveryPayload<K>> } = {
  scan: v.object({ folders: v.array(path) }),
  nodeAt: v.object({ file: path, text: v.string(), line: position, column: position }),
  settled: v.strictObject({}),
};

const range = v.object({
  startLine: position,
  startColumn: position,
  endLine: position,
  endColumn: position,
});

export const results: { readonly [K in DiscoveryKind]: SchemaOf<DiscoveryResult<K>> } = {
  scan: v.object({ files: count, strategies: count, ms: v.number() }),
  nodeAt: v.nullable(v.object({ name: v.string(), range, made: range, className: v.nullable(v.string()) })),
  settled: v.object({ files: count, strategies: count, reads: count, parses: count, judged: count }),
};

const kinds = Object.keys(payloads) as DiscoveryKind[];

export const toDiscovery: SchemaOf<ToDiscovery> = v.variant('type', [
  v.object({ type: v.literal('request'), id: count, kind: v.picklist(kinds), payload: v.unknown() }),
  v.object({ type: v.literal('changed'), files: v.array(path) }),
  v.object({ type: v.literal('removed'), file: path }),
  v.object({ type: v.literal('edited'), file: path, text: v.nullable(v.string()) }),
]);

const strategy: SchemaOf<DiscoveredStrategy> = v.object({
  file: path,
  className: v.string(),
  exportName: v.nullable(v.string()),
  line: position,
  column: position,
});

export const fromDiscovery: SchemaOf<FromDiscovery> = v.variant('type', [
  v.object({
    type: v.literal('file'),
    file: v.object({ file: path, strategies: v.array(strategy), parses: v.boolean() }),
  }),
  v.object({ type: v.literal('removed'), file: path }),
  v.object({ type: v.literal('result'), id: count, value: v.unknown() }),
  v.object({ type: v.literal('error'), id: count, error: serializedError }),
  v.object({ type: v.literal('fault'), error: serializedError }),
]);
