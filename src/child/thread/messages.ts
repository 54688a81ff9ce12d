import * as v from 'valibot';

import type { ComputeRequest, Part, SourceDescription } from '../../engine/ports/host.js';
import type { OpenStream } from '../../engine/ports/source.js';
import type { StrategyBundle } from '../../hosts/typescript/bundle/bundle.js';
import { alike, packAlike, type Alike } from '../../protocol/nodes/alike.js';
import {
  count,
  kind,
  list,
  listsOfCounts,
  location,
  seconds,
  serviceLevel,
  texts,
  textsOrNull,
} from '../../protocol/shapes.js';
import { serializedError } from '../../protocol/wire-error.js';
import type { HeldTo } from '../../sdk/providers/fetched.js';
import type { DataPresetSpec } from '../../sdk/providers/presets.js';
import type { Range } from '../../sdk/time/time.js';
import { sentResults } from './result-messages.js';
import { sentSlots, wholeTable, type BeginSlots, type CloseSlots } from './slot-messages.js';

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

type SchemaOf<T> = v.GenericSchema<unknown, T>;

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

/** A node of a loaded strategy; see `NodeDescription`. */
const sentNode = {
  name: v.string(),
  kind,
  label: v.string(),
  interval: v.nullable(v.number()),
  calendar: v.nullable(v.string()),
  anchor: v.nullable(v.string()),
  leastHistory: v.number(),
  /** What it reads of each input. */
  windows: list(
    v.object({
      period: v.nullable(v.number()),
      span: v.exactOptional(v.number()),
      gather: v.exactOptional(v.literal(true)),
      slot: v.exactOptional(v.literal(true)),
    }),
  ),
  /** The node that each input is, by position. */
  reads: list(count),
  /** Exactly one of the two is null. */
  hash: v.nullable(v.string()),
  unhashable: v.nullable(v.string()),
  scan: v.boolean(),
  source: v.nullable(source),
  /** Stack frames of its creation, in the running bundle. */
  frames: list(location),
  /** Whether author code computes it. */
  authored: v.boolean(),
  /** The family that it belongs to, and its symbol; null: none. */
  family: v.nullable(v.string()),
  symbol: v.nullable(v.string()),
};
export type SentNode = Readonly<{ [K in keyof typeof sentNode]: v.InferOutput<(typeof sentNode)[K]> }>;

/** In what members of a family differ. */
const OWN = {
  name: texts,
  symbol: textsOrNull,
  reads: listsOfCounts,
  source: v.array(v.nullable(source)),
};
const NODE_FIELDS = Object.keys(sentNode) as readonly (keyof SentNode)[];
const OWN_FIELDS = Object.keys(OWN) as readonly (keyof typeof OWN)[];

export function packNodes(nodes: Iterable<SentNode>): Alike {
  return packAlike(nodes, NODE_FIELDS, OWN_FIELDS);
}

const sentStrategy = v.object({
  className: v.string(),
  interval: v.nullable(v.number()),
  period: v.nullable(v.number()),
  /** Sent by `packNodes`. */
  nodes: alike<SentNode>(sentNode, OWN),
  /** Whether its setup used anything besides its files. */
  sawHidden: v.boolean(),
  /** Files read during setup, absolute, and the patterns of listed folders. */
  read: list(v.string()),
  trades: list(v.object({ decision: count, price: count, section: v.exactOptional(count) })),
});
export type SentStrategy = Readonly<v.InferOutput<typeof sentStrategy>>;

/** The same before it is read. */
export type PackedStrategy = Omit<SentStrategy, 'nodes'> & { readonly nodes: Alike };

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

/** What the calls take. */
interface Payloads {
  /** Loads a strategy and sets it up; the result is what must be found before it can be opened. */
  load: LoadCall;
  /** Describes it, given the found symbols of each universe, by name. */
  open: readonly (readonly [string, readonly string[]])[];
  /** Waits for a debugger: reports the address, and is answered when one is attached and has set its breakpoints. */
  inspect: null;
  /** Computes nodes that do not read each other. Results come in messages of their own, before the final answer. */
  compute: readonly ComputeRequest[];
  /** Prepares to compute slot after slot, starting from earlier rows. */
  beginSlots: BeginSlots;
  /** Computes all nodes in a range of closed slots. */
  closeSlots: CloseSlots;
  /** What the code changed in built-in objects since the last call, as a sentence; null: nothing. */
  settle: null;
  /** The parts of the hashes of nodes, by position. */
  parts: readonly number[];
  /** Opens a stream with a custom provider; the result is a handle. */
  openSource: OpenStream;
  version: number;
  bounds: number;
  /** Begins to read a source; the result is a handle. */
  read: { readonly source: number; readonly range: Range };
  /** The next rows of a read; null at its end. */
  next: number;
  /** The files that custom providers have read so far. */
  providerReads: null;
  /** Ends a read early. */
  stop: number;
}

export const callResults = {
  load: list(v.object({ universe: v.string(), interval: v.nullable(v.number()), source })),
  open: sentStrategy,
  inspect: v.null(),
  compute: v.null(),
  beginSlots: v.null(),
  closeSlots: sentSlots,
  settle: v.nullable(v.string()),
  parts: list(list(part)),
  openSource: count,
  version: v.nullable(v.string()),
  bounds: v.nullable(v.object({ first: seconds, last: seconds })),
  read: count,
  next: v.nullable(wholeTable()),
  providerReads: list(v.object({ stream: count, files: list(v.string()) })),
  stop: v.null(),
} satisfies { readonly [K in keyof Payloads]: v.GenericSchema };

/** The calls with their results. */
export type Calls = {
  readonly [K in keyof Payloads]: {
    readonly payload: Payloads[K];
    readonly result: v.InferOutput<(typeof callResults)[K]>;
  };
};
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
const output = v.picklist(['stdout', 'stderr']);
export type Output = v.InferOutput<typeof output>;

/** From the thread. The most frequent come first, since each is tried in turn. */
export const threadMessage = v.variant('type', [
  v.object({ type: v.literal('computed'), id: count, results: sentResults }),
  v.object({ type: v.literal('result'), id: count, value: v.unknown() }),
  /** `stray`: an error that author code left behind in a timer or a promise. */
  v.object({ type: v.picklist(['error', 'stray']), id: count, error: serializedError }),
  /** The number of its firings done. */
  v.object({ type: v.literal('progress'), id: count, at: count, done: v.number() }),
  v.object({ type: v.literal('print'), id: count, to: output, text: v.string() }),
  /** It can load a strategy. */
  v.object({ type: v.literal('ready'), id: count }),
  v.object({ type: v.literal('inspect'), id: count, url: v.string() }),
]);
export type ThreadMessage = v.InferOutput<typeof threadMessage>;
