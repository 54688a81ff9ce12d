import * as v from 'valibot';
import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { nearHint } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import type { Seconds } from '../../sdk/time/time.js';
import { sourceError } from '../faults.js';
import { findFiles, watchedPaths, type FileContext, type SourceFile } from '../files.js';
import { Once } from './once.js';
import type { SymbolPath } from './symbol-paths.js';

export type Opener = (stream: OpenStream, context: FileContext) => Promise<SourceReader>;

type Bounds = Awaited<ReturnType<SourceReader['bounds']>>;

const keptBounds = v.nullable(v.object({ first: v.number(), last: v.number() }));

/** The files of a universe, by symbol. */
interface SymbolFiles {
  readonly bySymbol: ReadonlyMap<string, readonly SourceFile[]>;
  /** Of all of them; read when first needed. */
  bounds: Promise<Bounds> | null;
}

/** Looked for once for all streams of a universe. */
const found = new Once<Promise<SymbolFiles>>();

async function lookFor(
  stream: OpenStream,
  context: FileContext,
  paths: readonly SymbolPath[],
): Promise<SymbolFiles> {
  const bySymbol = new Map<string, SourceFile[]>();
  for (const { pattern, symbolOf } of paths) {
    for (const file of await findFiles(stream, context, [pattern])) {
      const symbol = symbolOf(file.shown);
      if (symbol !== null) addTo(bySymbol, symbol, file);
    }
  }
  return { bySymbol, bounds: null };
}

/** The symbols in the file names. */
export async function symbolsOfFiles(
  stream: OpenStream,
  context: FileContext,
  paths: readonly SymbolPath[],
): Promise<readonly string[]> {
  const { bySymbol } = await lookFor(stream, context, paths);
  return [...bySymbol.keys()];
}

/**
 * The bars of a symbol with its own files. All symbols of a universe share the first and the last open of any: where one has no
 * bars, that is known.
 * @param rest the source's options without the universe's
 */
export async function openOwnFiles(
  stream: OpenStream,
  context: FileContext,
  open: Opener,
  symbol: string,
  paths: readonly SymbolPath[],
  rest: Readonly<Record<string, unknown>>,
): Promise<SourceReader> {
  const key = JSON.stringify([
    stream.source.kind,
    rest,
    paths.map(({ pattern }) => pattern),
    stream.interval,
  ]);
  const files = await found.get(context, key, () => lookFor(stream, context, paths));
  const patterns = paths.map(({ pattern }) => pattern);
  const own = files.bySymbol.get(symbol);
  if (!own) throw absent();
  const opened = (each: readonly SourceFile[]): Promise<SourceReader> => {
    const path = each.map(({ shown }) => shown);
    return open({ ...stream, source: { ...stream.source, options: { ...rest, path } } }, context);
  };
  const rows = await opened(own);
  const ends = (of: readonly SourceFile[]): Promise<Bounds> =>
    boundsOfFiles(stream, context, () => opened(of));
  // Without any, its own file says why.
  const bounds = async (): Promise<Bounds> =>
    (await (files.bounds ??= boundsOf(files, ends))) ?? rows.bounds();
  return {
    // Its own rows do not decide where it ends.
    whole: false,
    boundsByVersion: true,
    files: watchedPaths(context.projectRoot, patterns, own),
    async version() {
      const [version, all] = [await rows.version(), await bounds()];
      return `${version ?? ''}|${all ? `${all.first}..${all.last}` : ''}`;
    },
    bounds,
    read: (range, skip) => rows.read(range, skip),
    notes: () => rows.notes?.() ?? [],
    ...(rows.taken && { taken: () => (rows.taken as NonNullable<SourceReader['taken']>)() }),
  };

  function absent(): Error {
    const symbols = [...files.bySymbol.keys()];
    const some = `there are ${symbols.length} others, such as ${symbols.slice(0, 3).join(', ')}.`;
    const hint = nearHint(symbol, symbols, some);
    return sourceError(stream, `${patterns.join(', ')} has no file of ${JSON.stringify(symbol)}: ${hint}`);
  }
}

async function boundsOf(
  { bySymbol }: SymbolFiles,
  ends: (files: readonly SourceFile[]) => Promise<Bounds>,
): Promise<Bounds> {
  let [first, last]: [Seconds, Seconds] = [Infinity, -Infinity];
  for (const files of bySymbol.values()) {
    const each = await ends(files);
    if (!each) continue;
    first = Math.min(first, each.first);
    last = Math.max(last, each.last);
  }
  return first <= last ? { first, last } : null;
}

/** A faulty file stops its own symbol only. */
async function boundsOfFiles(
  { interval, phase }: OpenStream,
  { hints }: FileContext,
  open: () => Promise<SourceReader>,
): Promise<Bounds> {
  try {
    const reader = await open();
    const key = `${(await reader.version()) ?? ''} bounds ${interval} ${phase}`;
    const known = hints.get(key);
    if (known !== undefined) return v.parse(keptBounds, JSON.parse(known));
    const bounds = await reader.bounds();
    hints.set(key, JSON.stringify(bounds));
    return bounds;
  } catch {
    return null;
  }
}
