import * as v from 'valibot';

import type { RunProgress } from '../engine/run/reporting/report.js';
import { brokerSaid } from '../live/feed/broker-said.js';
import { payloads, type Payload, type RequestKind } from './payloads.js';
import { count, span, type SchemaOf } from './shapes.js';
import { serializedError } from './wire-error.js';

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

const progress: SchemaOf<RunProgress> = v.object({
  phase: v.picklist(['loading', 'waiting', 'checking', 'reading', 'computing', 'storing']),
  node: v.nullable(v.string()),
  done: v.number(),
  total: v.number(),
  covered: v.optional(v.array(v.object({ node: v.string(), span, rows: v.number() }))),
});

/** One log line: output of author code, or a message of Seamless outside of its answers. */
const logLine = v.object({ level: v.picklist(['info', 'warn']), text: v.string() });
export type LogLine = Readonly<v.InferOutput<typeof logLine>>;

export const childMessage = v.variant('type', [
  /** Sent once, before anything else: the child accepts requests. */
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('progress'), id: count, progress }),
  /** The child waits until a debugger has attached to this WebSocket address. */
  v.object({ type: v.literal('inspect'), id: count, url: v.string() }),
  /** A run's journal on disk has grown. */
  v.object({ type: v.literal('written'), id: count }),
  /** The value is checked by the schema of its request. */
  v.object({ type: v.literal('result'), id: count, value: v.unknown() }),
  v.object({ type: v.literal('error'), id: count, error: serializedError }),
  v.object({ type: v.literal('log'), ...logLine.entries }),
]);
export type ChildMessage = v.InferOutput<typeof childMessage>;
