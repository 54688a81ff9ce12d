import { freemem } from 'node:os';
import { SeamlessError } from '../../sdk/errors.js';
import { MEMORY_LIMIT_MB } from './file.js';

/** Share of the free memory to use when DuckDB's usual limit is not enough. */
const SHARE_OF_FREE = 0.6;

/**
 * Runs `work`, and if DuckDB runs out of memory, once more with most of the machine's free memory: DuckDB reads 2,048 rows at a
 * time, and rows of a megabyte each cannot be spilled.
 * @param limitMb set by the user: never exceeded
 * @throws SeamlessError `usage` if that is not enough either
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
    // Memory held by a result is freed with its connection only.
    await run(`SET memory_limit = '${MEMORY_LIMIT_MB}MB'`).catch(() => undefined);
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Out of Memory Error');
}

function tooLarge(megabytes: number, orElse: string, cause: unknown): SeamlessError {
  return new SeamlessError(
    'usage',
    `This needs more than the ${megabytes} MB of memory that DuckDB may use: ask for fewer rows or columns at a time${orElse}.`,
    { cause },
  );
}
