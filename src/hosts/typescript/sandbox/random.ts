/** Mixes all bits of a word: the finalizer of MurmurHash3 (Appleby 2011). */
function mix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** FNV-1a (Fowler, Noll, Vo) over UTF-16 code units, with a chosen basis. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

const WARM_UP_ROUNDS = 12;

/**
 * A node's random numbers, which restart at each bar: they depend only on the node's code and the bar, not on how its history was
 * cut into chunks. The generator is sfc32 (Doty-Humphrey, PractRand).
 */
export class BarRandom {
  readonly #base: readonly [number, number, number];
  readonly #bits = new DataView(new ArrayBuffer(8));
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(seed: string) {
    this.#base = [hashText(seed, 0x811c9dc5), hashText(seed, 0x01234567), hashText(seed, 0x6b43a9b5)];
  }

  /** Starts the sequence of the bar that closes at `asOf`, in epoch seconds. */
  startBar(asOf: number): void {
    this.#bits.setFloat64(0, asOf);
    const high = this.#bits.getUint32(0);
    const low = this.#bits.getUint32(4);
    this.#a = mix(this.#base[0] ^ high);
    this.#b = mix(this.#base[1] ^ low);
    this.#c = mix(this.#base[2] + high + Math.imul(low, 0x9e3779b1));
    this.#counter = 1;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.#word();
  }

  /** Uniform in [0, 1), on the grid of 2^-53. */
  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  #word(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result;
  }
}
