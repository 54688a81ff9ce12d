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

/*
 * What the child's main thread and the thread that a strategy runs in say to each other, over a port of their own that no
 * author's code can reach. Every call is answered once, with a result or an error; the end of the thread answers what is open.
 * Tables cross in shared memory. What comes from the thread is checked: an author's code runs there.
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
  /** One of the two is null. */
  readonly hash: string | null;
  readonly unhashable: string | null;
  readonly scan: boolean;
  readonly source: SourceDescription | null;
  /** Frames of the call that made it, in the bundle as it runs. */
  readonly frames: readonly SourceLocation[];
  /** Whether a function of the author's computes it. */
  readonly authored: boolean;
  /** See `NodeDescription.member`. */
  readonly member: MemberDescription | null;
}

export interface SentStrategy {
  readonly className: string;
  readonly interval: Seconds | null;
  readonly period: number | null;
  readonly nodes: readonly SentNode[];
  /** Whether it saw something, as it was made, that is in none of its files. */
  readonly sawHidden: boolean;
  /** Files that it read as it was made, absolute, and the patterns of folders it listed. */
  readonly read: readonly string[];
  readonly trades: readonly TradeDescription[];
}

/** Each call, with what it is answered by. */
export interface Calls {
  /** Loads a strategy and sets it up; the result is what has to be found before it can be opened. */
  load: { readonly payload: LoadCall; readonly result: readonly UnknownSymbols[] };
  /** Describes it, given the symbols of each universe that were found, by its name. */
  open: {
    readonly payload: readonly (readonly [string, readonly string[]])[];
    readonly result: SentStrategy;
  };
  /** Opens the thread to a debugger, tells where, and is answered when one is attached and has set its breakpoints. */
  inspect: { readonly payload: null; readonly result: null };
  /** Computes nodes none of which reads another's rows. What comes of each is a message of its own, before the result. */
  compute: { readonly payload: readonly ComputeRequest[]; readonly result: null };
  /** Makes ready to compute slot after slot, from rows before the first one. */
  beginSlots: { readonly payload: BeginSlots; readonly result: null };
  /** Computes all nodes in a range of slots that closed. */
  closeSlots: { readonly payload: CloseSlots; readonly result: SentSlots };
  /** What the code did to built-in objects since it was last asked, a sentence; null: nothing. */
  settle: { readonly payload: null; readonly result: string | null };
  /** What the hashes of nodes, by position, are made of. */
  parts: { readonly payload: readonly number[]; readonly result: readonly (readonly Part[])[] };
  /** Opens a stream that has a provider of the author's own; the result is a handle. */
  openSource: { readonly payload: OpenStream; readonly result: number };
  version: { readonly payload: number; readonly result: string | null };
  bounds: {
    readonly payload: number;
    readonly result: { readonly first: Seconds; readonly last: Seconds } | null;
  };
  /** Begins to read a source; the result is a handle. */
  read: { readonly payload: { readonly source: number; readonly range: Range }; readonly result: number };
  /** The next rows of a reading; null when there are no more. */
  next: { readonly payload: number; readonly result: Table | null };
  /** The files that providers of the author's own read until now. */
  providerReads: { readonly payload: null; readonly result: readonly ProviderReads[] };
  /** Ends a reading before its rows do. */
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

/** Where a strategy prints. */
export type Output = 'stdout' | 'stderr';

/** From the thread. `stray` is an error that the author's code left behind, in a timer or a promise. */
export type ThreadMessage =
  /** It can load a strategy. */
  | { readonly type: 'ready'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error' | 'stray'; readonly id: number; readonly error: SerializedError }
  /** What came of the request at a position among those of the call. */
  | {
      readonly type: 'computed';
      readonly id: number;
      readonly at: number;
      readonly result: ComputeResult;
    }
  /** Firings done of one of them. */
  | { readonly type: 'progress'; readonly id: number; readonly at: number; readonly done: number }
  | { readonly type: 'print'; readonly id: number; readonly to: Output; readonly text: string }
  /** No more of the author's code runs before the call is answered. */
  | { readonly type: 'loaded'; readonly id: number }
  | { readonly type: 'inspect'; readonly id: number; readonly url: string };

type SchemaOf<T> = v.GenericSchema<unknown, T>;

const id = v.pipe(v.number(), v.integer(), v.minValue(0));

const computed: SchemaOf<ComputeResult> = v.object({
  table: wholeTable(),
  failure: v.nullable(failure),
  state: v.exactOptional(v.instance(Uint8Array)),
});

export const threadMessage: SchemaOf<ThreadMessage> = v.variant('type', [
  v.object({ type: v.literal('result'), id, value: v.unknown() }),
  v.object({ type: v.picklist(['error', 'stray']), id, error: serializedError }),
  v.object({ type: v.literal('computed'), id, at: id, result: computed }),
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
