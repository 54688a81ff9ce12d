import { join } from 'node:path';
import type { RunProgress } from '../../engine/run/reporting/report.js';
import type { CacheUse } from '../../protocol/payloads.js';
import type { BrokerSaid } from '../../live/feed/broker-said.js';
import type { LogLine } from '../../protocol/messages.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Range } from '../../sdk/time/time.js';
import type { StoreUse } from '../session/store-keeper.js';
import type { OpenHooks } from '../session/strategy-session.js';

/** What a request may use while it is answered. */
export interface RequestHooks {
  readonly progress: (progress: RunProgress) => void;
  readonly signal: AbortSignal;
  readonly log: (line: LogLine) => void;
  /** Tells where a debugger may attach. */
  readonly inspect: (url: string) => void;
  /** Tells that more of a run's journal is on disk. */
  readonly written: () => void;
  /** What the broker of a live world did. */
  readonly said: AsyncIterable<BrokerSaid>;
  /** Told of an error that the strategy left behind: whatever is being computed cannot be trusted. */
  readonly stray: (error: SeamlessError) => void;
}

/** Tells which file is being read to see whether it changed, and how far. */
export function checking(hooks: RequestHooks): (file: string, done: number, total: number) => void {
  return (node, done, total) => hooks.progress({ phase: 'checking', node, done, total });
}

export function openHooks({ signal, stray }: RequestHooks): Pick<OpenHooks, 'signal' | 'onStray'> {
  return { signal, onStray: stray };
}

export function openOptions({ askerWaits, ...cache }: OpenedCache, hooks: RequestHooks): StoreUse {
  return {
    ...cache,
    signal: hooks.signal,
    onWaiting({ pid, message }) {
      if (askerWaits && pid === process.ppid) throw heldByAsker(cache.dir);
      hooks.progress({ phase: 'waiting', node: message, done: 0, total: 0 });
    },
    onMessage: (text) => hooks.log({ level: 'warn', text }),
  };
}

/** Who stands still until it is answered cannot close what it has open. */
function heldByAsker(dir: string): SeamlessError {
  return new SeamlessError(
    'cache',
    `This script has the cache in ${dir} open itself, with a DuckDB client of its own, and would wait for itself: close that connection before you read a report's values.`,
  );
}

/** Where a cache is, and how it is opened. */
export interface OpenedCache {
  readonly dir: string;
  readonly memoryMb: number | undefined;
  readonly create?: boolean;
  /** See `StoreUse`. */
  readonly purpose: string;
  /** Whether the process that asks does nothing else until it is answered. */
  readonly askerWaits?: boolean;
}

export function cacheOf(projectRoot: string, use: CacheUse, purpose: string): OpenedCache {
  return { dir: folderOf(projectRoot, use), memoryMb: use.memoryMb, purpose };
}

export function folderOf(projectRoot: string, { cacheDir }: CacheUse): string {
  return cacheDir ?? join(projectRoot, '.seamless');
}

/** The range that a request names; null where it names neither end. */
export function rangeOf({
  start,
  end,
}: {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}): Range | null {
  if (start === undefined && end === undefined) return null;
  return { start: start ?? -Infinity, end: end ?? Infinity };
}
