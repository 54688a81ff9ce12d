import {
  asError,
  ComputeOnlyViolation,
  LookAheadError,
  SeamlessError,
  UndeclaredInput,
  type ErrorCode,
  type ErrorDetails,
  type SourceLocation,
} from '../sdk/errors.js';

/** A `SeamlessError` as sent between processes. */
export interface SerializedError {
  /** Name of the class: `SeamlessError`, or one of its subclasses. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly node: string | null;
  /** Close of the failing bar, in epoch seconds. */
  readonly asOf: number | null;
  readonly location: SourceLocation | null;
  /** For a cycle: its nodes by name. */
  readonly path: readonly string[] | null;
  /** Only for unexpected errors: where in Seamless they were thrown. */
  readonly stack: string | null;
}

const CODES: Readonly<Record<ErrorCode, true>> = {
  usage: true,
  'not-found': true,
  syntax: true,
  strategy: true,
  cycle: true,
  interval: true,
  period: true,
  'duplicate-node': true,
  'unknown-column': true,
  range: true,
  time: true,
  source: true,
  'source-row': true,
  'outside-data': true,
  cache: true,
  compute: true,
  'undeclared-input': true,
  'look-ahead': true,
  'compute-only': true,
  value: true,
  cancelled: true,
  internal: true,
};

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(CODES, value);
}

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
