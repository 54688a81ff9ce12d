import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { lockHolder } from './faults.js';
import { isAlive } from '../../sdk/is-alive.js';

/** Which process has the cache open, if known. */
export interface LockHolder {
  /** Process id; null where the system does not tell. */
  readonly pid: number | null;
  /** A sentence for a person. */
  readonly message: string;
}

/** The process that uses a cache writes down here what for, so that others can say whom they wait for. */
function notePath(file: string): string {
  return `${file}.holder`;
}

/** @param purpose a clause such as `materializing Momentum`. */
export function noteHolder(file: string, purpose: string): void {
  try {
    writeFileSync(notePath(file), JSON.stringify({ pid: process.pid, purpose }));
  } catch {
    // The disk may be full: others then only see the process id.
  }
}

export function forgetHolder(file: string): void {
  rmSync(notePath(file), { force: true });
}

/** Who holds the file, given the error from opening it. */
export function holderOf(error: unknown, file: string, dir: string): LockHolder {
  const note = readNote(file);
  // Not every system names the process. The note does, if its process is still alive.
  const pid = lockHolder(error) ?? (note && isAlive(note.pid) ? note.pid : null);
  const purpose = note && note.pid === pid ? `, ${note.purpose}` : '';
  const other = pid === null ? 'Another process' : `Another process (PID ${pid}${purpose})`;
  const who = pid === process.pid ? 'This process' : other;
  return { pid, message: `${who} is using the cache in ${dir}: waiting until it is done.` };
}

function readNote(file: string): { readonly pid: number; readonly purpose: string } | null {
  try {
    const note: unknown = JSON.parse(readFileSync(notePath(file), 'utf8'));
    if (typeof note !== 'object' || note === null || !('pid' in note) || !('purpose' in note)) return null;
    const { pid, purpose } = note;
    return typeof pid === 'number' && typeof purpose === 'string' ? { pid, purpose } : null;
  } catch {
    // There is no note, or it is being written.
    return null;
  }
}
