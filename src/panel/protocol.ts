import * as v from 'valibot';

import { checked } from '../protocol/checked.js';
import { count } from '../protocol/shapes.js';

/**
 * The messages between any panel's page and the extension host. The page sends `ready` once it listens; the host answers with the
 * full state, also on every later `ready`. Every request is answered exactly once, by `ok` or `err`. Messages are JSON plus typed
 * arrays: NaN and ±Infinity survive in typed arrays only.
 */

/** Schemas by kind of request. A kind without a schema for its answer is only confirmed. */
export type Schemas = Readonly<Record<string, v.GenericSchema>>;
export type ResultSchemas<P extends Schemas> = { readonly [K in keyof P]?: v.GenericSchema };
export type ResultOf<R, K> = K extends keyof R ? v.InferOutput<NonNullable<R[K]> & v.GenericSchema> : unknown;

/** Requests of any panel's page. */
export const anyPage = {
  /** Copies a text to the clipboard. */
  copy: v.object({ text: v.string() }),
  /** An unexpected error, for the log. */
  log: v.object({ message: v.string(), stack: v.nullable(v.string()) }),
};

/** One panel's requests, answers and unrequested messages. */
export interface Protocol<P extends Schemas, R extends ResultSchemas<P>, T> {
  /** The panel's name in errors. */
  readonly name: string;
  readonly payloads: P;
  readonly results: R;
  readonly told: v.GenericSchema<unknown, T>;
}

/** An error in a message: `code` is a `SeamlessError` code, the message a sentence. */
const panelError = v.object({ code: v.string(), message: v.string() });
export type PanelError = Readonly<v.InferOutput<typeof panelError>>;

/** The value is checked by its request's schema. */
const ok = v.object({ type: v.literal('ok'), id: count, value: v.unknown() });
const err = v.object({ type: v.literal('err'), id: count, error: panelError });
const answer = v.variant('type', [ok, err]);
export type Answer = Readonly<v.InferOutput<typeof answer>>;

export type FromPage<Kind extends string> =
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly id: number; readonly kind: Kind; readonly payload: unknown };

export type ToPage<T> = T | Answer;

const AGAIN = 'Close the panel, reload the window, and open it again.';

/** Checks a message to the host; `parsePayload` checks a request's payload. @throws SeamlessError `internal` */
export function parseFromPage<P extends Schemas, R extends ResultSchemas<P>, T>(
  { name, payloads }: Protocol<P, R, T>,
  raw: unknown,
): FromPage<keyof P & string> {
  const schema = v.variant('type', [
    /** Sent when the page listens, also after each reload. */
    v.object({ type: v.literal('ready') }),
    v.object({
      type: v.literal('request'),
      id: count,
      kind: v.picklist(Object.keys(payloads)),
      payload: v.unknown(),
    }),
  ]);
  return checked(schema, raw, `A message of the ${name}`, AGAIN);
}

/** Checks a message to the page; `parseResult` checks an answer's value. @throws SeamlessError `internal` */
export function parseToPage<P extends Schemas, R extends ResultSchemas<P>, T>(
  { name, told }: Protocol<P, R, T>,
  raw: unknown,
): ToPage<T> {
  const schema: v.GenericSchema<unknown, ToPage<T>> = isAnswer(raw) ? answer : told;
  return checked(schema, raw, `A message to the ${name}`, AGAIN);
}

function isAnswer(raw: unknown): boolean {
  return (
    typeof raw === 'object' && raw !== null && 'type' in raw && (raw.type === 'ok' || raw.type === 'err')
  );
}

/** Checks the payload of a request. @throws SeamlessError `internal` */
export function parsePayload<P extends Schemas, R extends ResultSchemas<P>, T, K extends keyof P & string>(
  { name, payloads }: Protocol<P, R, T>,
  kind: K,
  payload: unknown,
): v.InferOutput<P[K]> {
  return checked(payloads[kind] as P[K], payload, `The request ${kind} of the ${name}`, AGAIN);
}

/** Checks the answer to a request. @throws SeamlessError `internal` */
export function parseResult<P extends Schemas, R extends ResultSchemas<P>, T, K extends keyof P & string>(
  { name, results }: Protocol<P, R, T>,
  kind: K,
  value: unknown,
): ResultOf<R, K> {
  const schema: v.GenericSchema = results[kind] ?? v.null();
  return checked(schema, value, `The answer to the request ${kind} of the ${name}`, AGAIN) as ResultOf<R, K>;
}
