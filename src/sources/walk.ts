import type { Bar } from '../sdk/node.js';
import type { Seconds } from '../sdk/time/time.js';

export interface WalkSettings {
  readonly seed: number;
  /** The price the walk moves around. */
  readonly price: number;
  /** Standard deviation of a bar's return. */
  readonly volatility: number;
  readonly interval: Seconds;
}

/** Longest octave: 2^24 s, about half a year. Longer ones would move the price too far. */
const LONGEST_OCTAVE = 24;

/** Scales the octaves so that a bar's return has the requested volatility; see `PriceWalk`. */
const GAIN = Math.sqrt(3) / 2;

/** Volume of an ordinary bar. */
const VOLUME = 1000;

/** Independent random streams. */
const SALTS = { holes: 101, high: 102, low: 103, volume: 104 } as const;

/**
 * A price as a function of time alone, so that any bar can be had without those before it: the exponential of a sum of
 * octaves of value noise. Octave `j` has a random value in [−1, 1) at each multiple of `s = 2^j` seconds and straight
 * lines between, times `GAIN · σ · √s`, where σ is the volatility per √second. Like that of a random walk, its
 * variance over a time grows with the time, until that reaches the longest octave.
 *
 * `GAIN` follows from the variance of one bar's step. Values uniform in [−1, 1) have variance 1/3. An octave no longer
 * than a bar contributes 2 · 1/3 · 2/3 = 4/9 of its squared amplitude, those of lengths 1, 1/2 … bars together 4/9 · 3/2;
 * a longer one, of length `m` bars, 2/3 · 1/m², those of lengths 2, 4 … together 2/3. The sum is 4/3 · GAIN² · σ² · bar.
 */
export class PriceWalk {
  readonly #settings: WalkSettings;
  readonly #octaves: readonly Octave[];
  /** Where the last bar closed, which is where the next one opens. Saves half the work. */
  #closed: { time: Seconds; price: number } = { time: Number.NaN, price: 0 };

  constructor(settings: WalkSettings) {
    const { seed, interval, volatility } = settings;
    this.#settings = settings;
    const perRootSecond = volatility / Math.sqrt(interval);
    const shortest = Math.floor(Math.log2(interval));
    const octaves: Octave[] = [];
    for (let j = Math.max(0, shortest - 1); j <= Math.max(LONGEST_OCTAVE, shortest + 2); j++) {
      const seconds = 2 ** j;
      octaves.push(new Octave(mix(seed, j), seconds, GAIN * perRootSecond * Math.sqrt(seconds)));
    }
    this.#octaves = octaves;
  }

  /** Fills in the bar that opens at `open`. */
  bar(open: Seconds, into: { -readonly [K in keyof Bar]: number }): void {
    const { seed, interval, volatility } = this.#settings;
    const opening = this.#closed.time === open ? this.#closed.price : this.#price(open);
    const closing = this.#price(open + interval);
    this.#closed = { time: open + interval, price: closing };
    into.open = opening;
    into.close = closing;
    into.high = Math.max(opening, closing) * (1 + (volatility / 2) * uniform(seed, 'high', open));
    into.low = Math.min(opening, closing) * (1 - (volatility / 2) * uniform(seed, 'low', open));
    into.volume = VOLUME * Math.exp(2 * uniform(seed, 'volume', open) - 1);
  }

  #price(time: Seconds): number {
    let sum = 0;
    for (const octave of this.#octaves) sum += octave.at(time);
    return this.#settings.price * Math.exp(sum);
  }
}

/** Noise with a value at each multiple of a length, and straight lines between. */
class Octave {
  readonly #seed: number;
  readonly #seconds: Seconds;
  readonly #amplitude: number;
  /** Ends of the last line: neighbouring bars share it. */
  #index = Number.NaN;
  #left = 0;
  #right = 0;

  constructor(seed: number, seconds: Seconds, amplitude: number) {
    this.#seed = seed;
    this.#seconds = seconds;
    this.#amplitude = amplitude;
  }

  at(time: Seconds): number {
    const position = time / this.#seconds;
    const index = Math.floor(position);
    if (index !== this.#index) {
      this.#index = index;
      this.#left = this.#amplitude * (2 * fraction(mix(this.#seed, index)) - 1);
      this.#right = this.#amplitude * (2 * fraction(mix(this.#seed, index + 1)) - 1);
    }
    return this.#left + (this.#right - this.#left) * (position - index);
  }
}

/** A number in [0, 1) that depends on the seed, the purpose and the time alone. */
export function uniform(seed: number, purpose: keyof typeof SALTS, time: Seconds): number {
  return fraction(mix(mix(seed, SALTS[purpose]), time));
}

function fraction(bits: number): number {
  return bits / 2 ** 32;
}

/** 32 pseudo-random bits from two whole numbers: MurmurHash3's finalizer (Appleby 2011), once for each half. */
function mix(seed: number, value: number): number {
  const low = scramble((value | 0) ^ Math.imul(seed | 0, 0x9e3779b1));
  // Times and seeds beyond 32 bits differ in their upper half only.
  return (
    scramble(low ^ Math.floor(value / 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b) ^ seed) >>>
    0
  );
}

function scramble(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
