import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { symbolOption, SYMBOL_PLACE } from '../../sdk/wire/transport.js';
import type { FileContext } from '../files.js';
import { Options } from '../options.js';
import type { MembershipSource } from './membership-table.js';
import { withMembership } from './membership.js';
import { openOwnFiles, type Opener } from './own-files.js';
import { symbolPath, symbolPaths, type SymbolPath } from './symbol-paths.js';

/** Where a universe's source names its symbols. */
interface Place {
  /** In the file paths; null: in a column. */
  readonly paths: readonly SymbolPath[] | null;
  readonly column: string | null;
  /** The other options, as for a source without symbols. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** @throws SeamlessError `source` for a path that should name symbols and does not */
export function ownPaths(stream: OpenStream): Place {
  const { symbolColumn, symbolPath: byPath, symbol: _, members: _members, ...rest } = stream.source.options;
  const column = typeof symbolColumn === 'string' ? symbolColumn : null;
  if (byPath === true) return { paths: symbolPaths(stream, pathsOf(stream), null), column: null, rest };
  if (column === null || stream.source.kind === 'sql') return { paths: null, column, rest };
  const found = pathsOf(stream).map((path) => symbolPath(path, column));
  const paths = found.filter((path) => path !== null);
  return { paths: paths.length > 0 && paths.length === found.length ? paths : null, column, rest };
}

function pathsOf(stream: OpenStream): readonly string[] {
  return new Options(stream).paths();
}

/** Folders name the symbols, so they are no column. */
function withoutPartitions({ source }: OpenStream, rest: Place['rest']): Place['rest'] {
  return source.kind === 'parquet' ? { ...rest, partitions: false } : rest;
}

/** Options of a wire, which is asked for one symbol at a time; null: not a wire. */
function ofSymbol({ source }: OpenStream, symbol: string): Place['rest'] | null {
  const option = symbolOption(source.kind);
  if (option === null) return null;
  const { symbolPath: _path, symbol: _symbol, members: _members, ...rest } = source.options;
  // ccxt takes the symbol alone.
  const place = typeof rest[option] === 'string' ? rest[option] : SYMBOL_PLACE;
  const written = option === 'url' ? encodeURIComponent(symbol) : symbol;
  return { ...rest, [option]: place.replaceAll(SYMBOL_PLACE, () => written) };
}

/** Opens a stream that may belong to a universe. @param open opens an ordinary stream */
export async function openUniverse(
  stream: OpenStream,
  context: FileContext,
  open: Opener,
): Promise<SourceReader> {
  const { symbol, symbolColumn, symbolPath: byPath, members } = stream.source.options;
  if (typeof symbol !== 'string' || (symbolColumn === undefined && byPath !== true))
    return open(stream, context);
  const asked = byPath === true ? ofSymbol(stream, symbol) : null;
  const { paths, rest } = asked ? { paths: null, rest: asked } : ownPaths(stream);
  const own = asked ?? { ...rest, symbolColumn, symbol };
  const bars = paths
    ? await openOwnFiles(stream, context, open, symbol, paths, withoutPartitions(stream, rest))
    : await open({ ...stream, source: { ...stream.source, options: own } }, context);
  if (members === undefined) return bars;
  return withMembership(stream, context, members as MembershipSource, symbol, bars);
}
