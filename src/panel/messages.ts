import * as v from 'valibot';

import { checked } from '../protocol/checked.js';
import { count } from '../protocol/shapes.js';
import { payloads, results, type PanelPayload, type PanelRequestKind, type PanelResult } from './requests.js';
import { liveCoverage, name, panelProgress, panelState } from './state.js';

/*
 * What the DAG panel's page and the extension host say to each other. The page sends `ready` once it listens; the host answers
 * with the full state, and again on every later `ready`. Every request of the page is answered exactly once, by `ok` or `err`.
 * Messages cross VS Code as JSON with typed arrays beside it: NaN and ±Infinity survive in typed arrays alone, so numbers
 * elsewhere are finite.
 */

const pageToHost = v.variant('type', [
  /** Sent when the page listens, first and again after each reload. */
  v.object({ type: v.literal('ready') }),
  /** The payload is checked by the schema of its kind. */
  v.object({
    type: v.literal('request'),
    id: count,
    kind: v.picklist(Object.keys(payloads) as PanelRequestKind[]),
    payload: v.unknown(),
  }),
]);
export type PageToHost = Readonly<v.InferOutput<typeof pageToHost>>;

/** An error as it crosses: `code` is that of a `SeamlessError`, the message a sentence. */
const panelError = v.object({ code: v.string(), message: v.string() });
export type PanelError = Readonly<v.InferOutput<typeof panelError>>;

/** The value is checked by the schema of its request. */
const ok = v.object({ type: v.literal('ok'), id: count, value: v.unknown() });
const err = v.object({ type: v.literal('err'), id: count, error: panelError });
export type Answer = Readonly<v.InferOutput<typeof ok> | v.InferOutput<typeof err>>;

const hostToPage = v.variant('type', [
  v.object({ type: v.literal('state'), state: panelState }),
  /** A run went on; its end is told by a state. `coverage` holds the nodes that came further. */
  v.object({ type: v.literal('progress'), progress: panelProgress, coverage: v.array(liveCoverage) }),
  /** Selects a node, and brings it into view. */
  v.object({ type: v.literal('select'), node: name }),
  ok,
  err,
]);
export type HostToPage = Readonly<v.InferOutput<typeof hostToPage>>;

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
  return checked(schema, value, what, 'Close the panel, reload the window, and open it again.');
}
