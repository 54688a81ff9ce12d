import type { HistoryProvider } from '../providers/providers.js';
import { withTransport } from './transport.js';

export interface PostgresOptions {
  /** The environment variable with the address: `postgres://user:password@host:5432/database`. Only its name is stored. */
  readonly connection: string;
  /** A table or view, with its schema where that is not `public`: 'market.bars'. Or `query`. */
  readonly table?: string;
  /** One SELECT. */
  readonly query?: string;
  /** The column with the time. Default: `time`, `ts`, `timestamp`, `date`, or the only one of a type of time. */
  readonly time?: string;
  /** Unit of a numeric time. Default: 's'. */
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns';
  /** Zone of a time without one, an IANA name. Default: UTC. */
  readonly timeZone?: string;
  /** New names for some columns: `{ close: 'adj_close' }`. Default: all columns keep theirs. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Only rows with this value in the column `symbolColumn` (default: symbol). */
  readonly symbol?: string;
  readonly symbolColumn?: string;
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /** See `HistoryProvider.pinned`. Default: false, and each run has the server compare its rows with what was read. */
  readonly pinned?: boolean;
  /** How many of the newest closed bars are not taken yet. Default: 1. */
  readonly stabilizationBars?: number;
  /** How often a connection is tried. Default: 3. */
  readonly attempts?: number;
  /** How long an answer may take. Default: '60s'. */
  readonly timeout?: string;
}

/**
 * Bars of a PostgreSQL table or query. The server is asked for the missing range; digests of blocks of rows show what changed
 * since they were read.
 */
export function postgresHistory({ pinned = false, ...options }: PostgresOptions): HistoryProvider {
  return { kind: 'postgres', ...withTransport('postgres', options), ...(pinned && { pinned }) };
}
