import type { Result } from '../../protocol/results.js';
import { inspectFile } from '../../sources/inspect.js';
import { openSourceLibrary } from '../../sources/library.js';

/** What a file is read as, by a library of its own. @param path absolute, or from the project root */
export async function inspect(projectRoot: string, path: string): Promise<Result<'inspect'>> {
  const library = openSourceLibrary({ projectRoot });
  try {
    const { longest, ...found } = await inspectFile(library, path);
    return { ...found, longest: longest.map(({ start, end }) => [start, end]) };
  } finally {
    library.close();
  }
}
