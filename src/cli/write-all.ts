import { fstatSync, writeSync } from 'node:fs';

import { SeamlessError } from '../sdk/errors.js';

/** Milliseconds between attempts if the reader is slow. */
const PAUSE_MS = 5;

/** Whether a descriptor is a file or a device such as /dev/full: `process.stdout` writes to these once without checking. */
export function isFileLike(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}

/** Writes a whole text: a nearly full disk accepts a part and reports the error only at the next write. */
export function writeAll(descriptor: number, text: string, write: typeof writeSync = writeSync): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length;) {
    try {
      done += write(descriptor, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/** The message for an output that cannot be written. */
export function unwritable(error: NodeJS.ErrnoException): SeamlessError {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG';
  const why = full
    ? 'there is no space left where it goes'
    : `it cannot be written (${error.code ?? error.message})`;
  const way = full ? 'free some space, or send it elsewhere' : 'send it elsewhere';
  return new SeamlessError('cache', `The output is not complete: ${why}. To have all of it, ${way}.`, {
    cause: error,
  });
}
