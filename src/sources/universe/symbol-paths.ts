import { posix } from 'node:path';
import type { OpenStream } from '../../engine/ports/source.js';
import { sourceError } from '../faults.js';
import { SYMBOL_NAME } from './symbols.js';

/** The placeholder for the symbol in a path. */
const PLACE = '{symbol}';

/** A path pattern in which one part is the symbol. */
export interface SymbolPath {
  /** The glob that finds its files. */
  readonly pattern: string;
  /** The symbol in a found path, written as in the author's path; null: the path does not fit. */
  symbolOf(file: string): string | null;
}

/**
 * Where a path has the symbol: at `{symbol}`; else at the `*` of a folder `ticker=*` whose name is the universe's symbol or a
 * usual name for one; else at the only `*` in the file's name; else at the only one in a folder's. Null: nowhere.
 * @param key the universe's symbol; null: none was named
 */
export function symbolPath(path: string, key: string | null): SymbolPath | null {
  const marked = path.includes(PLACE) ? path : markStar(path, key);
  if (marked === null) return null;
  const expression = new RegExp(`^${regexOf(posix.normalize(forward(marked)))}$`, 'u');
  const keyed = /(?:^|\/)[^/]+=\{symbol\}(?:\/|$)/.test(forward(marked));
  return {
    pattern: marked.replaceAll(PLACE, '*'),
    symbolOf(file) {
      const found = expression.exec(forward(file))?.groups?.['symbol'];
      if (found === undefined) return null;
      // Such folder names are URL-encoded.
      return keyed ? unescaped(found) : found;
    },
  };
}

/** @throws SeamlessError `source` for a path without a place for the symbol */
export function symbolPaths(
  stream: OpenStream,
  paths: readonly string[],
  key: string | null,
): readonly SymbolPath[] {
  return paths.map((path) => {
    const found = symbolPath(path, key);
    if (found) return found;
    throw sourceError(
      stream,
      `${path} does not say which part of a file's name is the symbol: write ${PLACE} in its place, such as data/${PLACE}.csv.`,
    );
  });
}

function markStar(path: string, key: string | null): string | null {
  const segments = path.split(/(?<=[\\/])/);
  const keyOf = (segment: string): string | null => /^([^=*?[]+)=\*[\\/]$/.exec(segment)?.[1] ?? null;
  const keyed = segments.findIndex((segment) => {
    const found = keyOf(segment);
    return found !== null && (key === null ? SYMBOL_NAME.test(found) : found === key);
  });
  const place = keyed < 0 && key === null ? onlyStar(segments) : keyed;
  if (place < 0) return null;
  return segments.map((each, index) => (index === place ? each.replace('*', PLACE) : each)).join('');
}

/** The part of a path whose only wildcard is one `*`: the file name, else the only such folder. −1: none. */
function onlyStar(segments: readonly string[]): number {
  const starred = segments.flatMap((segment, index) => (/^[^*]*\*[^*]*$/.test(segment) ? [index] : []));
  const last = segments.length - 1;
  if (starred.includes(last)) return last;
  return starred.length === 1 ? (starred[0] as number) : -1;
}

function regexOf(pattern: string): string {
  let seen = false;
  return pattern.replace(/\{symbol\}|\*\*\/?|\*|\?|\[[^\]]*\]|[\\^$.+(){}|\]]/gu, (part) => {
    if (part === PLACE) {
      if (seen) return '\\k<symbol>';
      seen = true;
      return '(?<symbol>[^/]+)';
    }
    if (part.startsWith('**')) return '(?:.*/)?';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.length > 1 ? part.replace('[!', '[^') : `\\${part}`;
  });
}

function forward(path: string): string {
  return path.replaceAll('\\', '/');
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
