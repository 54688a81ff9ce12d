import type * as v from 'valibot';
import { checked } from './checked.js';
import type { ParentMessage, RequestMessage } from './messages.js';
import { parentMessage } from './messages.js';
import { payloads } from './payloads.js';

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
