import type { SerializedError } from '../protocol/wire-error.js';
import type { NodeAtPosition } from './node-at.js';
import type { IndexCounts, IndexedFile } from './strategy-index.js';

/* The messages between the editor and the thread that searches. Both are of one build, and no author's code runs in either. */

/** The result of a scan, and its milliseconds. */
export interface ScanSummary {
  readonly files: number;
  readonly strategies: number;
  readonly ms: number;
}

/** Requests to the worker, by kind: each gets a result or an error. */
export interface DiscoveryRequests {
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
  readonly settled: { readonly payload: null; readonly result: IndexCounts };
}

export type DiscoveryKind = keyof DiscoveryRequests;

/** A request with its payload, discriminated by `kind`. */
export type DiscoveryRequest = {
  readonly [K in DiscoveryKind]: {
    readonly type: 'request';
    readonly id: number;
    readonly kind: K;
    readonly payload: DiscoveryRequests[K]['payload'];
  };
}[DiscoveryKind];

/** What the editor's end sends. */
export type ToDiscovery =
  | DiscoveryRequest
  | { readonly type: 'cancel'; readonly id: number }
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
