import type { ComputeResult } from '../../../engine/ports/host.js';
import type { CaptureGuard, ComputeWall, NodeComputation } from './computation.js';
import { computeNode, computeNow, isKernel, turnIsDue } from './compute.js';

/** After so many built-ins in a row somebody looks at the clock. */
const GLANCE = 16;

/**
 * Computes nodes one after another. After built-ins nothing is looked for. Of others in a row that have one code, the first is looked after
 * by itself, and the rest together: to look at what the author's code changed takes longer than a column of a few bars. Where something changed, nothing of them counts,
 * and each is computed again by itself, so that it is known whose doing it was.
 * @param computationOf the one at a position; may be asked for more than once
 * @param computed told what came of the one at a position
 */
export async function computeTogether(
  count: number,
  computationOf: (at: number) => NodeComputation,
  computed: (at: number, result: ComputeResult) => void,
): Promise<void> {
  let apart: object | null = null;
  for (let at = 0; at < count;) {
    const first = computationOf(at);
    computed(at++, await computeNode(first));
    if (isKernel(first)) {
      for (let done = 0; at < count && (++done % GLANCE !== 0 || !turnIsDue()); at++) {
        const next = computationOf(at);
        const result = isKernel(next) ? computeNow(next) : null;
        if (!result) break;
        computed(at, result);
      }
      continue;
    }
    const { definition } = first;
    const wall = first.context.wall;
    if (definition === undefined || definition === apart || !wall || at === count) continue;
    const from = at;
    const given = seenOnce(wall, (guards) => computeAlike(count, computationOf, from, definition, guards));
    if (!given) apart = definition;
    for (const result of given ?? []) computed(at++, result);
  }
}

/** As many as come in a row and there is time for. Nothing else runs meanwhile. @param guards gets theirs */
function computeAlike(
  count: number,
  computationOf: (at: number) => NodeComputation,
  from: number,
  definition: object,
  guards: Set<CaptureGuard>,
): ComputeResult[] {
  const given: ComputeResult[] = [];
  for (let at = from; at < count && !turnIsDue(); at++) {
    const next = computationOf(at);
    if (next.definition !== definition) break;
    // The guards are asked afterwards: one for a family, one for each of other nodes.
    if (next.guard) guards.add(next.guard);
    const result = computeNow({ ...next, guard: undefined });
    if (!result) break;
    given.push(result);
  }
  return given;
}

/** What the work gave; null where it changed what outlives it. */
function seenOnce<T>(wall: ComputeWall, work: (guards: Set<CaptureGuard>) => T): T | null {
  const guards = new Set<CaptureGuard>();
  const seen = wall.lookedAtOnce(() => work(guards));
  return seen && ![...guards].some((guard) => guard.changed()) ? seen.given : null;
}
