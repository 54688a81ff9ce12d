import { analyseText } from './text/analyse.js';
import { bytesDigest } from './shape/data-shape.js';
import type { Digester } from './digest.js';
import { textOf } from './text/syntax.js';
import type { FunctionPlace } from './inspection.js';
import { preview, shorten } from './preview.js';
import { describePath, edgesOf, follow, isObject, primitiveToken, type Path } from './shape/shape.js';
import type { Shaper } from './shape/shaper.js';

/** One part of a function's hash. */
export interface CodePart {
  /** `mean in closure of fast`. */
  readonly path: string;
  /** `mean`, `limits.low`; empty for the function itself. */
  readonly subject: string;
  /** The function that owns the variable; empty for the function itself. */
  readonly owner: string;
  readonly kind: 'function' | 'class' | 'value' | 'node' | 'built-in' | 'unhashable';
  /** For a function, only its own text; for a value, everything it contains. */
  readonly hash: string;
  /** The value's short form, or the start of the text. */
  readonly preview: string;
  /** Of a function, the name it has. */
  readonly title: string;
  /** Of a function, its text. */
  readonly text: string;
  /** The function's position according to V8. */
  readonly place: FunctionPlace | null;
}

/** The most parts listed for one function; the rest is summarized. */
const MOST_PARTS = 200;

/** What a function leads to: each function once, captured values, and their contents. */
export function listParts(
  shaper: Shaper,
  digester: Digester,
  root: object,
  start: Path,
  names: number,
): CodePart[] {
  const parts: CodePart[] = [];
  const seen = new Set<object>();
  const queue: { value: unknown; path: Path }[] = nextOf(shaper, root, start, names);
  for (const { value, path } of queue) {
    if (parts.length >= MOST_PARTS) break;
    if (isObject(value)) {
      if (seen.has(value)) continue;
      seen.add(value);
      if (shaper.isStand(value)) {
        queue.push(...nextOf(shaper, value, path, names));
        continue;
      }
    }
    const part = partOf(shaper, digester, value, path);
    parts.push({ ...part, owner: part.owner === start.owner ? '' : part.owner });
    if (isObject(value) && part.kind !== 'built-in') queue.push(...nextOf(shaper, value, path, names));
  }
  return parts;
}

function nextOf(shaper: Shaper, object: object, path: Path, names: number): { value: unknown; path: Path }[] {
  return edgesOf(shaper.shapeOf(object), names).map((edge) => ({
    value: edge.value,
    path: follow(path, edge),
  }));
}

function partOf(shaper: Shaper, digester: Digester, value: unknown, path: Path): CodePart {
  const plain = {
    path: describePath(path),
    ...path,
    preview: preview(value),
    title: '',
    text: '',
    place: null,
  };
  if (!isObject(value)) return { ...plain, kind: 'value', hash: textDigest(primitiveToken(value)) };
  const { fails, node, tag } = shaper.shapeOf(value);
  if (fails) return { ...plain, kind: 'unhashable', hash: '', preview: fails.words };
  if (node) return { ...plain, kind: 'node', hash: textDigest(tag), preview: node.name };
  const builtIn = shaper.builtInName(value);
  if (builtIn !== undefined) return { ...plain, kind: 'built-in', hash: textDigest(tag), preview: builtIn };
  if (typeof value !== 'function')
    return { ...plain, kind: 'value', hash: digester.digest(shaper.shapeOf(value)).hash ?? '' };
  const text = textOf(value);
  const { hash, form } = analyseText(text);
  const name = Reflect.getOwnPropertyDescriptor(value, 'name')?.value as unknown;
  return {
    ...plain,
    kind: form === 'class' ? 'class' : 'function',
    hash,
    preview: shorten(text),
    title: typeof name === 'string' ? name : '',
    text,
    place: shaper.placeOf(value),
  };
}

function textDigest(text: string): string {
  return bytesDigest(Buffer.from(text));
}
