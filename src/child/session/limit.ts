import { stuckError } from '../../protocol/stuck.js';
import type { Stuck } from '../../protocol/stuck.js';

/** How often the limit is looked at. */
const LOOK_MS = 250;

/** Looks in a row at which the author's code did next to nothing, after which it waits for what never comes: half a minute. */
const IDLE_LOOKS = 120;

/** A look at which the process took less processor time than this, in milliseconds, is one at which it waited. */
const IDLE_MS = 5;

export interface Limit {
  /** Milliseconds of processor time; undefined: no limit, nor one on waiting. */
  readonly limitMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits for the author's code, and ends the wait when that takes more processor time than the limit, or does nothing for half a minute:
 * so a machine with much to do, or a file that takes long to read, is not taken for a loop.
 * @param work to be given up, with the thread it runs in, when its signal aborts.
 * @throws SeamlessError `strategy` that says what is stuck; whatever `work` throws.
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

/** Processor time of this process: while the author's code is at work, next to nothing else of it is. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
