import * as v from 'valibot';

import {
  asError,
  ComputeOnlyViolation,
  ERROR_CODES,
  LookAheadError,
  SeamlessError,
  UndeclaredInput,
  type ErrorDetails,
} from '../sdk/errors.js';
import { list, location } from './shapes.js';

/** A `SeamlessError` as sent between processes. */
export const serializedError = v.object({
  /** Name of the class: `SeamlessError`, or one of its subclasses. */
  name: v.string(),
  code: v.picklist(ERROR_CODES),
  message: v.string(),
  node: v.nullable(v.string()),
  /** Close of the failing bar, in epoch seconds. */
  asOf: v.nullable(v.number()),
  location: v.nullable(location),
  /** For a cycle: its nodes by name. */
  path: v.nullable(list(v.string())),
  /** Only for unexpected errors: where in Seamless they were thrown. */
  stack: v.nullable(v.string()),
});
export type SerializedError = Readonly<v.InferOutput<typeof serializedError>>;

/** Subclasses, whose constructors set the code. */
const SUBCLASSES: Readonly<Record<string, new (message: string, details: ErrorDetails) => SeamlessError>> = {
  UndeclaredInput,
  LookAheadError,
  ComputeOnlyViolation,
};

/**
 * Anything thrown, in a form that can be sent. An error other than a `SeamlessError` is a fault of Seamless, and keeps its stack.
 */
export function serializeError(thrown: unknown): SerializedError {
  if (thrown instanceof SeamlessError) {
    return {
      name: thrown.name,
      code: thrown.code,
      message: thrown.message,
      node: thrown.node ?? null,
      asOf: thrown.asOf ?? null,
      location: thrown.location ?? null,
      path: thrown.path ?? null,
      stack: null,
    };
  }
  const error = asError(thrown);
  return {
    name: 'SeamlessError',
    code: 'internal',
    message: `Something went wrong inside Seamless: ${error.message}. Please report it, with what you ran.`,
    node: null,
    asOf: null,
    location: null,
    path: null,
    stack: error.stack ?? null,
  };
}

/** The other process's error, with the same class, to be thrown here. */
export function deserializeError(sent: SerializedError): SeamlessError {
  const details: ErrorDetails = {
    node: sent.node ?? undefined,
    asOf: sent.asOf ?? undefined,
    location: sent.location ?? undefined,
    path: sent.path ?? undefined,
    cause: sent.stack ?? undefined,
  };
  const Subclass = Object.hasOwn(SUBCLASSES, sent.name) ? SUBCLASSES[sent.name] : undefined;
  return Subclass ? new Subclass(sent.message, details) : new SeamlessError(sent.code, sent.message, details);
}

/** The answer to a cancelled request. */
export function cancelled(): SeamlessError {
  return new SeamlessError('cancelled', 'Cancelled. What was finished by then is in the cache.');
}
