/** Numbers of which parts are handed out. Their memory is looked up once, so a part takes half the time of `subarray`. */
export class Numbers {
  readonly all: Float64Array;
  readonly #memory: ArrayBufferLike;
  readonly #start: number;

  constructor(all: Float64Array) {
    this.all = all;
    this.#memory = all.buffer;
    this.#start = all.byteOffset;
  }

  /** @param from at least 0 @param to at most the length */
  part(from: number, to: number): Float64Array {
    return new Float64Array(this.#memory, this.#start + from * Float64Array.BYTES_PER_ELEMENT, to - from);
  }
}
