import * as v from 'valibot';

import type {
  ComputeRequest,
  ComputeResult,
  EdgeDescription,
  MemberDescription,
  Part,
  SourceDescription,
  TradeDescription,
} from '../../engine/ports/host.js';
import type { OpenStream } from '../../engine/ports/source.js';
import type { ProviderReads } from '../../hosts/typescript/sandbox/file-reads.js';
import type { UnknownSymbols } from '../../hosts/typescript/universe/universe-source.js';
import type { StrategyBundle } from '../../hosts/typescript/bundle/bundle.js';
import { failure, serviceLevel } from '../../protocol/shapes.js';
import { serializedError } from '../../protocol/messages.js';
import type { SerializedError } from '../../protocol/wire-error.js';
import type { SourceLocation } from '../../sdk/errors.js';
import type { HeldTo } from '../../sdk/providers/fetched.js';
import type { DataPresetSpec } from '../../sdk/providers/presets.js';
import type { Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import { sentSlots, wholeTable, type BeginSlots, type CloseSlots, type SentSlots } from './slot-messages.js';

/**
 * The messages between the child's main thread and a strategy's thread, over a port that author code cannot reach. Every call is
 * answered once, with a result or an error; when the thread ends, open calls are rejected. Tables are passed in shared memory.
 * Messages from the thread are validated, since author code runs there.
 */

/** A strategy to load: its bundle, on disk. */
export interface LoadCall {
  readonly bundle: Pick<StrategyBundle, 'url' | 'codePath' | 'code'>;
  /** The author's file, absolute. */
  readonly file: string;
  readonly projectRoot: string;
  /** Null: the file's only strategy. */
  readonly className: string | null;
  readonly presets: FilePresets;
}

/** The presets of the project's file. */
export interface FilePresets {
  readonly specs: readonly DataPresetSpec[];
  /** Why the file cannot be read; null: it can, or there is none. */
  readonly problem: string | null;
}

/** A node of a loaded strategy. */
export interface SentNode {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  readonly label: string;
  readonly interval: Seconds | null;
  readonly calendar: string | null;
  readonly anchor: string | null;
  readonly leastHistory: number;
  readonly inputs: readonly EdgeDescription[];
  /** Exactly one of the two is null. */
  readonly hash: string | null;
  readonly unhashable: string | null;
  readonly scan: boolean;
  readonly source: SourceDescription | null;
  /** Stack frames of its creation, in the running bundle. */
  readonly frames: readonly SourceLocation[];
  /** Whether author code computes it. */
  readonly authored: boolean;
  /** See `NodeDescription.member`. */
  readonly member: MemberDescription | null;
}

export interface SentStrategy {
  readonly className: string;
  readonly interval: Seconds | null;
  readonly period: number | null;
  readonly nodes: readonly SentNode[];
  /** Whether its setup used anything besides its files. */
  readonly sawHidden: boolean;
  /** Files read during setup, absolute, and the patterns of listed folders. */
  readonly read: readonly string[];
  readonly trades: readonly TradeDescription[];
}

/** The calls with their results. */
export interface Calls {
  /** Loads a strategy and sets it up; the result is what must be found before it can be opened. */
  load: { readonly payload: LoadCall; readonly result: readonly UnknownSymbols[] };
  /** Describes it, given the found symbols of each universe, by name. */
  open: {
    readonly payload: readonly (readonly [string, readonly string[]])[];
    readonly result: SentStrategy;
  };
  /** Waits for a debugger: reports the address, and is answered when one is attached and has set its breakpoints. */
  inspect: { readonly payload: null; readonly result: null };
  /** Computes nodes that do not read each other. Each result is a message of its own, before the final answer. */
  compute: { readonly payload: readonly ComputeRequest[]; readonly result: null };
  /** Prepares to compute slot after slot, starting from earlier rows. */
  beginSlots: { readonly payload: BeginSlots; readonly result: null };
  /** Computes all nodes in a range of closed slots. */
  closeSlots: { readonly payload: CloseSlots; readonly result: SentSlots };
  /** What the code changed in built-in objects since the last call, as a sentence; null: nothing. */
  settle: { readonly payload: null; readonly result: string | null };
  /** The parts of the hashes of nodes, by position. */
  parts: { readonly payload: readonly number[]; readonly result: readonly (readonly Part[])[] };
  /** Opens a stream with a custom provider; the result is a handle. */
  openSource: { readonly payload: OpenStream; readonly result: number };
  version: { readonly payload: number; readonly result: string | null };
  bounds: {
    readonly payload: number;
    readonly result: { readonly first: Seconds; readonly last: Seconds } | null;
  };
  /** Begins to read a source; the result is a handle. */
  read: { readonly payload: { readonly source: number; readonly range: Range }; readonly result: number };
  /** The next rows of a read; null at its end. */
  next: { readonly payload: number; readonly result: Table | null };
  /** The files that custom providers have read so far. */
  providerReads: { readonly payload: null; readonly result: readonly ProviderReads[] };
  /** Ends a read early. */
  stop: { readonly payload: number; readonly result: null };
}

export type CallKind = keyof Calls;

/** To the thread. */
export type CallMessage =
  | {
      readonly [K in CallKind]: {
        readonly type: 'call';
        readonly id: number;
        readonly kind: K;
        readonly payload: Calls[K]['payload'];
      };
    }[CallKind]
  | { readonly type: 'cancel'; readonly id: number };

/** Output of a strategy. */
export type Output = 'stdout' | 'stderr';

/** From the thread. `stray` is an error that author code left behind in a timer or a promise. */
export type ThreadMessage =
  /** It can load a strategy. */
  | { readonly type: 'ready'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error' | 'stray'; readonly id: number; readonly error: SerializedError }
  /** The result for the request at a position in the call. */
  | {
      readonly type: 'computed';
      readonly id: number;
      readonly at: number;
      readonly result: ComputeResult;
    }
  /** The number of its firings done. */
  | { readonly type: 'progress'; readonly id: number; readonly at: number; readonly done: number }
  | { readonly type: 'print'; readonly id: number; readonly to: Output; readonly text: string }
  /** No more author code runs before the call is answered. */
  | { readonly type: 'loaded'; readonly id: number }
  | { readonly type: 'inspect'; readonly id: number; readonly url: string };

type SchemaOf<T> = v.GenericSchema<unknown, T>;

const id = v.pipe(v.number(), v.integer(), v.minValue(0));

const computed: SchemaOf<ComputeResult> = v.object({
  table: wholeTable(),
  failure: v.nullable(failure),
  state: v.exactOptional(v.instance(Uint8Array)),
});

// The most frequent ones first: each that does not fit is tried in vain.
export const threadMessage: SchemaOf<ThreadMessage> = v.variant('type', [
  v.object({ type: v.literal('computed'), id, at: id, result: computed }),
  v.object({ type: v.literal('result'), id, value: v.unknown() }),
  v.object({ type: v.picklist(['error', 'stray']), id, error: serializedError }),
  v.object({ type: v.literal('progress'), id, at: id, done: v.number() }),
  v.object({ type: v.literal('print'), id, to: v.picklist(['stdout', 'stderr']), text: v.string() }),
  v.object({ type: v.picklist(['ready', 'loaded']), id }),
  v.object({ type: v.literal('inspect'), id, url: v.string() }),
]);

const seconds = v.pipe(v.number(), v.finite());

const frame: SchemaOf<SourceLocation> = v.object({
  file: v.string(),
  line: v.number(),
  column: v.exactOptional(v.number()),
});

const held: SchemaOf<HeldTo> = v.object({
  preset: v.nullable(v.string()),
  name: v.nullable(v.string()),
  level: serviceLevel,
  unsettled: v.number(),
});

const source: SchemaOf<SourceDescription> = v.object({
  kind: v.string(),
  options: v.record(v.string(), v.unknown()),
  pinned: v.exactOptional(v.boolean()),
  transport: v.exactOptional(v.record(v.string(), v.unknown())),
  held: v.exactOptional(held),
});

const sentNode: SchemaOf<SentNode> = v.object({
  name: v.string(),
  kind: v.picklist(['stream', 'node']),
  label: v.string(),
  interval: v.nullable(v.number()),
  calendar: v.nullable(v.string()),
  anchor: v.nullable(v.string()),
  leastHistory: v.number(),
  inputs: v.array(
    v.object({
      node: id,
      period: v.nullable(v.number()),
      span: v.exactOptional(v.number()),
      gather: v.exactOptional(v.literal(true)),
      slot: v.exactOptional(v.literal(true)),
    }),
  ),
  hash: v.nullable(v.string()),
  unhashable: v.nullable(v.string()),
  scan: v.boolean(),
  source: v.nullable(source),
  frames: v.array(frame),
  authored: v.boolean(),
  member: v.nullable(v.object({ family: v.string(), symbol: v.nullable(v.string()) })),
});

const part: SchemaOf<Part> = v.object({
  kind: v.picklist([
    'semantics',
    'kind',
    'interval',
    'phase',
    'calendar',
    'window',
    'source',
    'option',
    'function',
    'class',
    'value',
    'node',
    'built-in',
    'unhashable',
  ]),
  name: v.string(),
  owner: v.string(),
  title: v.string(),
  file: v.nullable(v.string()),
  hash: v.string(),
  text: v.string(),
});

export const callResults: { readonly [K in CallKind]: SchemaOf<Calls[K]['result']> } = {
  load: v.array(v.object({ universe: v.string(), interval: v.nullable(v.number()), source })),
  open: v.object({
    className: v.string(),
    interval: v.nullable(v.number()),
    period: v.nullable(v.number()),
    nodes: v.array(sentNode),
    sawHidden: v.boolean(),
    read: v.array(v.string()),
    trades: v.array(v.object({ decision: id, price: id, section: v.exactOptional(id) })),
  }),
  inspect: v.null(),
  compute: v.null(),
  beginSlots: v.null(),
  closeSlots: sentSlots,
  settle: v.nullable(v.string()),
  parts: v.array(v.array(part)),
  openSource: id,
  version: v.nullable(v.string()),
  bounds: v.nullable(v.object({ first: seconds, last: seconds })),
  read: id,
  next: v.nullable(wholeTable()),
  providerReads: v.array(v.object({ stream: id, files: v.array(v.string()) })),
  stop: v.null(),
};
