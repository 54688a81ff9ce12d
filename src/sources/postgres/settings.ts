import type { OpenStream } from '../../engine/ports/source.js';
import { sourceError } from '../faults.js';
import { wireSettings } from '../http/settings.js';
import { Options } from '../options.js';
import { sqlName } from '../../sdk/sql-text.js';

export interface PostgresSettings {
  /** Name of the environment variable with the address. */
  readonly connection: string;
  /** The FROM clause, quoted, and its name in messages. */
  readonly from: string;
  readonly shown: string;
  /** The table's name in its schema, to suggest similar ones; null for a query. */
  readonly table: readonly string[] | null;
  readonly time: string | null;
  readonly timeUnit: 's' | 'ms' | 'us' | 'ns';
  readonly timeZone: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly symbol: { readonly column: string; readonly value: string } | null;
  readonly stabilizationBars: number;
  readonly attempts: number;
  readonly timeoutMs: number;
}

/** Options of file readers that do not apply here. */
const OF_FILES = ['timeFormat', 'stamp', 'snap', 'conformance', 'completeUntil'];

/** @throws SeamlessError `source` for an option that is missing, unknown or wrong */
export function postgresSettings(stream: OpenStream): PostgresSettings {
  const options = new Options(stream);
  const [table, query] = [options.text('table'), options.text('query')];
  const { time, timeUnit, timeZone } = options.time();
  const reading = OF_FILES.find((name) => stream.source.options[name] !== undefined);
  if (reading !== undefined)
    throw sourceError(stream, `its postgres source has no option ${reading}: use a query instead.`);
  const columns = options.textsOrMap('columns') ?? {};
  if (Array.isArray(columns))
    throw sourceError(
      stream,
      "its option columns must be a record of new names, such as { close: 'adj_close' }.",
    );
  const symbol = options.text('symbol');
  const column = options.text('symbolColumn') ?? 'symbol';
  const connection = options.text('connection');
  if (connection === null || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(connection)) {
    throw sourceError(
      stream,
      "its option connection must be the name of an environment variable with the address of the database, such as connection: 'PGURL' for PGURL=postgres://user:password@host:5432/database. The address itself would be kept with the strategy.",
    );
  }
  options.finish();
  const transport = new Options(stream, stream.source.transport ?? {});
  const wire = wireSettings(stream, transport, { attempts: 3, timeout: '60s' });
  transport.finish();
  if ((table === null) === (query === null))
    throw sourceError(
      stream,
      "its postgres source needs a table or a query, but not both: table: 'bars', or query: 'SELECT …'.",
    );
  const names = table?.split('.') ?? null;
  return {
    connection,
    from: names ? names.map(sqlName).join('.') : `(${(query ?? '').replace(/;\s*$/, '')})`,
    shown: table === null ? 'its query' : `table ${table}`,
    table: names,
    time,
    timeUnit: timeUnit ?? 's',
    timeZone: timeZone ?? 'UTC',
    columns: columns as Readonly<Record<string, string>>,
    symbol: symbol === null ? null : { column, value: symbol },
    ...wire,
  };
}
