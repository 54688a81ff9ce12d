import * as v from 'valibot';
import { SeamlessError } from '../sdk/errors.js';

/**
 * Validates a value from another process or page.
 * @param what its name, and `wayOut` what to do if it is invalid, for the message
 * @throws SeamlessError `internal` when the schema does not fit
 */
export function checked<T>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
  what: string,
  wayOut: string,
): T {
  const outcome = v.safeParse(schema, value, { abortEarly: true });
  if (outcome.success) return outcome.output;
  const [issue] = outcome.issues;
  const path = v.getDotPath(issue);
  throw new SeamlessError(
    'internal',
    `${what} is malformed${path ? ` at ${path}` : ''}: ${issue.message}. ${wayOut}`,
  );
}
