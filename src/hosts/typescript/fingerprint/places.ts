import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../../../sdk/errors.js';
import type { FunctionPlace } from './inspection.js';

const MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** Maps positions in a loaded bundle to the author's files. The source map is parsed when first needed. */
export class SourcePlaces {
  readonly #code: string;
  #map: SourceMap | null = null;

  /** @param code of the bundle, with its source map in the last line */
  constructor(code: string) {
    this.#code = code;
  }

  /** The original position; null: the source map has none. */
  locate({ line, column }: FunctionPlace): SourceLocation | null {
    this.#map ??= readMap(this.#code);
    const entry = this.#map?.findEntry(line, column);
    if (!entry || !('originalSource' in entry) || !entry.originalSource.startsWith('file:')) return null;
    const { originalSource, originalLine, originalColumn } = entry;
    return { file: fileURLToPath(originalSource), line: originalLine + 1, column: originalColumn + 1 };
  }
}

/** Maps frames in a bundle to the author's files; stacks that Node has mapped need no mapping. */
export function mapFrames(
  frames: readonly SourceLocation[],
  places: SourcePlaces,
  codePath: string,
): SourceLocation[] {
  return frames.flatMap((frame) => {
    if (frame.file !== codePath) return [frame];
    const { line, column = 1 } = frame;
    return places.locate({ script: '', line: line - 1, column: column - 1 }) ?? [];
  });
}

function readMap(code: string): SourceMap | null {
  const encoded = MAP.exec(code.slice(code.lastIndexOf('\n//# ')))?.[1];
  if (encoded === undefined) return null;
  return new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload);
}
