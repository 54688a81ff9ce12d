import PQueue from 'p-queue';
import type { Seconds } from '../../sdk/time/time.js';

export interface PaceLimit {
  readonly requests: number;
  readonly per: Seconds;
}

/** One per host and pace: all streams of an exchange share its limit. */
const queues = new Map<string, PQueue>();

/** Runs work one after the other, at the host's pace. */
export function paced<T>(
  host: string,
  { requests, per }: PaceLimit,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const key = `${host} ${requests} ${per}`;
  let queue = queues.get(key);
  if (!queue) {
    queue = new PQueue({ concurrency: 1, intervalCap: requests, interval: per * 1000 });
    queues.set(key, queue);
  }
  return queue.add(work, signal && { signal });
}
