import type { NewSegment, Reuse } from '../ports/store.js';
import type { RunState, Stored } from './run-state.js';

/** What a chunk made and the store does not have yet. */
export class Unstored {
  readonly #state: RunState;
  #segments: NewSegment[] = [];
  #reuses: Reuse[] = [];
  #covered: Stored[] = [];

  constructor(state: RunState) {
    this.#state = state;
  }

  computed(segment: NewSegment, covered: Stored): void {
    this.#segments.push(segment);
    this.#covered.push(covered);
  }

  reused(reuse: Reuse, covered: Stored): void {
    this.#reuses.push(reuse);
    this.#covered.push(covered);
  }

  /** Discards all rows of these fingerprints. */
  discard(wrong: readonly string[]): void {
    const isRight = ({ fingerprint }: { readonly fingerprint: string }): boolean =>
      !wrong.includes(fingerprint);
    this.#segments = this.#segments.filter(isRight);
    this.#reuses = this.#reuses.filter(isRight);
    this.#covered = this.#covered.filter(({ node }) => !wrong.includes(this.#state.fingerprint(node).hash));
  }

  /** Its values. */
  get cells(): number {
    return this.#segments.reduce((sum, { table }) => sum + table.ts.length * table.columns.length, 0);
  }

  /** Stores these in one transaction. */
  static async commit(state: RunState, chunks: readonly Unstored[]): Promise<void> {
    const covered = chunks.flatMap((chunk) => chunk.#covered);
    if (covered.length === 0) return;
    const segments = chunks.flatMap((chunk) => chunk.#segments);
    const reuses = chunks.flatMap((chunk) => chunk.#reuses);
    await state.store.commit({ invalidations: [], segments, reuses, sources: [] });
    state.cover(covered);
  }
}
