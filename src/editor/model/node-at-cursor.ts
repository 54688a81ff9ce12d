import type { NodeAtPosition } from '../../discovery/client.js';
import type { StandingNode } from '../../present/freshness.js';

/** Where the cursor is, and the expression that the name there refers to; null: the cursor is not on a node's name. */
export interface CursorPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly at: NodeAtPosition | null;
}

/** The node at the cursor: the one its name refers to, else the one created at or before it. */
export function nodeAtCursor(nodes: readonly StandingNode[], place: CursorPlace | null): string | null {
  if (!place) return null;
  const { file, line, at } = place;
  const named = at && nodes.find((node) => madeAt(node, file, at));
  if (named) return named.name;
  let best: StandingNode | null = null;
  for (const node of nodes) {
    const made = node.location?.file === file ? node.location.line : Infinity;
    if (made <= line && made >= (best?.location?.line ?? 0)) best = node;
  }
  return best?.name ?? null;
}

/** Whether a node was created within the expression that a name refers to. */
export function madeAt({ location }: StandingNode, file: string, { made }: NodeAtPosition): boolean {
  if (!location || location.file !== file) return false;
  const after = compare(location.line, location.column ?? 1, made.startLine, made.startColumn) >= 0;
  return after && compare(location.line, location.column ?? 1, made.endLine, made.endColumn) < 0;
}

function compare(line: number, column: number, otherLine: number, otherColumn: number): number {
  return line === otherLine ? column - otherColumn : line - otherLine;
}
