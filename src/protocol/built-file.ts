import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { SeamlessError } from '../sdk/errors.js';

/**
 * The path of a file of the build, relative to this module (a chunk, part of an entry, or a source file).
 * @throws SeamlessError `internal` when it does not exist
 */
export function builtFile(name: string): string {
  for (const folder of ['.', '..', '../../dist']) {
    const path = fileURLToPath(new URL(`${folder}/${name}`, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SeamlessError(
    'internal',
    `This installation of Seamless lacks its file ${name}: install it again, or run "npm run build" in its repository.`,
  );
}
