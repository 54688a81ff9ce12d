import type { ComputeResult } from '../../../engine/ports/host.js';
import type { ComputeWall, NodeComputation } from './computation.js';
import { computeNode, computeNow, isKernel, turnIsDue } from './compute.js';

/**
 * Computes nodes one after another. After built-ins nothing is looked for. Of others in a row that have one code, the first is looked after
 * by itself, and the rest together: to look at what the author's code changed takes longer than a column of a few bars. Where something changed, nothing of them counts,
 * and each is computed again by itself, so that it is known whose doing it was.
 * @param computed told what came of the one at a position
 */
export async function computeTogether(
  computations: readonly NodeComputation[],
  computed: (at: number, result: ComputeResult) => void,
): Promise<void> {
  let apart: object | null = null;
  for (let at = 0; at < computations.length;) {
    const first = computations[at] as NodeComputation;
    computed(at++, await computeNode(first));
    if (isKernel(first)) {
      for (let next = computations[at]; next && isKernel(next) && !turnIsDue(); next = computations[at]) {
        const result = computeNow(next);
        if (!result) break;
        computed(at++, result);
      }
      continue;
    }
    const { definition, guard } = first;
    const wall = first.context.wall;
    if (definition === undefined || definition === apart || !wall) continue;
    if (computations[at]?.definition !== definition) continue;
    const from = at;
    const given = seenOnce(wall, guard, () => computeAlike(computations, from, definition));
    if (!given) apart = definition;
    for (const result of given ?? []) computed(at++, result);
  }
}

/** As many as come in a row and there is time for. Nothing else runs meanwhile. */
function computeAlike(
  computations: readonly NodeComputation[],
  from: number,
  definition: object,
): ComputeResult[] {
  const given: ComputeResult[] = [];
  for (let at = from; at < computations.length && !turnIsDue(); at++) {
    const next = computations[at] as NodeComputation;
    // The guard is asked once for all.
    const result = next.definition === definition ? computeNow({ ...next, guard: undefined }) : null;
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
