import { stuckError } from '../../protocol/stuck.js';
import type { Stuck } from '../../protocol/stuck.js';

/** Milliseconds between checks of the limit. */
const LOOK_MS = 250;

/** How many idle checks in a row count as waiting forever: half a minute. */
const IDLE_LOOKS = 120;

/** A check with less processor time than this, in milliseconds, counts as idle. */
const IDLE_MS = 5;

export interface Limit {
  /** Milliseconds of processor time; undefined: no limit, neither on computing nor on waiting. */
  readonly limitMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Awaits author code, and stops it when it exceeds the limit of processor time or is idle for half a minute. So a busy machine,
 * or a file that takes long to read, is not mistaken for a loop.
 * @param work is stopped, with its thread, when its signal aborts
 * @throws SeamlessError `strategy` that says what is stuck; whatever `work` throws
 */
export async function limited<T>(
  { limitMs, signal }: Limit,
  what: Stuck['what'],
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (limitMs === undefined) return work(signal);
  const stuck = new AbortController();
  const began = used();
  let [before, idle] = [began, 0];
  const timer = setInterval(() => {
    const now = used();
    idle = now - before < IDLE_MS ? idle + 1 : 0;
    before = now;
    if (now - began > limitMs) {
      stuck.abort(stuckError({ what, how: 'loop', seconds: Math.round(limitMs / 1000) }));
    } else if (idle >= IDLE_LOOKS) {
      stuck.abort(stuckError({ what, how: 'wait', seconds: (IDLE_LOOKS * LOOK_MS) / 1000 }));
    }
  }, LOOK_MS);
  try {
    return await work(signal ? AbortSignal.any([signal, stuck.signal]) : stuck.signal);
  } catch (error) {
    throw stuck.signal.aborted ? stuck.signal.reason : error;
  } finally {
    clearInterval(timer);
  }
}

/** Processor time of this process: while author code runs, hardly anything else does. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
