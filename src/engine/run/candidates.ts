import { addTo } from '../../sdk/lists.js';
import type { Range } from '../../sdk/time/time.js';
import type { Candidate } from '../ports/store.js';

/** Segments of one code over one range. */
interface Alike {
  readonly range: Range;
  /** By the digests of what was read, input by input. */
  readonly byDigests: ReadonlyMap<string, readonly Candidate[]>;
}

/**
 * Stored segments that may be reused, by code hash. All members of a family have one code, so segments are indexed by what they
 * read rather than compared one by one.
 */
export class Candidates {
  readonly #byCode: ReadonlyMap<string, readonly Candidate[]>;
  readonly #alike = new Map<string, readonly Alike[]>();

  constructor(byCode: ReadonlyMap<string, readonly Candidate[]>) {
    this.#byCode = byCode;
  }

  /** @param inputs how many of a segment's digests belong to inputs */
  of(codeHash: string, inputs: number): readonly Alike[] {
    const code = `${codeHash} ${inputs}`;
    const known = this.#alike.get(code);
    if (known) return known;
    const alike = new Map<string, { readonly range: Range; readonly byDigests: Map<string, Candidate[]> }>();
    for (const candidate of this.#byCode.get(codeHash) ?? []) {
      const { range, inputDigests } = candidate;
      const key = `${range.start} ${range.end}`;
      const { byDigests } = alike.get(key) ?? { byDigests: new Map<string, Candidate[]>() };
      alike.set(key, { range, byDigests });
      addTo(byDigests, digestsKey(inputDigests.slice(0, inputs)), candidate);
    }
    const found = [...alike.values()];
    this.#alike.set(code, found);
    return found;
  }
}

export function digestsKey(digests: readonly string[]): string {
  return digests.join(' ');
}
