import { messageOf } from '../../sdk/errors.js';
/** What kind of trouble an error message of DuckDB or the file system means. `broken` may be damage, or a bug. */
type Fault = 'locked' | 'damaged' | 'broken' | 'newer' | 'forbidden' | 'full' | 'other';

/** Order matters: a full disk may produce an error that also sounds like damage. */
const PATTERNS: readonly (readonly [Fault, RegExp])[] = [
  ['locked', /could not set lock|conflicting lock|being used by another process|file is already open in/i],
  [
    'full',
    /no space left|ENOSPC|disk (?:is )?full|not enough space|quota exceeded|EDQUOT|file too large|EFBIG/i,
  ],
  ['newer', /database file with version number|newer version of DuckDB|unsupported storage version/i],
  [
    'damaged',
    /not a valid DuckDB database|corrupt|checksum|could not read enough bytes|serialization error|failed to deserialize/i,
  ],
  [
    'forbidden',
    /permission denied|read-only|access is denied|not permitted|is a directory|not a directory|EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENOENT|EEXIST/i,
  ],
  ['broken', /INTERNAL Error|FATAL Error/],
];

export function faultOf(error: unknown): Fault {
  const message = plainMessage(error);
  return PATTERNS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other';
}

/** The process that holds the file, if DuckDB names it. */
export function lockHolder(error: unknown): number | null {
  const pid = /PID (\d+)/.exec(plainMessage(error))?.[1];
  return pid === undefined ? null : Number(pid);
}

/** DuckDB's message without its hints for programmers and its stack. */
export function plainMessage(error: unknown): string {
  const message = messageOf(error);
  return message.split(/\n\n|\nStack Trace/)[0]?.trim() ?? message;
}
