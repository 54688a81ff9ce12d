import type { OpenStream, SourceLibrary, SourceReader } from '../engine/ports/source.js';
import { openOnCalendar } from './calendar/on-calendar.js';
import { openCsv } from './csv/csv.js';
import { Database } from './sql/database.js';
import { openDemo } from './demo.js';
import { openCcxt } from './ccxt/ccxt.js';
import { openHttp } from './http/http.js';
import { openPostgres } from './postgres/postgres.js';
import { sourceError } from './faults.js';
import type { ContentHints, FileContext } from './files.js';
import { openParquet } from './sql/parquet.js';
import { Scratch } from './scratch.js';
import { openSql } from './sql/sql.js';
import { checkTicks } from './ticks.js';
import { findSymbols } from './universe/find-symbols.js';
import { openUniverse } from './universe/open-universe.js';

export { customReader } from './custom.js';
export type { ContentHints } from './files.js';

export interface SourceLibraryOptions {
  /** Where relative paths start: an absolute path. */
  readonly projectRoot: string;
  /** Opens streams of kind `custom`, whose bars the strategy's host reads. */
  readonly custom?: (stream: OpenStream) => Promise<SourceReader>;
  /** Keeps file facts between runs, so that an unchanged file need not be read. Default: for this library's lifetime. */
  readonly hints?: ContentHints;
  /** Ends what waits for a wire. */
  readonly signal?: AbortSignal;
}

const OPENERS: Readonly<Record<string, (stream: OpenStream, context: FileContext) => Promise<SourceReader>>> =
  {
    csv: openCsv,
    parquet: openParquet,
    sql: openSql,
    demo: openDemo,
    http: openHttp,
    ccxt: openCcxt,
    postgres: openPostgres,
  };

export interface OpenedLibrary extends SourceLibrary {
  /** The symbols that a universe's source has. @throws SeamlessError `source` when it has none, or cannot be read. */
  symbols(stream: OpenStream): Promise<readonly string[]>;
  close(): void;
}

/** Opens built-in sources, and those that strategies bring along. */
export function openSourceLibrary(options: SourceLibraryOptions): OpenedLibrary {
  const database = new Database(options.projectRoot);
  const scratch = new Scratch();
  const context: FileContext = {
    projectRoot: options.projectRoot,
    database,
    scratch,
    hints: options.hints ?? new Map<string, string>(),
    signal: options.signal,
    closing: [],
  };
  return {
    async open(stream) {
      const { kind } = stream.source;
      checkTicks(stream);
      const opener = kind === 'custom' ? options.custom : OPENERS[kind];
      const signals = [options.signal, stream.signal].filter((signal) => signal !== undefined);
      const own = stream.signal ? { ...context, signal: AbortSignal.any(signals) } : context;
      if (opener) return openOnCalendar(stream, (plain) => openUniverse(plain, own, opener));
      throw sourceError(
        stream,
        `there is no source of kind ${JSON.stringify(kind)}: use ${Object.keys(OPENERS).join(', ')}, or write a provider with a fetch.`,
      );
    },
    symbols: (stream) => findSymbols(stream, context),
    close: () => {
      for (const end of context.closing ?? []) void end();
      database.close();
      scratch.remove();
    },
  };
}
