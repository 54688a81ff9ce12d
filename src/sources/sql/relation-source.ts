import type { Seconds } from '../../sdk/time/time.js';
import type { TimeOptions } from '../options.js';
import type { OneSymbol } from '../universe/symbols.js';
import type { SymbolRows } from './symbol-rows.js';

/** What DuckDB can read in part: Parquet files, or the result of a query. */
export interface RelationSource {
  /** The FROM clause. Asked for once, when rows are first needed. */
  from(): Promise<string>;
  /** What it is called in messages: `data/btc.parquet`, `its query`. */
  readonly shown: string;
  /** True when the rows have no inherent order. */
  readonly sort: boolean;
  readonly time: TimeOptions;
  /** The symbol to read from a table with many; null or absent: all rows. */
  readonly one?: OneSymbol | null;
  /** How the author chooses a symbol, for messages; absent: the option `symbol`. */
  readonly choose?: (column: string, symbol: string) => string;
  /** What is read once for all symbols; null or absent: each symbol is read by itself. Ask after `version`. */
  symbols?(): SymbolRows | null;
  /** See `SourceReader.files`. */
  readonly files?: readonly string[];
  version(before?: string | null): Promise<string | null>;
  /** See `SourceReader.sameUntil`. Absent: it cannot tell. */
  sameUntil?(before: string, reading: RowReading): Promise<Seconds>;
  /** Called after its rows were read: keeps what `sameUntil` needs. */
  remember?(reading: RowReading): Promise<void>;
  /** Called after a range was read. @throws SeamlessError when the read may be torn */
  finish(): Promise<void>;
  /** The message for an error of DuckDB's. */
  explain(message: string): string;
}

/** How rows are read as bars. */
export interface RowReading {
  /** Differs where the same rows would be read as other bars. */
  readonly digest: string;
  /** Columns, which are called c0, c1, … whatever their names. */
  readonly names: readonly string[];
  /** SQL for the open of a row. */
  readonly open: string;
}
