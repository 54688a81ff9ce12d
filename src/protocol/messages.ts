import * as v from 'valibot';

import type { RunProgress } from '../engine/run/reporting/report.js';
import { brokerSaid } from '../live/feed/broker-said.js';
import { payloads, type Payload, type RequestKind } from './payloads.js';
import { count } from './shapes.js';
import type { SerializedError } from './wire-error.js';

/**
 * The messages between a parent (terminal, editor, script) and the child that runs strategies. They use Node's IPC with
 * serialization 'advanced', so typed arrays are preserved. Every request is answered exactly once, with a result or an error.
 */

/** A request with its payload, discriminated by `kind`. */
export type RequestMessage = {
  [K in RequestKind]: {
    readonly type: 'request';
    readonly id: number;
    readonly kind: K;
    readonly payload: Payload<K>;
  };
}[RequestKind];

/** Cancels the request with that id. It is still answered: with an error of code `cancelled`. */
const cancelMessage = v.object({ type: v.literal('cancel'), id: count });
type CancelMessage = v.InferOutput<typeof cancelMessage>;

/** An event of a live world's broker, for the run with the id of its request. */
const brokerMessage = v.object({ type: v.literal('broker'), id: count, said: brokerSaid });
type BrokerMessage = v.InferOutput<typeof brokerMessage>;

export type ParentMessage = RequestMessage | CancelMessage | BrokerMessage;

/** The payload is checked by the schema of its kind. */
export const parentMessage = v.variant('type', [
  v.object({
    type: v.literal('request'),
    id: count,
    kind: v.picklist(Object.keys(payloads) as RequestKind[]),
    payload: v.unknown(),
  }),
  cancelMessage,
  brokerMessage,
]);

/** One log line: output of author code, or a message of Seamless outside of its answers. */
export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/** They come from a process of the same build, so they are typed, not checked. */
export type ChildMessage =
  /** Sent once, before anything else: the child accepts requests. */
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number; readonly progress: RunProgress }
  /** The child waits until a debugger has attached to this WebSocket address. */
  | { readonly type: 'inspect'; readonly id: number; readonly url: string }
  /** A run's journal on disk has grown. */
  | { readonly type: 'written'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError }
  | ({ readonly type: 'log' } & LogLine);
