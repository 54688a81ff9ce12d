import { freemem } from 'node:os';
import { SeamlessError } from '../../sdk/errors.js';
import { MEMORY_LIMIT_MB } from './file.js';

/** Of the memory that is free, for what DuckDB's usual share is not enough for. */
const SHARE_OF_FREE = 0.6;

/**
 * Runs `work`, and once more with what the machine has free where DuckDB's share of the memory was not enough: rows of a megabyte each
 * come two thousand at a time, and cannot be spilled.
 * @param limitMb set by the user: there is no more than that
 * @throws SeamlessError `usage` where that is not enough either.
 */
export async function withRoom<T>(
  run: (sql: string) => Promise<unknown>,
  limitMb: number | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    if (limitMb !== undefined) {
      throw tooLarge(limitMb, ', or raise the setting seamless.memory', error);
    }
  }
  const megabytes = Math.max(MEMORY_LIMIT_MB, Math.floor((freemem() / 2 ** 20) * SHARE_OF_FREE));
  await run(`SET memory_limit = '${megabytes}MB'`);
  try {
    return await work();
  } catch (error) {
    throw isOutOfMemory(error) ? tooLarge(megabytes, '', error) : error;
  } finally {
    // What a result still holds cannot be taken back: it goes with the connection.
    await run(`SET memory_limit = '${MEMORY_LIMIT_MB}MB'`).catch(() => undefined);
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Out of Memory Error');
}

function tooLarge(megabytes: number, orElse: string, cause: unknown): SeamlessError {
  return new SeamlessError(
    'usage',
    `It takes more than the ${megabytes} MB of memory that DuckDB may use: ask for fewer rows or columns at a time${orElse}.`,
    { cause },
  );
}
