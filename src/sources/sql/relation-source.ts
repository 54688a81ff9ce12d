import type { Seconds } from '../../sdk/time/time.js';
import type { TimeOptions } from '../options.js';
import type { OneSymbol } from '../universe/symbols.js';
import type { SymbolRows } from './symbol-rows.js';

/** What DuckDB can read in part: Parquet files, the result of a query. */
export interface RelationSource {
  /** What follows FROM. Asked once, when its rows are first needed. */
  from(): Promise<string>;
  /** What it is called in messages: `data/btc.parquet`, `its query`. */
  readonly shown: string;
  /** True when the rows have no order of their own. */
  readonly sort: boolean;
  readonly time: TimeOptions;
  /** The symbol whose rows are read, of a table with those of many; null or absent: all rows. */
  readonly one?: OneSymbol | null;
  /** How the rows of one symbol are chosen, as an author writes it; absent: with the option `symbol`. */
  readonly choose?: (column: string, symbol: string) => string;
  /** What is read of the table for all symbols at once; null or absent: nothing, each is read by itself. To be asked after `version`. */
  symbols?(): SymbolRows | null;
  /** See `SourceReader.files`. */
  readonly files?: readonly string[];
  version(before?: string | null): Promise<string | null>;
  /** See `SourceReader.sameUntil`. Absent: it cannot tell. */
  sameUntil?(before: string, reading: RowReading): Promise<Seconds>;
  /** Called when its rows were read: has what `sameUntil` will need of them. */
  remember?(reading: RowReading): Promise<void>;
  /** Called after a range was read. @throws SeamlessError when what was read may be torn. */
  finish(): Promise<void>;
  /** What went wrong, when DuckDB says so. */
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
