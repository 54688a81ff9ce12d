import type * as v from 'valibot';
import { checked } from './checked.js';
import type { ChildMessage, ParentMessage, RequestMessage } from './messages.js';
import type { RequestKind } from './payloads.js';
import type { Result } from './results.js';
import { childMessage, parentMessage } from './messages.js';
import { packReports } from './nodes/reports.js';
import { packStatuses } from './nodes/statuses.js';
import { payloads } from './payloads.js';
import { results } from './results.js';

/** Validates a message to the child. @throws SeamlessError `internal` when it is invalid */
export function parseParentMessage(raw: unknown): ParentMessage {
  const envelope = check(parentMessage, raw, 'A message to the process that runs strategies');
  if (envelope.type !== 'request') return envelope;
  const { type, id, kind } = envelope;
  const schema: v.GenericSchema = payloads[kind];
  const payload = check(schema, envelope.payload, `The request ${kind}`);
  // A kind's schema validates that kind's payload: a link between two unions that the types cannot follow.
  return { type, id, kind, payload } as RequestMessage;
}

/** Validates a message to the parent; `parseResult` validates a result. @throws SeamlessError `internal` */
export function parseChildMessage(raw: unknown): ChildMessage {
  return check(childMessage, raw, 'A message of the process that runs strategies');
}

/** An answer as it is sent: `parseResult` is the other side. */
export function packResult<K extends RequestKind>(kind: K, value: Result<K>): unknown {
  if (kind === 'status') {
    const status = value as Result<'status'>;
    return { ...status, nodes: packStatuses(status.nodes) };
  }
  if (kind === 'materialize') {
    const report = value as Result<'materialize'>;
    return { ...report, nodes: packReports(report.nodes) };
  }
  return value;
}

/** Validates the answer to a request. @throws SeamlessError `internal` */
export function parseResult<K extends RequestKind>(kind: K, value: unknown): Result<K> {
  const schema: v.GenericSchema<unknown, Result<K>> = results[kind];
  return check(schema, value, `The answer to ${kind}`);
}

/** The id of an otherwise invalid message, so that it can be answered; null: it has none. */
export function requestId(raw: unknown): number | null {
  const id: unknown = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : null;
  return typeof id === 'number' ? id : null;
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): T {
  return checked(
    schema,
    value,
    what,
    'The two sides are of different versions: reinstall or reload Seamless.',
  );
}
