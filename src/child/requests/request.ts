import { join } from 'node:path';
import type { RunProgress } from '../../engine/run/reporting/report.js';
import type { CacheUse } from '../../protocol/payloads.js';
import type { BrokerSaid } from '../../live/feed/broker-said.js';
import type { LogLine } from '../../protocol/messages.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Range } from '../../sdk/time/time.js';
import type { StoreUse } from '../session/store-keeper.js';
import type { OpenHooks } from '../session/strategy-session.js';

/** What a request may use. */
export interface RequestHooks {
  readonly progress: (progress: RunProgress) => void;
  readonly signal: AbortSignal;
  readonly log: (line: LogLine) => void;
  /** Reports where a debugger can attach. */
  readonly inspect: (url: string) => void;
  /** Reports that a run's journal has grown. */
  readonly written: () => void;
  /** Events of a live world's broker. */
  readonly said: AsyncIterable<BrokerSaid>;
  /** Receives errors that the strategy left behind in timers or promises: results computed meanwhile cannot be trusted. */
  readonly stray: (error: SeamlessError) => void;
}

/** Reports which file is being hashed, and how far. */
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

/** A blocked caller cannot close what it has open. */
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
  /** Whether the caller is blocked until it gets the answer. */
  readonly askerWaits?: boolean;
}

export function cacheOf(projectRoot: string, use: CacheUse, purpose: string): OpenedCache {
  return { dir: folderOf(projectRoot, use), memoryMb: use.memoryMb, purpose };
}

export function folderOf(projectRoot: string, { cacheDir }: CacheUse): string {
  return cacheDir ?? join(projectRoot, '.seamless');
}

/** The requested range; null if neither end is given. */
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
