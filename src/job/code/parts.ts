import { analyseText } from './code-text.js';
import { bytesDigest } from './data-shape.js';
import type { Digester } from './digest.js';
import { preview, shorten } from './preview.js';
import { describePath, follow, isObject, primitiveToken, type Path } from './shape.js';
import type { Shaper } from './shaper.js';

/** One thing that a function's hash is made of. */
export interface CodePart {
  /** `mean in closure of fast`. */
  readonly path: string;
  readonly kind: 'function' | 'value' | 'node' | 'built-in' | 'unhashable';
  /** Of a function, its own text alone; of a value, all that it holds. */
  readonly hash: string;
  /** The value in short, or the start of the text. */
  readonly preview: string;
  /** Why the whole bundle counts in the place of this function's reach. */
  readonly opaque: readonly string[];
}

/** What a function leads to: each function once, and the values it captured. */
export function listParts(shaper: Shaper, digester: Digester, root: object, start: Path): CodePart[] {
  const parts: CodePart[] = [];
  const seen = new Set<object>();
  const queue: { value: unknown; path: Path }[] = edgesOf(shaper, root, start);
  for (const { value, path } of queue) {
    if (isObject(value)) {
      if (seen.has(value)) continue;
      seen.add(value);
      if (shaper.isStand(value)) {
        queue.push(...edgesOf(shaper, value, path));
        continue;
      }
    }
    parts.push(partOf(shaper, digester, value, describePath(path)));
    if (typeof value === 'function' && shaper.builtInName(value) === undefined)
      queue.push(...edgesOf(shaper, value, path));
  }
  return parts;
}

function edgesOf(shaper: Shaper, object: object, path: Path): { value: unknown; path: Path }[] {
  return shaper.shapeOf(object).edges.map((edge) => ({ value: edge.value, path: follow(path, edge) }));
}

function partOf(shaper: Shaper, digester: Digester, value: unknown, path: string): CodePart {
  const plain = { path, opaque: [], preview: preview(value) };
  if (!isObject(value)) return { ...plain, kind: 'value', hash: textDigest(primitiveToken(value)) };
  const { fails, opaque, node, tag } = shaper.shapeOf(value);
  if (fails) return { ...plain, kind: 'unhashable', hash: '', preview: fails.words };
  if (node) return { ...plain, kind: 'node', hash: textDigest(tag), preview: node.name };
  const builtIn = shaper.builtInName(value);
  if (builtIn !== undefined) return { ...plain, kind: 'built-in', hash: textDigest(tag), preview: builtIn };
  if (typeof value !== 'function') return { ...plain, kind: 'value', hash: digester.digest(value, 0).hash };
  const text = Function.prototype.toString.call(value);
  return {
    ...plain,
    kind: 'function',
    hash: textDigest(analyseText(text).canonical),
    opaque,
    preview: shorten(text),
  };
}

function textDigest(text: string): string {
  return bytesDigest(Buffer.from(text));
}
