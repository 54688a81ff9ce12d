import type { Commit, CoveredSpan, NodeStore } from '../ports/store.js';

/** The most numbers that wait to be stored. */
const MOST_CELLS = 4_000_000;

/** A stream with bars to store. */
interface Taker {
  readonly fingerprint: { readonly hash: string };
  noteSpans(spans: readonly CoveredSpan[]): void;
}

/** Complete pieces of streams, stored for many of them in one transaction. */
export interface Takings {
  add(taker: Taker, commit: Commit): Promise<void>;
}

/** Stores what `work` reads, even if it fails. */
export async function takingIn<T>(store: NodeStore, work: (takings: Takings) => Promise<T>): Promise<T> {
  const together = new Together(store);
  try {
    return await work(together);
  } finally {
    await together.store();
  }
}

class Together implements Takings {
  readonly #store: NodeStore;
  #takers: Taker[] = [];
  #commits: Commit[] = [];
  #cells = 0;

  constructor(store: NodeStore) {
    this.#store = store;
  }

  async add(taker: Taker, commit: Commit): Promise<void> {
    this.#takers.push(taker);
    this.#commits.push(commit);
    for (const { table } of commit.segments) this.#cells += table.ts.length * (table.columns.length + 1);
    if (this.#cells >= MOST_CELLS) await this.store();
  }

  async store(): Promise<void> {
    const [takers, commits] = [this.#takers, this.#commits];
    if (takers.length === 0) return;
    this.#takers = [];
    this.#commits = [];
    this.#cells = 0;
    await this.#store.commit({
      invalidations: commits.flatMap(({ invalidations }) => invalidations),
      segments: commits.flatMap(({ segments }) => segments),
      reuses: [],
      sources: commits.flatMap(({ sources }) => sources),
    });
    const coverage = await this.#store.coverage(takers.map(({ fingerprint }) => fingerprint.hash));
    for (const taker of takers) taker.noteSpans(coverage.get(taker.fingerprint.hash) ?? []);
  }
}
