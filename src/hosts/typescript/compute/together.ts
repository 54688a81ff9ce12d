import type { ComputeResult } from '../../../engine/ports/host.js';
import type { ComputeWall, NodeComputation } from './computation.js';
import { computeNode, computeNow, turnIsDue } from './compute.js';

/**
 * Computes nodes one after another. Of those in a row that have one code, the first is looked after by itself, and the others together:
 * to look at what the author's code changed takes longer than a column of a few bars. Where something changed, nothing of them counts,
 * and each is computed again by itself, so that it is known whose doing it was.
 */
export async function computeTogether(computations: readonly NodeComputation[]): Promise<ComputeResult[]> {
  const results: ComputeResult[] = [];
  let apart: object | null = null;
  while (results.length < computations.length) {
    const first = computations[results.length] as NodeComputation;
    results.push(await computeNode(first));
    const { definition, guard } = first;
    const wall = first.context.wall;
    if (definition === undefined || definition === apart || !wall) continue;
    const given = seenOnce(wall, guard, () => computeAlike(computations, results.length, definition));
    if (given) results.push(...given);
    else apart = definition;
  }
  return results;
}

/** As many as come in a row and there is time for. Nothing else runs meanwhile. */
function computeAlike(
  computations: readonly NodeComputation[],
  from: number,
  definition: object,
): ComputeResult[] {
  const given: ComputeResult[] = [];
  for (let at = from; at < computations.length && !turnIsDue(); at++) {
    const { guard: _together, ...next } = computations[at] as NodeComputation;
    const result = next.definition === definition ? computeNow(next) : null;
    if (!result) break;
    given.push(result);
  }
  return given;
}

/** What the work gave; null where it changed what outlives it. */
function seenOnce<T>(wall: ComputeWall, guard: NodeComputation['guard'], work: () => T): T | null {
  const seen = wall.lookedAtOnce(work);
  return seen && !guard?.changed() ? seen.given : null;
}
