import type { GraphNode } from '../graph/graph.js';
import { memberOf } from '../graph/member.js';
import type { NodeStore } from '../ports/store.js';
import { ALL_TIME } from '../../sdk/time/time.js';
import type { RunState } from './run-state.js';

/** Nodes whose rows are all discarded, whenever they were computed: their code is wrong. */
export class Withdrawn {
  readonly #fingerprints = new Set<string>();
  readonly #owns = new Set<string>();
  #told = true;

  /** @param own hash of the wrong code; the fingerprints are those of all dependents */
  add(fingerprints: readonly string[], own: string): void {
    for (const fingerprint of fingerprints) this.#fingerprints.add(fingerprint);
    this.#owns.add(own);
    this.#told = false;
  }

  /** Ends their coverage in the store, once. */
  async commit(store: NodeStore): Promise<void> {
    if (this.#told) return;
    this.#told = true;
    const invalidations = [...this.#fingerprints].map((fingerprint) => ({ fingerprint, range: ALL_TIME }));
    const disowned = [...this.#owns];
    await store.commit({ invalidations, segments: [], reuses: [], sources: [], disowned });
  }
}

/** The node, and others with the same code: of its family, or in none as it is itself. */
export function sameCode(state: RunState, node: GraphNode): readonly GraphNode[] {
  const { family, symbol } = memberOf(node);
  if (symbol === undefined && family !== undefined) return [node];
  const { codeHash } = state.fingerprint(node.index);
  return state.graph.nodes.filter((each) => {
    const other = memberOf(each);
    return (
      other.family === family &&
      (other.symbol === undefined) === (symbol === undefined) &&
      state.canonical(each.index) === each.index &&
      state.fingerprint(each.index).codeHash === codeHash
    );
  });
}
