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

  /** @param settled resolves once all of it can be kept */
  async commit(settled: Promise<void>): Promise<void> {
    await settled;
    if (this.#covered.length === 0) return;
    const [segments, reuses] = [this.#segments, this.#reuses];
    await this.#state.store.commit({ invalidations: [], segments, reuses, sources: [] });
    this.#state.cover(this.#covered);
  }
}
