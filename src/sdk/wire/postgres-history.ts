import type { HistoryProvider } from '../providers/providers.js';
import { withTransport } from './transport.js';

export interface PostgresOptions {
  /** The environment variable with the address: `postgres://user:password@host:5432/database`. Its name is all that is kept. */
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
  /** New names for some columns: `{ close: 'adj_close' }`. Without it all columns keep theirs. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Rows of this value alone, in the column `symbolColumn` (default: symbol). */
  readonly symbol?: string;
  readonly symbolColumn?: string;
  /** Where the interval's grid starts, in seconds after the epoch. Default: 0. */
  readonly phase?: number;
  /** See `HistoryProvider.pinned`. Default: false, and each run has the server compare what is there with what was read. */
  readonly pinned?: boolean;
  /** Bars that the newest closed one is away from the last one taken. Default: 1. */
  readonly stabilizationBars?: number;
  /** How often a connection is tried. Default: 3. */
  readonly attempts?: number;
  /** How long an answer may take. Default: '60s'. */
  readonly timeout?: string;
}

/**
 * Bars of a table of PostgreSQL, or of a query. The server is asked for the range that is missing, and says by digests of blocks of rows what
 * changed since they were read.
 */
export function postgresHistory({ pinned = false, ...options }: PostgresOptions): HistoryProvider {
  return { kind: 'postgres', ...withTransport('postgres', options), ...(pinned && { pinned }) };
}
