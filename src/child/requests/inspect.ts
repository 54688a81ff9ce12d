import type { Result } from '../../protocol/results.js';
import { parseProviderOptions } from '../../settings/provider-options.js';
import { inspectFile } from '../../sources/inspect/inspect.js';
import { openSourceLibrary } from '../../sources/library.js';

/**
 * How a file is read, with a source library of its own.
 * @param path absolute, or relative to the project root
 * @param options of its provider, as in a strategy
 */
export async function inspect(
  projectRoot: string,
  path: string,
  options: string | undefined,
): Promise<Result<'inspect'>> {
  const given = parseProviderOptions(options ?? '');
  const library = openSourceLibrary({ projectRoot });
  try {
    const { longest, ...found } = await inspectFile(library, path, given);
    return { ...found, longest: longest.map(({ start, end }) => [start, end]) };
  } finally {
    library.close();
  }
}
