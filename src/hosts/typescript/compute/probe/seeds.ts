import { randomInt } from 'node:crypto';

/** Fixes where look-ahead is looked for: the number that a message gave. */
export const SEED_VARIABLE = 'SEAMLESS_PROBE_SEED';

const LARGEST = 2 ** 32;

/** Taken before any line of an author's runs. Another one in each process, so that each run looks at other bars. */
export const PROBE_SEED = seedFrom(process.env[SEED_VARIABLE]) ?? randomInt(LARGEST);

function seedFrom(text: string | undefined): number | null {
  const seed = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isInteger(seed) && seed >= 0 && seed < LARGEST ? seed : null;
}

/** Numbers that look random and follow from a seed (mulberry32). */
export class Draw {
  #state: number;

  /** @param parts what else the numbers follow from, such as the time of a chunk. */
  constructor(seed: number, ...parts: readonly number[]) {
    this.#state = parts.reduce(
      (state, part) => Math.imul(state ^ foldOf(part), 0x9e37_79b1) >>> 0,
      seed >>> 0,
    );
  }

  /** A whole number in `[0, below)`. */
  below(below: number): number {
    return Math.floor(this.#next() * below);
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / LARGEST;
  }
}

/** 32 bits of a number, however large. */
function foldOf(value: number): number {
  return (Math.floor(value / LARGEST) ^ (value % LARGEST)) >>> 0;
}
